"""Escapes for texts by others: what could move the cursor, hide or turn round something is made visible."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
# Separators that some readers take for line ends.
_LINE_ENDS = "\u2028\u2029"


def safe(text: str) -> str:
    r"""Return `text` with control, format and surrogate characters written as \x1b, \u202e, ….

    Newlines and tabs stay.
    """
    # Nearly all texts are harmless, and this test is much faster than looking at each character.
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character in _KEPT or (unicodedata.category(character)[0] != "C" and character not in _LINE_ENDS)
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )
