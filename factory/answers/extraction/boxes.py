r"""Reader of the last row of `\boxed{}` in a text, and of whether mathematics around it belongs to the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.text.braces import closing_brace

BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
# TeX lets an argument go without braces: `\boxed 5`.
_BARE_BOX = re.compile(r"\s*([^\s{}$\\]+)")
_SEPARATOR = re.compile(r"(?:\s|[,;$]|\\[()\[\]]|\band\b|\bor\b|\\text\s*\{\s*(?:and|or)\s*\})*")
_SENTENCE_IN_BOX = re.compile(
    r"\\text[a-z]{0,4}\s{0,9}\{\s{0,9}(?:the\s{1,9})?(?:(?:final|correct)\s{1,9})?answer(?:\s{1,9}is)?\s{0,9}:?"
    r"(?P<inside>[^{}]{0,200})\}(?P<behind>.*)",
    re.IGNORECASE | re.DOTALL,
)
_COMMANDS = (
    r"sqrt|[dtc]?frac|binom|cdot|times|div|pm|mp|pi|theta|infty|ln|log|exp|sin|cos|tan|neg|neq?|left|bigl?|overline|bar"
)
_BULLET = re.compile(r"(?:^|\n)[ \t]{0,9}[-*+][ \t]{1,9}\Z")
_STYLED_GROUP = (
    r"\\(?:text[a-z]*|math[a-z]*|boxed|fbox|underline|boldsymbol|bm|emph)\s?|\\(?:text)?color\s?\{\w{1,20}\}"
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
# Hostile texts hold thousands of boxes, and only the neighbourhood of the last ones matters.
_MAX_JOINED_BOXES = 32
_MAX_GLUE_CHARS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed:
    """Answer in the last row of boxes.

    `answer` is None where the boxes state none; `end` is the position behind the last of them.
    """

    answer: str | None
    end: int


def last_boxes(text: str) -> Boxed | None:
    r"""Return the last box and its neighbours, joined where only separators lie between; None where `text` has no box.

    A box that is cut off or empty, or is only a part of a formula (`3\boxed{12}`), states no answer.
    """
    # Walk back from the last box as long as only separators lie between.
    boxes = list(BOX.finditer(text))[-_MAX_JOINED_BOXES:]
    contents: list[str] = []
    joined, start, end = "", 0, len(text)
    for box in reversed(boxes):
        content, content_end = _content(text, box.end())
        if content is None:
            # A cut-off last box is no answer; a cut-off earlier one only ends the row.
            break
        if not contents:
            joined, end = content, content_end
        else:
            gap = text[content_end:start]
            if not gap.strip() or not _SEPARATOR.fullmatch(gap):
                if gap.strip() == ":":
                    # \boxed{3}:\boxed{5} is a ratio, which no single box holds.
                    return Boxed(answer=None, end=end)
                break
            joined = f"{content} or {joined}" if re.search(r"\bor\b", gap) else f"{content}, {joined}"
        contents.append(content)
        start = box.start()
    # Decide what the row states.
    if not boxes:
        return None
    if not contents or _is_part_of_a_formula(text, start, end):
        return Boxed(answer=None, end=end)
    # The same box twice is one answer.
    answer = contents[0] if len(set(contents)) == 1 else joined
    return Boxed(answer=_without_sentence(answer).strip() or None, end=end)


def _content(text: str, start: int) -> tuple[str | None, int]:
    """Return the balanced group at `start` and the position behind it; (None, start) where it never closes.

    A box without braces holds the characters up to the next space, brace, dollar sign or command.
    """
    opening = re.compile(r"\s*\{").match(text, start)
    if opening is None:
        bare = _BARE_BOX.match(text, start)
        return (bare.group(1), bare.end()) if bare else (None, start)
    end = closing_brace(text, opening.end())
    return (None, start) if end is None else (text[opening.end() : end].strip(), end + 1)


def _is_part_of_a_formula(text: str, start: int, end: int) -> bool:
    """Return whether what stands directly before or behind the boxes belongs to the same formula."""
    if _GLUED_BEHIND.match(text, end):
        return True
    before = _SPACING_BEFORE.sub("", text[max(0, start - _MAX_GLUE_CHARS) : start])
    if before.rstrip().endswith("{"):
        # An argument, as in \frac{\boxed{12}}{5}.
        return _OPENED_BEFORE.search(before) is None
    if before.endswith("}"):
        # A factor, as in \sqrt{2}\boxed{12}.
        return _GROUP_BEFORE.search(before) is None
    for place in (before, _OPENING_BEFORE.sub("", before)):
        if _GLUED_BEFORE.search(place) and not _BULLET.search(place):
            return True
    return False


def _without_sentence(content: str) -> str:
    r"""Return the value alone of a box that holds a sentence: 72 of `\text{The answer is }72`."""
    sentence = _SENTENCE_IN_BOX.fullmatch(content)
    return sentence["inside"] + sentence["behind"] if sentence else content
