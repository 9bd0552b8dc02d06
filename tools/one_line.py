"""End of a program that a person started: what the factory raises on purpose is one line, not a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from factory.errors import BadInput, FactoryError
from factory.text.safe_text import safe


def exit_status(main: Callable[[], int | None]) -> int:
    """Run a program and return its exit status: 2 for a mistake of the user, 1 for another error of the factory's.

    What `main` returns stands for itself; None is 0.
    """
    try:
        return main() or 0
    except FactoryError as error:
        print(safe(" ".join(str(error).split())), file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
