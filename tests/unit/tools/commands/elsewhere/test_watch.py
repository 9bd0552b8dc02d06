"""`factory watch` on a terminal, and without one."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from support.waiting import HANGS_S

from tools.cli import app
from tools.commands.elsewhere.dashboard import FOOTER

GOLDEN = Path(__file__).parents[4] / "golden/run_folder"


class OnTerminal:
    """`factory watch` on a terminal of its own."""

    def __init__(self, *arguments: str, width: int = 40, height: int = 10) -> None:
        self.terminal, theirs = pty.openpty()
        self.resize(width, height)
        # Test processes have a size of their own in these, which would stand for that of the terminal.
        env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", "watch", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=env | {"TERM": "xterm"},
            # Ctrl-C reaches the process by its terminal.
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.said = ""

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read_until(self, text: str) -> None:
        """Read until a text comes that was not there before."""
        come, end = "", time.monotonic() + HANGS_S
        while text not in come:
            assert time.monotonic() < end, f"{text!r} did not come, but {come[-2000:]!r}"
            come += os.read(self.terminal, 65536).decode(errors="replace")
        self.said += come

    def press(self, key: str) -> None:
        os.write(self.terminal, key.encode())

    def end(self) -> int:
        """Read all that comes, and return the exit status."""
        # The end of a terminal is an error on Linux.
        with suppress(OSError):
            while data := os.read(self.terminal, 65536):
                self.said += data.decode(errors="replace")
        return self.process.wait(HANGS_S)


@contextmanager
def watched(*arguments: str) -> Iterator[OnTerminal]:
    one = OnTerminal(*arguments)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait(HANGS_S)
        os.close(one.terminal)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that is not complete, and has no driver."""
    folder = shutil.copytree(GOLDEN, tmp_path / "run")
    (folder / "data/part-05153bdd3a74bcb4.parquet").unlink()
    return folder


def test_it_draws_into_a_small_terminal_follows_its_size_and_q_ends_it(folder: Path) -> None:
    with watched(str(folder), "--interval", "0.1") as one:
        one.read_until(FOOTER)
        assert "not complete" in one.said
        # As wide as the folder's name, which is long in a test.
        one.resize(300, 30)
        one.process.send_signal(signal.SIGWINCH)
        one.read_until(str(folder))
        one.press("q")
        assert one.end() == 0
    # The other screen is left.
    assert "\x1b[?1049l" in one.said


def test_ctrl_c_ends_it_too(folder: Path) -> None:
    with watched(str(folder)) as one:
        one.read_until(FOOTER)
        one.press("\x03")
        assert one.end() == 130
    assert "Traceback" not in one.said


def test_a_complete_run_ends_it_with_the_summary() -> None:
    with watched(str(GOLDEN)) as one:
        assert one.end() == 0
    assert "complete, 3 of 3 questions" in " ".join(one.said.split())


def watch(*arguments: str) -> int:
    """Watch the complete run in this process, whose thread looks at it once; return the exit status."""
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(app(["watch", str(GOLDEN), "--interval", "1e6", *arguments], standalone_mode=False))
    return int(ended.value.code or 0)


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "dumb")
    with open(theirs, "w") as terminal, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", terminal)
        assert watch() == 0
    # What they wrote is there once they have closed it.
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert said.startswith("complete")
    assert "\x1b" not in said


@pytest.mark.parametrize("arguments", [[], ["--once"]])
def test_without_a_terminal_it_prints_lines(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(*arguments) == 0
    out, err = capsys.readouterr()
    assert (out.split()[0], err) == ("complete", "")
    assert "3/3" in out
