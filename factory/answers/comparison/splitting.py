"""Splitting of a text at separators that stand outside of all brackets, and what brackets close."""

from __future__ import annotations

import re

OPENING, CLOSING = "({[⟨", ")}]⟩"


def split(text: str, separator: re.Pattern[str], *, skip: re.Pattern[str] | None = None) -> tuple[list[str], list[str]]:
    """Return the pieces between separators that stand outside of all brackets, and those separators.

    Separators inside a match of `skip` do not count.
    """
    matches = list(separator.finditer(text))
    if not matches:
        return [text], []
    depths = _depths(text)
    kept = [span.span() for span in skip.finditer(text)] if skip else []
    pieces, separators, start = [], [], 0
    for match in matches:
        if depths[match.start()] or any(first < match.start() < last for first, last in kept):
            continue
        pieces.append(text[start : match.start()])
        separators.append(_connective(match.group().strip()))
        start = match.end()
    return [*pieces, text[start:]], separators


def _connective(separator: str) -> str:
    """Return a separator in one word: ", or" joins as "or" does."""
    words = separator.lstrip(",; ")
    return words if words in ("or", "and") else (separator[0] if separator[:1] in ",;" else separator)


def _depths(text: str) -> list[int]:
    """Return, for each character, how many brackets and environments are open around it."""
    depths, depth, environments = [], 0, 0
    for position, character in enumerate(text):
        if character == "\\":
            environments += text.startswith(r"\begin", position) - text.startswith(r"\end", position)
        elif character in CLOSING:
            depth -= 1
        depths.append(depth + environments)
        if character in OPENING:
            depth += 1
    return depths


def is_balanced(text: str) -> bool:
    """Return whether every bracket that is closed was opened and the reverse; ( may be closed by ]."""
    depth = 0
    for character in text:
        depth += (character in OPENING) - (character in CLOSING)
        if depth < 0:
            return False
    return depth == 0


def closes_at_end(text: str, opening: int) -> bool:
    """Return whether the bracket at `opening` is closed by the last character; ( may be closed by ]."""
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] in OPENING) - (text[position] in CLOSING)
        if depth == 0:
            return position == len(text) - 1
    return False
