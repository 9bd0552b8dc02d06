r"""One spelling for intervals and vectors: `]0,2[` is `(0,2)`, `\langle1,2\rangle` is `⟨1,2⟩`, ℝ is an interval.

Each test begins with one for the characters that it needs.
"""

from __future__ import annotations

import re

_REAL_LINE = r"(-\\infty,\\infty)"
_REALS = re.compile(
    r"(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?![A-Za-z])|\\Reals|ℝ|\b(?:the set of )?(?:all|any|every)(?: the)? "
    r"(?:real numbers?|reals)(?: x)?)(?=\s*(?:$|[,;:]|\\(?:setminus|backslash|mid)(?![A-Za-z])|\||-\s*\\\{"
    r"|and\b|or\b))"
)
_EXCEPT = re.compile(
    r"(?:x\s*(?:\\in|is|can be)\s*)?(?:the set of )?(?:all|any|every)(?: the)? (?:real numbers?|reals)(?: x)?,? "
    r"(?:except(?: for)?|other than|excluding|but|without) (?:x\s*=\s*)?(?P<points>[^=<>]{1,100})"
)
_LESS_GREATER = re.compile(r"<([^<>=\\]{1,200},[^<>=]{1,200})>")
_COORDINATE = r"-?(?:\d{1,9}(?:\.\d{1,9}|/\d{1,9})?|\\frac\s?(?:\d|\{\d{1,9}\})\s?(?:\d|\{\d{1,9}\}))"
# Signs and words of other languages between statements about values; between letters they make a formula of logic.
_CONNECTIVES = {
    **dict.fromkeys((r"\lor", r"\vee", "或", "∨", "ou", "oder"), "or"),
    **dict.fromkeys((r"\land", r"\wedge", "且", "∧", "和", "与", "及", "et", "und"), "and"),
}
_JOINING = re.compile(
    r"\\(?:lor|vee|land|wedge)(?![A-Za-z])|[或且∨∧和与及]|(?<![A-Za-z\\])(?:ou|oder|et|und)(?![A-Za-z])"
)
_IS_ABOUT_VALUES = re.compile(r"[=<>\d]|\\(?:le|ge|in|ne)(?![A-Za-z])")
_POINT_WITH_BARS = re.compile(rf"\(\s*{_COORDINATE}\s*\|\s*{_COORDINATE}\s*(?:\|\s*{_COORDINATE}\s*)?\)")
_FRENCH = re.compile(r"([\[\](])([^\[\]()]{1,80}[,;][^\[\]()]{1,80})([\[\])])")
_BACK_TO_BACK = re.compile(r"\[\s*\\cup|\\cup\s*\]")
_OPEN = {"]": "(", "[": "[", "(": "("}
_CLOSED = {"[": ")", "]": "]", ")": ")"}


def respelled(text: str) -> str:
    """Return the text of a set or vector in one spelling. A reversed bracket is only turned where it closes nothing."""
    if _JOINING.search(text) and _IS_ABOUT_VALUES.search(text):
        text = _JOINING.sub(lambda match: f" {_CONNECTIVES[match.group()]} ", text)
    if "R" in text or "real" in text or "ℝ" in text:
        if every := _EXCEPT.fullmatch(text):
            return rf"(-\infty,\infty) \setminus \{{{every['points']}\}}"
        text = _REALS.sub(_REAL_LINE, text)
    if "angle" in text:
        text = text.replace(r"\langle", "⟨").replace(r"\rangle", "⟩")
    if text.startswith("(") and "|" in text and _POINT_WITH_BARS.fullmatch(text):
        # Points as German schools write them, (3|-1).
        return text.replace("|", ",")
    if text.startswith("<") and (vector := _LESS_GREATER.fullmatch(text)):
        text = f"⟨{vector[1]}⟩"
    if ("[" in text or "]" in text) and _has_reversed(text):
        return _FRENCH.sub(lambda match: _OPEN[match[1]] + match[2] + _CLOSED[match[3]], text)
    return text


def _has_reversed(text: str) -> bool:
    r"""Return whether a bracket closes nothing or is never closed, or turns its back to a union: `[0,1[ \cup ]2,3]`."""
    if r"\cup" in text and _BACK_TO_BACK.search(text):
        return True
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth < 0:
            return True
    return depth > 0


_VECTOR = re.compile(r"\\(?:vec|overrightarrow|mathbf)\s*(?:\{\s*(\\?[A-Za-z])\s*\}|([A-Za-z])(?![A-Za-z]))")
_BETWEEN_POINTS = re.compile(
    r"\\(?:overrightarrow|vec)\s?\{\s?(?P<start>[A-Z])\s?(?P<end>[A-Z])\s?\}|\\overrightarrow\s?\{\s?(?P<letter>[A-Za-z])\s?\}"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_UNIT_VECTOR = re.compile(r"\\(?:hat|vec|mathbf)\s*(?:\{\s*\\?([ijk])(?:math)?\s*\}|\\?([ijk])(?:math)?(?![A-Za-z]))")


def without_arrows(gold: str, answer: str) -> tuple[str, str]:
    r"""Return both texts without arrows over single letters, where only one side has them: `3\vec{a}` and `3a`.

    A side that uses a letter with and without an arrow is left as it is: those are two things.
    """
    if r"\hat" in gold or r"\hat" in answer or r"\vec" in gold or r"\vec" in answer:
        gold, answer = (_UNIT_VECTOR.sub(lambda match: f"{match[1] or match[2]} ", text) for text in (gold, answer))
    if "arrow" in gold + answer or r"\vec" in gold + answer:
        gold, answer = (_BETWEEN_POINTS.sub(_with_index, text) for text in (gold, answer))
    with_arrows, bare = (gold, answer) if _VECTOR.search(gold) else (answer, gold)
    letters = {match[1] or match[2] for match in _VECTOR.finditer(with_arrows)}
    rest = _VECTOR.sub(" ", with_arrows)
    if not letters or _VECTOR.search(bare) or not letters <= _letters(bare) or letters & _letters(rest):
        return gold, answer
    plain = _VECTOR.sub(lambda match: f"{match[1] or match[2]} ", with_arrows)
    return (plain, answer) if with_arrows is gold else (gold, plain)


def _with_index(match: re.Match[str]) -> str:
    r"""Return the vector from A to B as one letter with an index, which expressions can have."""
    return rf"\vec{{{match['start'] or match['letter']}}}" + (rf"_{{{match['end']}}}" if match["end"] else "")


def _letters(text: str) -> set[str]:
    """Return the letters of a text that are no part of a command."""
    return set(re.findall("[A-Za-z]", _COMMAND.sub(" ", text)))
