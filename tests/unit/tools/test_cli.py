"""Command `factory` when it fails: one line that a person can read, and an exit status."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.text import Text

from factory.errors import BadInput, FactoryError, TrainingFailed
from factory.storage.retries import is_looking
from tools import cli
from tools.commands.entry.json_output import only_json, print_json


@pytest.mark.parametrize(("kind", "status"), [(FactoryError, 1), (TrainingFailed, 1), (BadInput, 2)])
def test_what_ends_a_run_is_told_as_a_sentence_without_the_name_of_a_class(
    kind: type[FactoryError], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends(**options: object) -> None:
        raise kind("no server gave a\nuseful answer for 2 s")

    monkeypatch.setattr(cli, "app", ends)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsys.readouterr().err) == (status, "factory: no server gave a useful answer for 2 s\n")


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the command with these arguments, and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["factory", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["statu"], "factory: No such command 'statu'. Did you mean 'status'?. See: factory --help"),
        (["run"], "factory: Missing argument 'CONFIG'. See: factory run --help"),
        (
            ["merge", "a", "b", "--shard-mb", "0"],
            "factory: Invalid value for '--shard-mb': Input should be",
        ),
        (["diff", "a", "b", "--json", "out.json"], "factory: Got unexpected extra argument(s) (out.json)"),
        (["model", "fetch"], "factory: Missing argument 'NAME'. See: factory model fetch --help"),
        (["status", "/no/such/folder"], "factory: /no/such/folder is no run folder"),
    ],
)
def test_every_mistake_is_told_in_the_same_style(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.lower().startswith(said.lower())


@pytest.mark.parametrize(
    ("name", "looks"), [("status", True), ("watch", True), ("view", True), ("resume", False), ("export", False)]
)
def test_only_a_command_that_looks_at_a_run_gives_up_a_store_early(
    name: str, looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(folder: str) -> None:
        assert is_looking() == looks
        raise BadInput(folder)

    for command in cli.app.registered_commands:
        monkeypatch.setattr(command, "callback", work)
    with pytest.raises(BadInput, match="runs/mine"):
        cli.app([name, "runs/mine"], standalone_mode=False)
    assert not is_looking()


def commands(group: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield all commands with their names, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *names, name)
        else:
            yield (*names, name), command


COMMANDS = dict(commands(typer.main.get_command(cli.app)))


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_ends_with_two_examples_that_can_be_read(names: tuple[str, ...]) -> None:
    title, *lines = [Text.from_markup(line).plain for line in COMMANDS[names].epilog.split("\n\n")]
    assert title == "Examples:"
    assert len(lines) >= 2
    for line in lines:
        # What follows a pipe or an arrow is the shell's.
        words = shlex.split(re.split(r" [|>] ", line)[0])
        assert words[: 1 + len(names)] == ["factory", *names]
        COMMANDS[names].make_context(" ".join(names), words[1 + len(names) :])


# All but these print figures.
PLAIN = {("stop",), ("submit",), ("model", "fetch"), ("watch",), ("view",)}


@pytest.mark.parametrize("names", sorted(COMMANDS.keys() - PLAIN), ids=" ".join)
def test_every_command_that_prints_figures_takes_json(names: tuple[str, ...]) -> None:
    assert "--json" in [option for parameter in COMMANDS[names].params for option in parameter.opts]


def test_the_help_lists_exit_statuses_and_the_completion_of_shells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert called(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert "130 interrupted" in said
    assert "--install-completion" in said


def test_formats_are_completed_by_the_shell() -> None:
    asked = {"_FACTORY_COMPLETE": "complete_bash", "COMP_WORDS": "factory export a b --format math_", "COMP_CWORD": "5"}
    said = subprocess.run(
        [sys.executable, "-m", "tools.cli"], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert "math_shepherd" in said.stdout.split()


def on_a_terminal(*command: str, env: dict[str, str]) -> str:
    """Return what a command prints on a terminal of its own."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | env) as process:
        os.close(theirs)
        said = b""
        # The end of a terminal is an error on Linux.
        with suppress(OSError):
            while data := os.read(ours, 65536):
                said += data
        process.wait(60)
    os.close(ours)
    return said.decode()


@pytest.mark.parametrize(("env", "coloured"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False)])
def test_a_terminal_that_cannot_move_its_cursor_gets_plain_text(env: dict[str, str], coloured: bool) -> None:
    command = [sys.executable, "-m", "tools.cli", "model", "--help"]
    assert ("\x1b[" in on_a_terminal(*command, env=env)) == coloured


def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    said = on_a_terminal(sys.executable, "-m", "tools.cli", "model", "--help", env={"TERM": "xterm", "NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", said)


def test_json_is_all_there_is_on_stdout_whatever_a_library_prints(capfd: pytest.CaptureFixture[str]) -> None:
    with only_json():
        print("a library says something")
        os.system("echo a process says something")
    print_json({"rate": float("nan"), "text": "\x1b[31m\u202e", "path": Path("a")})
    out, err = capfd.readouterr()
    assert json.loads(out) == {"rate": None, "text": "\x1b[31m\u202e", "path": "a"}
    assert out.isascii()
    assert "\x1b" not in out
    assert err.count("says something") == 2


def test_a_reader_that_has_gone_ends_a_command_quietly() -> None:
    command = f"{shlex.quote(sys.executable)} -m tools.cli plan --keys | head -n 1 >&2; echo ${{PIPESTATUS[0]}}"
    said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (said.stdout.strip(), said.stderr.count("\n")) == ("1", 1)
