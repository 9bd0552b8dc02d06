r"""Reader of balanced braces, as TeX counts them: `\{` and `\}` are characters like any other."""

from __future__ import annotations

import re

# A backslash takes the next character with it, so that an escaped brace counts for nothing.
_MARK = re.compile(r"\\.|[{}]", re.DOTALL)


def closing_brace(text: str, start: int) -> int | None:
    r"""Return the position of the brace that closes the one in front of `start`; None where it never closes."""
    depth = 1
    for mark in _MARK.finditer(text, start):
        if mark.group() == "{":
            depth += 1
        elif mark.group() == "}":
            depth -= 1
            if depth == 0:
                return mark.start()
    return None
