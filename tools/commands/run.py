"""Commands that run a pipeline, `factory run` and its like: progress on stderr, last lines on stdout, exit status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from pipelines.run.settings import Settings


def out() -> Console:
    """Return a console for results, on stdout; a pipe gets full lines."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def complain(line: str) -> None:
    """Print a line on stderr that begins with the command's name."""
    # A message may repeat text from a foreign folder.
    from factory.text.safe_text import safe

    print(f"factory: {safe(line)}", file=sys.stderr)


def run_settings(settings: Settings, *, retry_failed: bool = False) -> None:
    """Do what is missing in the run folder of `settings`, and print what it came to.

    Raises `SystemExit`: 130 where somebody interrupted it, 1 where it came short or a budget ended it.
    """
    from tools.commands.display import Display

    display = Display()
    try:
        summary = settings.definition.run(settings, display, retry_failed=retry_failed)
    except KeyboardInterrupt:
        display.close()
        complain(f"stopped at once. Committed units are kept; go on with: factory resume {settings.run.dir}")
        raise SystemExit(130) from None
    finally:
        display.close()
    for line in settings.definition.summary_lines(summary):
        # A table's lines are not to be broken.
        out().print(Text(line), soft_wrap=True)
    if not summary.complete:
        raise SystemExit(1 if summary.short or summary.stopped else 130)
