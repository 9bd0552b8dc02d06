"""Rule by which a run cuts solutions into steps: what ends a step, which part of a text is cut, how large steps are.

`paragraphs` is for long thoughts: blank lines end steps, but never inside of a block of code, a displayed formula, a
list or a table (`factory/reasoning/blocks.py`), small paragraphs are put together, and behind the final answer no step
begins. The other separators are those of `factory/rollouts/steps.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from factory.answers.extraction.spoken import answer_place
from factory.answers.extraction.statement_place import final_answer_end
from factory.reasoning.blocks import paragraph_ends
from factory.rollouts.steps import PARAGRAPHS, step_ends

WHOLE, ANSWER, REASONING = "whole", "answer", "reasoning"
PARTS = (WHOLE, ANSWER, REASONING)
"""Parts of a completion that may be cut into steps; the part that is not is one step."""
MAX_STEPS, MIN_TOKENS = 64, 32
"""Bounds for `paragraphs` where nothing else is said."""
_CHARACTERS = 4
"""Characters of a token where nobody knows the tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    """Rule of cutting.

    * `separator`: newline, blank_line, paragraphs or a regular expression.
    * `of`: whole, answer or reasoning. Of a model that thinks aloud the other part is one step.
    * `max_steps`: most steps of a solution; 0 for no bound (for paragraphs: `MAX_STEPS`).
    * `min_tokens`: tokens of the smallest step, unless the part that is cut has fewer; 0 for no bound (for paragraphs:
      `MIN_TOKENS`).
    * `begun`: the solution begins within a thought, as its prompt has opened one.
    * `before`: what the solution has in front of the text. `taken`: how many steps that is.
    """

    separator: str = "newline"
    of: str = WHOLE
    max_steps: int = 0
    min_tokens: int = 0
    begun: bool = False
    before: str = ""
    taken: int = 0

    @property
    def is_plain(self) -> bool:
        """True where the separator alone decides."""
        return self.separator != PARAGRAPHS and self.of == WHOLE and not (self.max_steps or self.min_tokens)

    def behind(self, texts: Sequence[str]) -> StepRule:
        """Return the rule for what goes on behind the first steps of a solution."""
        if self.is_plain or not texts:
            return self
        return replace(self, before=self.before + "".join(texts), taken=self.taken + len(texts))

    def ends(self, text: str, token_ends: Sequence[int] = ()) -> list[int]:
        """Return the offsets where the steps of a text end, growing; the last is its length, unless it is empty.

        Args:
          text: the text.
          token_ends: offset behind each of its tokens, non-decreasing; without any, four characters count as one.

        Raises:
          BadInput: the separator is no regular expression.
        """
        if self.is_plain or not text.strip():
            return step_ends(text, self.separator)
        # Phase 1: where the separator would cut, in the thoughts and in the answer.
        is_long = self.separator == PARAGRAPHS
        inner = paragraph_ends(text) if is_long else step_ends(text, self.separator)[:-1]
        # The places are those of the whole solution, as checkers and records have them.
        skipped = len(self.before)
        place = answer_place(self.before + text, begun=self.begun)
        answer, turn = (len(text), len(text)) if place is None else (max(0, at - skipped) for at in place)
        last = final_answer_end(text[answer:turn]) if is_long else None
        stop = answer + last if last is not None else turn if is_long else len(text)
        thoughts = [end for end in inner if end < answer and self.of != ANSWER]
        said = [end for end in inner if answer < end < stop and self.of != REASONING]
        parts = [(0, thoughts, answer), (answer, said, len(text))]
        parts = [part for part in parts if text[part[0] : part[2]].strip()]
        # Phase 2: put together what is small, and more where there are too many.
        tokens = _Tokens(token_ends)
        least = self.min_tokens or (MIN_TOKENS if is_long else 0)
        ends = [end for part in parts for end in _merged(*part, least, tokens)]
        most = self.max_steps or (MAX_STEPS if is_long else len(text))
        if len(ends) > max(1, room := most - self.taken):
            share = -(-tokens.between(0, len(text)) // max(1, room - len(parts) + 1))
            ends = [end for part in parts for end in _merged(*part, max(least, share), tokens)]
        ends[-1] = len(text)
        return ends


class _Tokens:
    """Counter of the tokens between two offsets of a text."""

    def __init__(self, ends: Sequence[int]) -> None:
        self._ends = ends

    def between(self, start: int, end: int) -> int:
        """Return how many tokens end behind `start` and not behind `end`."""
        if not len(self._ends):
            return -(-(end - start) // _CHARACTERS)
        return bisect_right(self._ends, end) - bisect_right(self._ends, start)


def _merged(start: int, inner: Sequence[int], end: int, least: int, tokens: _Tokens) -> list[int]:
    """Return the ends of steps of at least so many tokens; what is left at the end goes to the step before."""
    ends: list[int] = []
    begin = start
    for place in inner:
        if tokens.between(begin, place) >= least:
            ends.append(place)
            begin = place
    if ends and tokens.between(begin, end) < least:
        ends.pop()
    return [*ends, end]
