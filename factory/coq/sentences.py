"""Sentences of Coq text, cut by the lexical rules of the reference manual ("Basic notions and conventions").

A sentence ends with a period in front of white space or the end of the text; bullets, braces and goal selectors in
front of a brace are sentences of their own. What comes out holds no comment and no line break, so Coq has nothing left
to read differently from us: a period in front of white space ends a sentence here wherever it stands. Text that would
need a finer rule than that is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLANK = " \t\r\n"
_SINGLE = re.compile(r"-+|\++|\*+|\{|\}|(?:\d+|\[\s*\w+\s*\])\s*:\s*\{")
# Two periods are a token of their own: [ auto | .. ].
_PERIODS = re.compile(r"(?<!\.)(?:\.|\.{3,})(?=[ \t\r\n]|\Z)")


class Unsplittable(ValueError):
    """Text that is no sequence of Coq sentences; the message says where it stops being one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Sentence of Coq.

    * `text`: one line without comments, its period included.
    * `start`, `end`: offsets of the sentence in the given text.
    """

    text: str
    start: int
    end: int

    @property
    def is_structure(self) -> bool:
        """True for a bullet or a brace, False for a command that ends with a period."""
        return not self.text.endswith(".")

    @property
    def bare(self) -> str:
        """Text without its period and the white space in front of that."""
        return self.text.removesuffix(".").rstrip()


def split(text: str) -> list[Sentence]:
    """Return the sentences of `text` in order. Raises `Unsplittable`."""
    plain, in_string = _without_comments(text)
    if strange := next((c for c in plain if c not in _BLANK and not c.isprintable()), None):
        raise Unsplittable(f"character {strange!a}; expected printable text")
    sentences = []
    at = _skip_blank(plain, 0)
    while at < len(plain):
        end = _end(plain, in_string, at)
        sentences.append(Sentence(text=re.sub(r"[\t\r\n]", " ", plain[at:end]), start=at, end=end))
        at = _skip_blank(plain, end)
    return sentences


def _end(plain: str, in_string: list[bool], start: int) -> int:
    """Return the offset behind the sentence that begins at `start`. Raises `Unsplittable`."""
    if single := _SINGLE.match(plain, start):
        return single.end()
    periods = _PERIODS.search(plain, start)
    if periods is None:
        raise Unsplittable(f"no period ends the sentence {_shown(plain[start:])}")
    if len(periods[0]) > 1:
        raise Unsplittable(f"{periods[0]} in place of one period behind {_shown(plain[start : periods.start()])}")
    if in_string[periods.start()]:
        raise Unsplittable("a period in front of white space inside a string")
    return periods.end()


def _without_comments(text: str) -> tuple[str, list[bool]]:
    """Return the text with a space for every character of a comment, and for each character whether a string holds it.

    As in Coq's lexer, comments nest, and a string hides what is in it, also within a comment; `""` inside a string
    closes it and opens it again, which comes to the same. Raises `Unsplittable`.
    """
    plain, in_string = list(text), [False] * len(text)
    depth, quoted, at = 0, False, 0
    while at < len(text):
        width, inside = 1, depth > 0
        pair = text[at : at + 2]
        if text[at] == '"':
            quoted = not quoted
        elif quoted:
            if not inside and text[at] in "\r\n":
                raise Unsplittable("a line break inside a string")
        elif pair == "(*":
            if at and text[at - 1] == "." and not inside:
                raise Unsplittable("a comment right behind a period")
            depth, width, inside = depth + 1, 2, True
        elif pair == "*)" and inside:
            depth, width = depth - 1, 2
        # Blank out comments, and remember what a string holds.
        for offset in range(at, at + width):
            if inside:
                plain[offset] = " "
            in_string[offset] = quoted and not inside
        at += width
    if quoted or depth:
        raise Unsplittable("a string or a comment is not closed")
    return "".join(plain), in_string


def _skip_blank(plain: str, at: int) -> int:
    """Return the offset of the next character that is not white space."""
    while at < len(plain) and plain[at] in _BLANK:
        at += 1
    return at


def _shown(text: str) -> str:
    """Return the beginning of a text for a message."""
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:57] + "...")
