"""Commands that run a pipeline, `factory run` and its like: progress on stderr, last lines on stdout, exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tools.commands.entry.ending import CAME_SHORT, INTERRUPTED, complain
from tools.commands.entry.json_output import only_json, print_json

if TYPE_CHECKING:
    from pipelines.run.settings import Settings


def out(*, quiet: bool = False) -> Console:
    """Return a console for results, on stdout; a pipe gets full lines. `quiet`: one that prints nothing."""
    console = Console(highlight=False, quiet=quiet)
    return console if console.is_terminal else Console(highlight=False, width=200, quiet=quiet)


def tell(line: str) -> None:
    """Print a line of results, whole; it may repeat texts of a foreign folder."""
    from factory.text.safe_text import safe

    out().print(Text(safe(line)), soft_wrap=True)


def run_settings(settings: Settings, *, retry_failed: bool = False, as_json: bool = False) -> None:
    """Do what is missing in the run folder of `settings`, and print what it came to.

    Args:
      settings: the validated config.
      retry_failed: True does again what failed in earlier attempts.
      as_json: True prints what `factory status --json` does instead of the last lines.

    Raises:
      SystemExit: 130 where somebody interrupted it, 1 where it came short or a budget ended it.
    """
    from tools.commands.progress.display import Display

    display = Display()
    try:
        with only_json(as_json):
            summary = settings.definition.run(settings, display, retry_failed=retry_failed)
    except KeyboardInterrupt:
        display.close()
        complain(f"stopped at once. Committed units are kept; go on with: factory resume {settings.run.dir}")
        raise SystemExit(INTERRUPTED) from None
    finally:
        display.close()
    if as_json:
        from tools.commands.status import status_figures

        print_json(status_figures(settings.run.dir))
    for line in settings.definition.summary_lines(summary) if not as_json else ():
        tell(line)
    if not summary.complete:
        raise SystemExit(CAME_SHORT if summary.short or summary.stopped else INTERRUPTED)
