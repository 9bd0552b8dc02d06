r"""Marks around an answer, and around mathematics within it: `**72**`, `"72"`, `$(-4,4)$, $(3,4)$`, `20 $cm^{2}$`."""

from __future__ import annotations

import re

from factory.answers.characters import in_latex

_WRAPPERS = (
    ("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("*", "*"), ("__", "__"), ("_", "_"),
    ("``", "''"), ("`", "`"), ('"', '"'), ("''", "''"), ("'", "'"), ("«", "»"), ("「", "」"), ("『", "』"),
    ("【", "】"),
)  # fmt: skip
_DOLLARS = 2
_OPENINGS = frozenset(opening[0] for opening, _ in _WRAPPERS)
_CLOSING_PUNCTUATION = re.compile(r"(?<![\\.])[.,;。]\s*$")
# GSM8K's solutions hold what a calculator is to compute: <<3+4=7>>7.
_CALCULATED = re.compile(r"(?<!\d)<<[^<>\n]{1,200}>>")
_HTML_STYLE = re.compile(
    r"(?:\A|(?<=\s))<(?:b|i|u|em|strong|code|mark|span|center)>|</(?:b|i|u|em|strong|code|mark|span|center)>(?!\w|\.\d)",
    re.IGNORECASE,
)
_LATEX_MARK = re.compile(r"(?<!\\)\\[()\[\]]")
# Two signs of dollar are mathematics where what stands between them can be: not in "$5, $6", "$5 and $6", "5$, 6$".
_MATHEMATICS = re.compile(
    r"(?<!\\)\$(?!\s{0,9}(?:[,;:.)]|$))(?P<inside>(?:[^$\\]|\\.){1,400}?)(?<![,;:+*/=(\s\\-])\s{0,9}\$(?!\d)", re.DOTALL
)
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}\s|\s[A-Za-z]{2,}(?![A-Za-z])")
_STYLED_WORDS = re.compile(r"\\[A-Za-z]{1,20}\s?\{[^{}]*\}|\\[A-Za-z]{1,20}")


def unwrap(answer: str, *, raw: bool = True) -> str:
    """Return `answer` in ASCII and LaTeX, without marks around all of it, and around mathematics within it.

    The marks are `$..$`, `**..**`, quotes and their like, braces, and closing punctuation.

    Args:
      answer: the answer as it was written.
      raw: False where it was rewritten before, and so a sign of dollar in it is money.
    """
    # Map characters before anything looks at them.
    answer = in_latex(answer).replace("{,}", ",").strip()
    if raw and "<" in answer:
        answer = _HTML_STYLE.sub("", _CALCULATED.sub("", answer)).strip()
    if raw and "$" in answer:
        answer = _without_dollars(answer)
    # Marks may stand around marks: repeat until nothing changes.
    before = None
    while answer != before:
        before = answer
        answer = _CLOSING_PUNCTUATION.sub("", answer).strip()
        if answer.endswith("\\") and not answer.endswith("\\\\"):
            # The space of "\\ " was stripped.
            answer = answer[:-1].rstrip()
        if answer.startswith("{") and _closes(answer) == len(answer) - 1:
            answer = answer[1:-1].strip()
        if answer[:1] in _OPENINGS:
            answer = _without_a_mark(answer, raw)
    if raw and ("\\)" in answer or "\\]" in answer):
        answer = _LATEX_MARK.sub("", answer).strip()
    return answer


def _without_a_mark(answer: str, raw: bool) -> str:
    """Return `answer` without each kind of mark around all of it, once."""
    for opening, closing in _WRAPPERS[0 if raw else _DOLLARS :]:
        inner = answer[len(opening) : -len(closing)]
        whole = answer.startswith(opening) and answer.endswith(closing) and bool(inner)
        if whole and opening not in inner.replace(r"\$", "") and not inner.endswith("\\"):
            answer = inner.strip()
    return answer


def _without_dollars(answer: str) -> str:
    """Return `answer` without the signs of dollar around mathematics within it; those of money stay."""
    answer = answer.replace("$$", "$")
    kept, start = [], 0
    while match := _MATHEMATICS.search(answer, start):
        inside = match["inside"]
        if _PROSE.search(_STYLED_WORDS.sub("", inside)):
            kept.append(answer[start : match.start() + 1])
            start = match.start() + 1
            continue
        kept += [answer[start : match.start()], _gap(answer, match.start() - 1, inside[0]), inside.strip()]
        kept.append(_gap(answer, match.end(), inside.strip()[-1]))
        start = match.end()
    return "".join([*kept, answer[start:]])


def _gap(answer: str, position: int, neighbour: str) -> str:
    """Return a space where a letter or digit would come to stand at a letter, as in `\\pi$r$`."""
    outside = answer[position : position + 1] if position >= 0 else ""
    is_between = outside.isalnum() and neighbour.isalnum() and (outside.isalpha() or neighbour.isalpha())
    return " " if is_between else ""


def _closes(text: str) -> int:
    """Return the position of the brace that closes the one `text` begins with; -1 where none does."""
    depth = 0
    for position, character in enumerate(text):
        if character in "{}" and text[position - 1 : position] != "\\":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return position
    return -1
