r"""Finder of boxes, `\boxed{72}` and its like, with what stands in each of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.text.braces import closing_brace

# A backslash that was read as JSON's \b left a backspace.
BOX = re.compile(r"(?:\\|\x08(?=oxed))(?:boxed|oxed|fbox|framebox|bbox)(?![A-Za-z])")
_OPENING = re.compile(r"(?:\s{0,99}\[[^\[\]{}\n]{0,80}\]){0,2}\s{0,99}\{")
# TeX lets an argument go without braces: `\boxed 5`, `\boxed\frac12`. A word is none: "write it in \boxed and stop".
_BARE_START = re.compile(
    r"[ \t]{0,9}(?=[-+−.(\[]{0,2}\d|[(\[]\s?[-\w\\]"
    r"|-?\\(?:[dtc]?frac|sqrt|pi|theta|infty|text|math[a-z]+|left)(?![a-z])|-?[A-Za-z](?![\w'])(?!\s+[A-Za-z])|-?[A-Za-z]_)"
)
_BRACKETED = re.compile(r"\([^()\n]{1,100}\)|\[[^\[\]\n]{1,100}\]")
_BARE_END = re.compile(r"[\s$]|\\[)\]\\]|\}")
_GOES_ON = re.compile(r"[ \t]{1,9}\d|[ \t]{0,9}(?:[=<>]|\\(?:[lg]e|[lg]eq|in|approx)(?![A-Za-z]))")
_BARE_TAIL = re.compile(r"[.,;:!?*]+\Z")
_MAX_BARE_CHARS = 200
# Hostile texts hold thousands of boxes, and only the neighbourhood of the last ones matters.
_MOST = 32
_ESCAPED_CLOSING = re.compile(r"(?P<content>[^\n]{1,200}?)\\\}(?=[\s$.,)\]*\\]|\Z)")
_INNER_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s{0,9}\{([^{}]{0,400})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Box of a text, from `start` to `end`; `content` is None where its braces never close."""

    start: int
    end: int
    content: str | None


def last_few_boxes(text: str) -> list[Box]:
    """Return the last boxes of `text` in their order, at most 32, without those that stand in another one."""
    if "box" not in text and "\x08oxed" not in text:
        return []
    boxes: list[Box] = []
    for match in list(BOX.finditer(text))[-_MOST:]:
        if boxes and boxes[-1].content is not None and match.start() < boxes[-1].end:
            continue
        box = _box(text, match)
        if box is not None:
            boxes.append(box)
    return boxes


def _box(text: str, match: re.Match[str]) -> Box | None:
    r"""Return the box that begins at a match; None for a mere mention of `\boxed`."""
    start = match.end() + 1
    if text[match.end() : start] != "{":
        opening = _OPENING.match(text, match.end())
        if opening is None:
            return _bare_box(text, match)
        start = opening.end()
    end = closing_brace(text, start)
    if end is not None:
        content = text[start:end].strip()
        if "box" in content:
            content = _INNER_BOX.sub(r"\1", _INNER_BOX.sub(r"\1", content))
        return Box(start=match.start(), end=end + 1, content=content)
    # `\boxed{187\}`: a stray backslash hides the brace.
    escaped = _ESCAPED_CLOSING.match(text, start)
    if escaped and r"\{" not in escaped["content"] and escaped["content"].count("{") == escaped["content"].count("}"):
        return Box(start=match.start(), end=escaped.end(), content=escaped["content"].strip())
    return Box(start=match.start(), end=match.end(), content=None)


def _bare_box(text: str, match: re.Match[str]) -> Box | None:
    """Return the box without braces that begins at a match, up to the next space or end of mathematics."""
    start = _BARE_START.match(text, match.end())
    if start is None:
        return None
    # A space within brackets or braces ends nothing.
    bracketed = _BRACKETED.match(text, start.end())
    position, limit = bracketed.end() if bracketed else start.end(), min(len(text), start.end() + _MAX_BARE_CHARS)
    while position < limit and not _BARE_END.match(text, position):
        if text[position] == "{":
            closing = closing_brace(text[:limit], position + 1)
            if closing is None:
                return Box(start=match.start(), end=match.end(), content=None)
            position = closing
        position += 1
    content = _BARE_TAIL.sub("", text[start.end() : position])
    end = start.end() + len(content)
    # Of `\boxed x = 3` nobody can tell how much is meant.
    return Box(start=match.start(), end=end, content=None if _GOES_ON.match(text, end) else content)
