"""Reports of `run` and `start`, in the sandbox and without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.checking.sandbox import alive, bubblewrap_trouble, needs_bubblewrap, running
from support.waiting import HANGS_S, wait_until

from factory.errors import BadInput
from factory.sandbox import run as sandbox
from factory.sandbox.run import How, Limits, SandboxFailed, run, start

SHELL = "/bin/sh"
both = pytest.mark.parametrize("kind", [pytest.param("bubblewrap", marks=needs_bubblewrap), "unsafe"])


def shell(script: str) -> list[str]:
    return [SHELL, "-c", script]


@both
def test_a_program_gets_its_input_and_files_and_gives_its_output(kind: str) -> None:
    ended = run(shell("cat; cat a.txt; echo words >&2; exit 3"), stdin=b"in ", files={"a.txt": b"file"}, sandbox=kind)
    assert (ended.how, ended.status, ended.stdout, ended.stderr) == (How.EXITED, 3, b"in file", b"words\n")


@both
@pytest.mark.parametrize(
    ("script", "limits", "how"),
    [
        ("kill -SEGV $$", Limits(), How.SIGNALLED),
        ("while :; do :; done", Limits(wall_s=HANGS_S, cpu_s=1), How.CPU_TIME),
        ("(while :; do :; done) & (while :; do :; done) & wait", Limits(wall_s=HANGS_S, cpu_s=1), How.CPU_TIME),
        ("trap '' XCPU; while :; do :; done", Limits(wall_s=HANGS_S, cpu_s=1), How.CPU_TIME),
        ("sleep 100", Limits(wall_s=0.3), How.WALL_TIME),
        ("yes", Limits(output_bytes=1000), How.OUTPUT),
        ("yes >&2", Limits(output_bytes=1000), How.OUTPUT),
    ],
    ids=["crash", "CPU of one", "CPU of two", "CPU signal ignored", "sleep", "stdout", "stderr"],
)
def test_it_says_what_ended_a_program(kind: str, script: str, limits: Limits, how: How) -> None:
    ended = run(shell(script), limits=limits, sandbox=kind)
    assert ended.how is how
    assert len(ended.stdout) <= limits.output_bytes
    assert ended.seconds < HANGS_S
    if how is How.SIGNALLED:
        assert ended.status == signal.SIGSEGV


@both
@pytest.mark.parametrize("status", [128 + signal.SIGXCPU, 128 + signal.SIGKILL])
def test_an_exit_status_alone_is_no_limit(kind: str, status: int) -> None:
    """It cannot be told from a signal in the sandbox; outside it can."""
    ended = run(shell(f"exit {status}"), sandbox=kind)
    expected = (How.SIGNALLED, status - 128) if kind == "bubblewrap" else (How.EXITED, status)
    assert (ended.how, ended.status) == expected


@both
def test_of_stderr_the_end_is_kept(kind: str) -> None:
    ended = run(shell("yes | head -n 20000 >&2; echo last >&2"), sandbox=kind)
    assert ended.how is How.EXITED
    assert ended.stderr.endswith(b"last\n")
    assert len(ended.stderr) <= 8192


@both
def test_a_program_can_be_talked_to(kind: str) -> None:
    with start(["/bin/cat"], sandbox=kind) as talk:
        deadline = time.monotonic() + HANGS_S
        talk.send(b"hello\n", deadline)
        assert talk.receive(deadline) == b"hello\n"
        with pytest.raises(TimeoutError):
            talk.receive(time.monotonic() + 0.1)
        talk.send(b"again\n", deadline)
        assert talk.receive(deadline) == b"again\n"
        assert talk.how is None


@both
def test_a_program_that_does_not_read_does_not_hold_us_up(kind: str) -> None:
    with start(["/bin/sleep", "100"], sandbox=kind) as talk, pytest.raises(TimeoutError):
        talk.send(b"x" * (1 << 20), time.monotonic() + 0.3)


@both
def test_a_program_that_ended_gives_the_rest_and_then_nothing(kind: str) -> None:
    with start(shell("echo rest; exit 4"), sandbox=kind) as talk:
        deadline = time.monotonic() + HANGS_S
        received = b""
        while chunk := talk.receive(deadline):
            received += chunk
        assert (received, talk.how) == (b"rest\n", How.EXITED)
        assert talk.receive(deadline) == b""


@both
def test_closing_a_running_program_kills_its_children_too(kind: str) -> None:
    with start(shell("sleep 98701.25 & sleep 98701.25"), sandbox=kind):
        wait_until(lambda: sum(words[0].endswith("sleep") for words in running("98701.25")) == 2)
    assert not alive("98701.25")


@both
def test_nothing_survives_when_the_process_that_runs_it_is_killed(kind: str) -> None:
    mark = {"bubblewrap": "98702.25", "unsafe": "98703.25"}[kind]
    code = (
        "from factory.sandbox.run import Limits, run; "
        f"run(['/bin/sleep', '{mark}'], limits=Limits(wall_s=600), sandbox='{kind}')"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as ours:
        wait_until(lambda: any(words[0].endswith("sleep") for words in running(mark)))
        ours.kill()
    assert not alive(mark)


def test_an_unsafe_program_leaves_no_folder_and_gets_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_TEST_SECRET", "hunter2")
    ended = run(shell("pwd; touch left; env"), sandbox="unsafe")
    folder, *environment = ended.stdout.decode().splitlines()
    assert not os.path.exists(folder)
    assert "hunter2" not in "".join(environment)


def test_an_unsafe_program_with_too_many_processes_is_ended() -> None:
    ended = run(
        shell("for i in 1 2 3 4 5 6 7 8; do sleep 100 & done; wait"), limits=Limits(processes=4), sandbox="unsafe"
    )
    assert ended.how is How.PROCESSES


@needs_bubblewrap
def test_what_the_sandbox_itself_cannot_do_is_not_the_programs_fault() -> None:
    with pytest.raises(SandboxFailed, match="/no/such/folder"):
        run(["/bin/true"], read_only=["/no/such/folder"])


@needs_bubblewrap
def test_a_folder_that_only_its_owner_may_enter_can_be_lent(tmp_path: Path) -> None:
    (tmp_path / "closed" / "lent").mkdir(parents=True)
    (tmp_path / "closed" / "lent" / "data").write_text("here")
    (tmp_path / "closed" / "other").write_text("not lent")
    (tmp_path / "closed").chmod(0o700)
    lent = str(tmp_path / "closed" / "lent")
    ended = run(shell(f"cat {lent}/data; ls {lent}/..; echo x > {lent}/new"), read_only=[lent])
    assert ended.stdout == b"herelent\n"
    assert not os.path.exists(f"{lent}/new")


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/x", "", ".."])
def test_files_have_plain_names(name: str) -> None:
    with pytest.raises(ValueError, match="plain name"):
        run(["/bin/true"], files={name: b""}, sandbox="unsafe")


def test_a_missing_tool_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None if name == "bwrap" else f"/usr/bin/{name}")
    with pytest.raises(BadInput, match=r"bash cluster/install_system\.sh bubblewrap"):
        sandbox.require("bubblewrap")
    sandbox.require("unsafe")


def test_a_bubblewrap_that_cannot_make_namespaces_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise SandboxFailed("bwrap: No permissions to create new namespace")

    monkeypatch.setattr(sandbox.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(sandbox, "run", failing)
    with pytest.raises(BadInput, match="No permissions to create new namespace"):
        sandbox.require("bubblewrap")


def test_there_are_no_other_sandboxes() -> None:
    with pytest.raises(BadInput, match="expected one of bubblewrap, unsafe"):
        sandbox.require("docker")
    with pytest.raises(ValueError, match="docker"):
        run(["/bin/true"], sandbox="docker")


def test_this_machine_has_what_ci_needs() -> None:
    """Elsewhere the tests of the sandbox are skipped without bubblewrap; in CI that must not go unseen."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        assert not bubblewrap_trouble()
