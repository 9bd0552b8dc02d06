"""Command `factory watch`: a run elsewhere as a live dashboard, from its folder alone."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live

from tools.commands.entry.ending import DONE, INTERRUPTED
from tools.commands.entry.options import RunDir, examples
from tools.commands.run import out, tell

if TYPE_CHECKING:
    from pipelines.watching.look import Look
    from pipelines.watching.watcher import Watcher
    from tools.commands.progress.time_left import TimeLeft

EXAMPLES = examples(
    "factory watch runs/mine",
    "factory watch s3://bucket/runs/mine --interval 10",
    "factory watch runs/mine --once | mail -s progress me",
)
# Seconds between two looks at keys and size of the terminal.
KEYS_S = 0.2


def watch_command(
    run_dir: RunDir,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at the folder.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="One look, printed; then end.")] = False,
    stay: Annotated[bool, typer.Option("--stay", help="Go on when the run is complete; it may be given more.")] = False,
) -> None:
    """Watch a run in another process, on another machine, on S3: progress, yields, failures, engines, cost.

    It only reads. q or Ctrl-C ends it, and the run goes on. Without a terminal it prints a line where there is news.
    """
    from pipelines.watching.watcher import Watcher
    from tools.commands.progress.terminal import is_live

    watcher = Watcher(run_dir)
    # A folder that is no run is said at once; whatever happens to it later is shown.
    watcher.open()
    reader = Reader(watcher, interval)
    if once:
        _print(reader)
        return
    reader.start()
    try:
        status = _draw(reader, stay) if is_live(sys.stdout) else _tell(reader, stay)
    except KeyboardInterrupt:
        # Only the reader ends.
        status = INTERRUPTED
    if reader.over(stay):
        _summary(run_dir)
    raise SystemExit(status)


class Reader:
    """Reader of a run folder, in a thread of its own, so that a store that is down holds up no key.

    Attributes:
      number: looks so far.
    """

    def __init__(self, watcher: Watcher, interval: float) -> None:
        self.number = 0
        self._watcher, self._interval = watcher, interval
        self._newest: tuple[Look, str] | None = None
        self._left: TimeLeft | None = None
        self._of: tuple[str, int] | None = None
        self._thread = threading.Thread(target=self._read_on, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to read every few seconds."""
        self._thread.start()

    def read(self) -> tuple[Look, str]:
        """Look at the folder; return what is there, and the time left."""
        look = self._watcher.look()
        self._newest = look, self._estimate(look)
        self.number += 1
        return self._newest

    @property
    def newest(self) -> tuple[Look, str] | None:
        """Last look and the time left then; None before the first. Raises `RuntimeError` where the thread has died."""
        if self._thread.ident is not None and not self._thread.is_alive():
            raise RuntimeError("the thread that reads the folder has died")
        return self._newest

    def over(self, stay: bool) -> bool:
        """Return whether the run was complete at the last look, and nobody wants to see more."""
        return not stay and self._newest is not None and self._newest[0].complete and not self._newest[0].trouble

    def _read_on(self) -> None:
        while True:
            self.read()
            time.sleep(self._interval)

    def _estimate(self, look: Look) -> str:
        """Return the time left, estimated as the driver's own display does."""
        from tools.commands.progress.time_left import TimeLeft

        shown = look.part or look
        live = shown.live
        if live is None or shown.driver is None:
            return ""
        if self._left is None or self._of != (shown.folder, shown.driver.attempt):
            self._left, self._of = TimeLeft(live.questions, live.least), (shown.folder, shown.driver.attempt)
        calls = live.done.policy_calls + live.underway.policy_calls
        half = live.running / 2 if calls else 0.0
        each = live.done.policy_calls / live.done.questions if live.done.questions else live.least
        begun = live.underway.policy_calls - live.underway.questions * each
        self._left.look(
            live.seconds,
            finished=live.finished,
            begun=live.unfinished,
            rollouts=calls + half,
            begun_rollouts=max(0.0, begun) + half,
        )
        return self._left.text()


def _print(reader: Reader) -> None:
    """Print one look."""
    from tools.commands.elsewhere.dashboard import all_lines

    console = out()
    for line in all_lines(*reader.read(), console.width):
        console.print(line, soft_wrap=True)


def _draw(reader: Reader, stay: bool) -> int:
    """Draw the run over and over again until somebody presses q, or it is complete; return the exit status."""
    from tools.commands.elsewhere.dashboard import dashboard
    from tools.commands.elsewhere.keys import pressed_keys

    console = out()
    drawn: object = None
    with pressed_keys() as wait, Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False) as live:
        while True:
            newest, size = reader.newest, console.size
            # A terminal that was made larger or smaller is drawn at once.
            if newest is not None and drawn != (reader.number, size):
                drawn = reader.number, size
                live.update(Group(*dashboard(*newest, size.width, size.height)), refresh=True)
            if reader.over(stay) or "q" in wait(KEYS_S).lower():
                return DONE


def _tell(reader: Reader, stay: bool) -> int:
    """Print a line where there is news until the run is complete; return the exit status."""
    from tools.commands.elsewhere.dashboard import plain_line
    from tools.commands.progress.display import plain_every_s

    began, told_at = time.monotonic(), float("-inf")
    said, told = "", None
    while True:
        if (newest := reader.newest) is not None:
            look, _ = newest
            now = time.monotonic()
            # What changes all the time is told every few seconds only.
            news = (look.stage, look.phase, look.trouble, look.driver.attempt if look.driver else 0)
            line = plain_line(*newest)
            if news != told or (line != said and now - told_at >= plain_every_s(now - began)):
                told, said, told_at = news, line, now
                print(line, flush=True)
        if reader.over(stay):
            return DONE
        time.sleep(KEYS_S)


def _summary(run_dir: str) -> None:
    """Print what a run that is complete came to."""
    from tools.commands.status import status_lines

    for line in status_lines(run_dir):
        tell(line)
