"""Escapes for texts by others: what could move the cursor, hide or turn round something is made visible.

Long texts are shown without their middle.
"""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
# Separators that some readers take for line ends.
_LINE_ENDS = "\u2028\u2029"
# Longest text shown whole; a page of hundreds of texts stays small, and a browser can lay it out.
LONGEST = 20_000


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


def excerpt(text: str | None, longest: int = LONGEST) -> str:
    """Return `text`, without its middle where it has more than `longest` characters; which is said in its place."""
    if text is None or len(text) <= longest:
        return text or ""
    head, tail = longest - longest // 4, longest // 4
    return f"{text[:head]}\n[… {len(text) - head - tail:,} characters left out …]\n{text[len(text) - tail :]}"
