r"""Reader of balanced braces, as TeX counts them: `\{` and `\}` are characters like any other."""

from __future__ import annotations


def closing_brace(text: str, start: int) -> int | None:
    r"""Return the position of the brace that closes the one in front of `start`; None where it never closes."""
    depth, position = 1, start
    while position < len(text):
        character = text[position]
        if character == "\\":
            # A backslash takes the next character with it, so that an escaped brace counts for nothing.
            position += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None
