r"""Test of whether a box is only a part of a formula or of a measure, as in `3\boxed{12}`, and so states no answer."""

from __future__ import annotations

import re

from factory.answers.values.scales import FACTORS, is_doubtful
from factory.answers.values.unit_words import singular
from factory.answers.values.units import UNITS
from factory.text.number_words import FRACTIONS

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
    rf"|\\(?:{_COMMANDS})[ \t]{{0,3}}\Z|(?<!\d)0\.\Z|\d,\Z"
    r"|[\w)}][ \t]{1,3}[<>][ \t]{0,3}\Z|\\[lg]t[ \t]{0,3}\Z"  # `x > \boxed{5}`, which names a bound; no tag
)
_WORD_BEFORE = re.compile(r"\b(?:minus|negative|twice|half of)[ \t]{1,3}\Z", re.IGNORECASE)
_GLUED_BEHIND = re.compile(
    r"(?:[ \t~]|\\[,;:! ]){0,9}"
    rf"(?:\^(?!\s?\{{?\s?\\circ)|_|\\?%|\\(?:{_COMMANDS})(?![A-Za-z])|[·×÷√π]"
    r"|\+[ \t]{0,3}\S|[-–−*][ \t]{0,3}(?:\d|\\(?![()\[\]]|text))|/[ \t]?(?:\d|\\(?!text)|[A-Za-z](?![A-Za-z]))"
    r"|![ \t]?(?:\$|\\[)\]])|\}[ \t]{0,3}[{^_])"
    r"|\$[ \t]?\\?%|\d|[A-Za-z](?![A-Za-z])|\(|[.,:]\d|\{,\}\d|[-*][A-Za-z](?![A-Za-z])|:\\(?:boxed|fbox)"
)
# The rest of a measure, as in "\\boxed{5} feet 6 inches", of a mixed number, or of "\\boxed{5} or more".
_REST_BEHIND = re.compile(
    r"(?:[ \t~$]|\\[,;:! )]|\\text\s?\{|\}){0,9}(?:"
    r"(?:(?:hour|hr|h|feet|foot|ft|minute|min|day|week|year|pound|lb|dollar|meter|kg|degree)s?,?[ ~](?:and[ ~])?"
    r"|\^\s?\{?\s?\\circ\s?\}?\s?|°\s?)\d{1,3}(?:\.\d{1,9})?\s?"
    r"(?:(?:minute|min|second|sec|inch|inche|in|hour|day|month|ounce|cent|centimeter|gram)s?(?![A-Za-z])|oz\b|cm\b|g\b|')"
    r"|and[ ~](?:a|one|three)[ -](?:half|third|quarter)|\d{1,2}/\d{1,2}(?!\d)"
    r"|or[ ~](?:more|less|fewer|greater|higher|lower)\b|times[ ~](?:\$|\\boxed|\d))"
)
# A word that may scale the number, "\\boxed{7} million", or \\boxed{7}\\text{ thousand}.
_WORD_BEHIND = re.compile(
    r"(?:[ \t~$]|\\[,;:! )]){0,9}-?(?:\\(?:text[a-z]{0,6}|mbox|mathrm)\s{0,3}\{)?[ \t~]{0,9}"
    r"(?P<word>[A-Za-z]{2,20}|[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]"
    r"|(?:тыс|млн|млрд|милли|дюжин))"
)
_ENDS = frozenset(["", ".", ",", "\n"])
_GLUE_CHARS = 4
_ASKED_FOR = frozenset(["dozen", "pair", "couple", "kilo"])
_SCALES_ELSEWHERE = frozenset([*"十百千万萬亿億兆천만억백십割成折双对打半", "тыс", "млн", "млрд", "милли", "дюжин"])
# The sign in front of -$\boxed{12}$ belongs to the value, too.
_OPENING_BEFORE = re.compile(r"(?:\$\$?|\\[(\[])[ \t]?\Z")
_SPACING_BEFORE = re.compile(r"(?:[ \t~]{0,3}\\[,;:! ]){1,5}[ \t]{0,3}\Z")
_ENDS_OF_WORDS_BEFORE = ("us ", "ve ", "ce ", "of ")
_OPENINGS = ("$", "(", "[")
_MAX_GLUE_CHARS = 240
# Last characters that `_GLUED_BEFORE` can match, besides letters and figures.
_GLUE = frozenset("+/^_·×÷−-–*√π()<>")
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
    # Most sentences end behind a box, and this test is cheaper than the expressions.
    if text[end : end + _GLUE_CHARS].lstrip(" $)")[:1] not in _ENDS and (
        _REST_BEHIND.match(text, end) or _is_scaled_behind(text, end)
    ):
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
        if place.endswith(_ENDS_OF_WORDS_BEFORE) and _WORD_BEFORE.search(place, max(0, len(place) - _NEAR)):
            return True
    return False


def _may_be_glued(before: str) -> bool:
    """Return False where the end of a text alone says that nothing is glued to what follows, which is quick."""
    end = before.rstrip(" \t")
    last = end[-1:]
    if last.isalpha():
        # A letter next to the box, or a command with a space behind it.
        return len(end) == len(before) or "\\" in end[-_LONGEST_COMMAND:]
    return last in _GLUE or last.isdigit() or before[-1:] in (".", ",")


def _is_scaled_behind(text: str, end: int) -> bool:
    """Return whether the word behind a box may scale the number in it."""
    match = _WORD_BEHIND.match(text, end)
    if match is None:
        return False
    word = match["word"].lower()
    one = singular(word)
    if one in UNITS or one in _ASKED_FOR or (one in FRACTIONS and one == word):
        # Miles, which are thousands in Spanish; the dozens that were asked for; fifth graders.
        return False
    return word in FACTORS or word in _SCALES_ELSEWHERE or is_doubtful(word)
