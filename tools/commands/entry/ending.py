"""End of a command: its exit status, and the one line of one that fails.

0 done; 1 faults, differences or a run that came short; 2 a mistake of the user, or a storage that does not answer;
130 interrupted. A bug is a traceback, with exit status 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

# typer has no public name for what all wrong arguments have in common.
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError

from factory.errors import BadInput, FactoryError, StorageFailed

DONE, CAME_SHORT, MISTAKE, INTERRUPTED = 0, 1, 2, 130
EXIT_STATUS = (
    "Exit status: 0 done; 1 faults, differences, or a run that came short; 2 a mistake of yours, or a storage that "
    "does not answer: one line says what to do; 130 interrupted: `factory resume` goes on. A traceback is a bug."
)


def ended(app: Callable[..., object]) -> int:
    """Run the commands on `sys.argv`, say in one line why one fails, and return the exit status."""
    try:
        # Whatever it was started as, such as `python -m tools.cli`.
        status = app(prog_name="factory", standalone_mode=False)
        if status == INTERRUPTED:
            complain("interrupted")
        return status if isinstance(status, int) else DONE
    except (BadInput, StorageFailed) as error:
        complain(str(error))
        return MISTAKE
    except FactoryError as error:
        complain(str(error))
        return CAME_SHORT
    except NoArgsIsHelpError as error:
        # With rich, making the help has printed it.
        print(error.format_message(), end="")
        return MISTAKE
    except ClickException as error:
        complain(_usage(error))
        return MISTAKE
    except typer.Abort:
        complain("interrupted")
        return INTERRUPTED


def complain(line: str) -> None:
    """Print a line on stderr that begins with the command's name."""
    # A message may repeat text from a foreign folder.
    from factory.text.safe_text import safe

    print(f"factory: {safe(' '.join(line.split()))}", file=sys.stderr)


def _usage(error: ClickException) -> str:
    """Return what is wrong with the arguments, and where to read how they should be."""
    message = error.format_message()
    if not isinstance(error, UsageError) or error.ctx is None:
        return message
    return f"{message.rstrip('.')}. See: {error.ctx.command_path} --help"
