"""Model text on a terminal: what could move the cursor, ring a bell or hide something is shown as an escape."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"


def safe(text: str) -> str:
    r"""`text` with control, format and surrogate characters written as \x1b, \u202e, …; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character in _KEPT or unicodedata.category(character)[0] != "C"
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )
