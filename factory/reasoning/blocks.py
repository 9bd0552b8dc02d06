r"""Places in a text at which a thought may be cut into steps: blank lines outside of anything that belongs together.

What belongs together is a fenced block of code (CommonMark 4.5), a displayed formula (`\[ … \]`, `$$ … $$`,
`\begin{…} … \end{…}`), a list with blank lines between its items (CommonMark 5.3), and a table. A fence that nothing
closes reaches to the text's end; a sign of a formula that nothing closes is none, nor is a pair of `$$` that is further
apart than `LONGEST_FORMULA`, as one of them will be a slip.

Each sign of a text is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

LONGEST_FORMULA = 4_000
"""Characters of the longest `$$ … $$` that is believed."""

_BLANK = re.compile(r"\n(?:[ \t\r]*\n)+")
_FENCE = re.compile(r"^ {0,3}(`{3,20}|~{3,20})([^\n]*)$", re.MULTILINE)
_FORMULA = re.compile(r"(?<!\\)\\[\[\]]|(?<!\\)\$\$|\\(?:begin|end)\{[A-Za-z]{1,20}\*?\}")
_ITEM = re.compile(r"^[ \t]{0,12}(?:[-*+•]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)])[ \t]+\S", re.MULTILINE)
_INDENTED = re.compile(r"[ \t]{2,}\S")
_ROW = re.compile(r"[ \t]{0,3}\|")


def paragraph_ends(text: str) -> list[int]:
    """Return the offsets behind the blank lines at which a text may be cut, growing; its own end is not among them.

    Leading blank lines are none, as no paragraph is in front of them.
    """
    together = spans_of(text)
    starts = [start for start, _ in together]
    ends: list[int] = []
    in_list, begin = False, 0
    for blank in _BLANK.finditer(text):
        if blank.start() == 0 or not text[begin : blank.start()].strip():
            begin = blank.end()
            continue
        # Is the paragraph in front a part of a list, and does what follows go on with it?
        in_list = bool(_ITEM.search(text, begin, blank.start())) or (in_list and bool(_INDENTED.match(text, begin)))
        goes_on = in_list and (_ITEM.match(text, blank.end()) or _INDENTED.match(text, blank.end()))
        rows = _ROW.match(text, blank.end()) and _is_row(text, begin, blank.start())
        begin = blank.end()
        inside = bisect_right(starts, blank.start()) - 1
        within = inside >= 0 and together[inside][1] > blank.start()
        if not (goes_on or rows or within) and begin < len(text):
            ends.append(begin)
    return ends


def spans_of(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of the fenced blocks and displayed formulas of a text, in order, none within another."""
    fences = list(_fences(text))
    spans: list[tuple[int, int]] = []
    last = 0
    merged = sorted([*fences, *_formulas(text, fences)])
    for start, end in merged:
        if spans and start < last:
            spans[-1] = spans[-1][0], max(last, end)
        else:
            spans.append((start, end))
        last = spans[-1][1]
    return spans


def _fences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the fenced blocks; one that nothing closes reaches to the end."""
    opened: tuple[int, str] | None = None
    for fence in _FENCE.finditer(text):
        mark, label = fence[1], fence[2].strip()
        if opened is None:
            # A line with further marks is code within a line.
            if mark[0] not in label:
                opened = fence.start(), mark
        elif not label and mark[0] == opened[1][0] and len(mark) >= len(opened[1]):
            yield opened[0], fence.end()
            opened = None
    if opened is not None:
        yield opened[0], len(text)


def _formulas(text: str, fences: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the displayed formulas outside of the fenced blocks, in no order."""
    starts = [start for start, _ in fences]
    brackets: int | None = None
    dollars: int | None = None
    environments: list[tuple[str, int]] = []
    opened: Counter[str] = Counter()
    for sign in _FORMULA.finditer(text):
        at = bisect_right(starts, sign.start()) - 1
        if at >= 0 and fences[at][1] > sign.start():
            continue
        mark = sign.group()
        if mark == r"\[":
            # Formulas do not lie within each other: the one before was a slip.
            brackets = sign.start()
        elif mark == r"\]":
            if brackets is not None:
                yield brackets, sign.end()
            brackets = None
        elif mark == "$$":
            if dollars is not None and sign.start() - dollars <= LONGEST_FORMULA:
                yield dollars, sign.end()
                dollars = None
            else:
                dollars = sign.start()
        elif mark.startswith(r"\begin"):
            environments.append((mark[7:-1], sign.start()))
            opened[mark[7:-1]] += 1
        elif opened[name := mark[5:-1]]:
            # Those within that nothing closes are none.
            while True:
                inner, start = environments.pop()
                opened[inner] -= 1
                if inner == name:
                    break
            yield start, sign.end()


def _is_row(text: str, begin: int, end: int) -> bool:
    """Return whether the last line of a paragraph is a row of a table."""
    line = text.rfind("\n", begin, end) + 1
    return _ROW.match(text, max(line, begin)) is not None
