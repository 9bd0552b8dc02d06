r"""Test of whether a box is only a part of a formula, as in `3\boxed{12}`, and so states no answer."""

from __future__ import annotations

import re

_COMMANDS = (
    r"sqrt|[dtc]?frac|binom|cdot|times|div|pm|mp|pi|theta|infty|ln|log|exp|sin|cos|tan|neg|neq?|left|bigl?|overline|bar"
    r"|cup|cap|setminus"
)
_BULLET = re.compile(r"(?:^|\n)[ \t]{0,9}[-*+][ \t]{1,9}\Z")
_STYLED_GROUP = (
    r"\\(?:text[a-z]*|math[a-z]*|boxed|fbox|framebox|underline|boldsymbol|bm|emph)\s?|\\(?:text)?color\s?\{\w{1,20}\}"
)
_OPENED_BEFORE = re.compile(rf"(?:{_STYLED_GROUP}|(?:^|[\s$=:]))\{{\s{{0,9}}\Z")
_GROUP_BEFORE = re.compile(r"\\(?:text[a-z]*|[hv]space\*?|(?:text)?color|begin|end|tag)\s?\{[^{}]{0,200}\}\Z")
_GLUED_BEFORE = re.compile(
    r"(?:[+/^_·×÷−]|(?<![A-Za-z]{2}[ \t])(?<![-–])[-–])[ \t]{0,9}\Z"  # `-\boxed{12}`; "Result - \boxed{12}" is prose
    r"|(?:[\w)}]\*|[\d)}][ \t]\*[ \t]|\d\*\*)\Z"  # `3*\boxed{12}`; `**\boxed{12}**` is bold
    r"|[\d√π]\Z|(?:[=(\[+*/-]|(?<!\\)\$)[ \t]{0,3}\d{1,20}[ \t]{1,3}\Z"
    r"|(?<![A-Za-z\\])[A-Za-z]\Z|[\w}](?<!\\left)\(\Z|[-+*/^][ \t]?\w{1,9}\)\Z"
    rf"|\\(?:{_COMMANDS})[ \t]{{0,3}}\Z"
)
_GLUED_BEHIND = re.compile(
    r"(?:[ \t~]|\\[,;:! ]){0,9}"
    rf"(?:\^(?!\s?\{{?\s?\\circ)|_|\\?%|\\(?:{_COMMANDS})(?![A-Za-z])|[·×÷√π]"
    r"|\+[ \t]{0,3}\S|[-–−*][ \t]{0,3}(?:\d|\\(?![()\[\]]|text))|/[ \t]?(?:\d|\\(?!text)|[A-Za-z](?![A-Za-z]))"
    r"|![ \t]?(?:\$|\\[)\]])|\}[ \t]{0,3}[{^_])"
    r"|\$[ \t]?\\?%|\d|[A-Za-z](?![A-Za-z])|\(|[.,:]\d|\{,\}\d|[-*][A-Za-z](?![A-Za-z])|:\\(?:boxed|fbox)"
)
# The sign in front of -$\boxed{12}$ belongs to the value, too.
_OPENING_BEFORE = re.compile(r"(?:\$\$?|\\[(\[])[ \t]?\Z")
_SPACING_BEFORE = re.compile(r"(?:[ \t~]{0,3}\\[,;:! ]){1,5}[ \t]{0,3}\Z")
_OPENINGS = ("$", "(", "[")
_MAX_GLUE_CHARS = 240
# Last characters that `_GLUED_BEFORE` can match, besides letters and figures.
_GLUE = frozenset("+/^_·×÷−-–*√π()")
_LONGEST_COMMAND = len(r"\setminus")
# Nothing that is glued to a box is longer, but for a group in braces.
_NEAR = 60


def is_part_of_a_formula(text: str, start: int, end: int) -> bool:
    """Return whether what stands directly before or behind `text[start:end]` belongs to the same formula.

    Args:
      text: the completion.
      start: position of a box, or of the first box of a row.
      end: the position behind it, or behind the last box of the row.
    """
    if _GLUED_BEHIND.match(text, end):
        return True
    before = text[max(0, start - _MAX_GLUE_CHARS) : start]
    if "\\" in before[-_NEAR:]:
        before = _SPACING_BEFORE.sub("", before)
    if before.rstrip().endswith("{"):
        # An argument, as in \frac{\boxed{12}}{5}.
        return _OPENED_BEFORE.search(before) is None
    if before.endswith("}"):
        # A factor, as in \sqrt{2}\boxed{12}.
        return _GROUP_BEFORE.search(before) is None
    without_opening = _OPENING_BEFORE.sub("", before) if before[-3:].rstrip(" \t")[-1:] in _OPENINGS else before
    for place in {before, without_opening}:
        if (
            _may_be_glued(place)
            and _GLUED_BEFORE.search(place, max(0, len(place) - _NEAR))
            and not _BULLET.search(place)
        ):
            return True
    return False


def _may_be_glued(before: str) -> bool:
    """Return False where the end of a text alone says that nothing is glued to what follows, which is quick."""
    end = before.rstrip(" \t")
    last = end[-1:]
    if last.isalpha():
        # A letter next to the box, or a command with a space behind it.
        return len(end) == len(before) or "\\" in end[-_LONGEST_COMMAND:]
    return last in _GLUE or last.isdigit()
