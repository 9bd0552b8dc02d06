"""Final word of a completion: the answer behind its thoughts, in its first turn.

A model that was not stopped asks and answers on in further turns. Its thoughts and its answer are those of its first
turn, and the rest of the text belongs to whichever of the two that turn ends with. Checkers, records and the rule that
cuts steps all take the places from here, so that a verdict is always on the answer that stands in the record.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from factory.answers.extraction.end_tokens import ends_of_first_turn, without_end_tokens
from factory.reasoning.thoughts import ANALYSIS, FINAL, Parts, parts_at, thought_places

_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


def spoken(text: str, *, begun: bool = False) -> str | None:
    """Return the answer without the tokens around its turn; None where the model was still thinking.

    Args:
      text: all that the model has written.
      begun: True where the prompt ends with a mark that opens a thought.
    """
    place = answer_place(text, begun=begun)
    return None if place is None else without_end_tokens(text[place[0] : place[1]])


def answer_place(text: str, *, begun: bool = False) -> tuple[int, int] | None:
    """Return the offsets between which the answer stands in its turn: what a checker reads.

    None where the model was still thinking when its turn ended. A token that ends turns is a part of the answer where
    it stands in a fenced block. The arguments are those of `spoken`.
    """
    start = answer_start(text, begun=begun)
    if start is None:
        return None
    fences: list[int] | None = None
    for end in ends_of_first_turn(text, start):
        fences = [start + fence.start() for fence in _FENCE.finditer(text[start:])] if fences is None else fences
        if bisect_left(fences, end) % 2 == 0:
            return start, end
    return start, len(text)


def answer_start(text: str, *, begun: bool = False) -> int | None:
    """Return the offset where the answer begins: 0 where the model did not think aloud, None where it still was.

    The arguments are those of `spoken`.
    """
    places = turn_places(text, begun=begun)
    return 0 if places is None else places[2]


def turn_parts(text: str, *, begun: bool = False) -> Parts | None:
    """Return the pieces of a text by the thoughts of its first turn; None where the model did not think aloud there.

    The last piece, the answer or an open thought, goes on to the text's end. The arguments are those of `spoken`.
    """
    places = turn_places(text, begun=begun)
    return None if places is None else parts_at(text, places)


def turn_places(text: str, *, begun: bool = False) -> tuple[int, int, int | None] | None:
    """Return where the reasoning of the first turn begins and ends and its answer begins, as `thought_places` does.

    Thoughts behind an answer's own beginning, in the marks of another format, are thoughts, too: what is left has none.
    Where the turn ends within a thought the last is None. The arguments are those of `spoken`.
    """
    # Between the channels of gpt-oss there are such tokens within one turn.
    in_channels = FINAL in text or ANALYSIS in text
    turn = text if in_channels else text[: next(ends_of_first_turn(text), len(text))]
    places = thought_places(turn, begun=begun)
    while places is not None and (answer := places[2]) is not None:
        further = thought_places(turn[answer:])
        if further is None:
            return places
        last = further[2]
        places = places[0], answer + further[1], None if last is None else answer + last
    return places
