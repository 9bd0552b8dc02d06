"""Cutting of a solution into steps, both in characters and in the token ids that were sampled.

A separator is `newline`, `blank_line` or any regular expression; a run's whole rule, with its bounds on steps, is a
`StepRule` (`factory/rollouts/step_rule.py`). A step keeps the separator behind it, so that step
texts joined give the text, and step token ids joined give the token ids: a prefix can be continued exactly.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from factory.errors import BadInput
from factory.tokens import NO_TOKENS, Tokens
from factory.types import Step

PARAGRAPHS = "paragraphs"
"""Separator of long thoughts; what is sampled step by step is cut at any blank line."""
_BLANK_LINE = r"\n(?:[ \t\r]*\n)+"
_NAMED = {"newline": r"\n", "blank_line": _BLANK_LINE, PARAGRAPHS: _BLANK_LINE}


class Cutter(Protocol):
    """Rule of cutting that knows more than a separator."""

    def ends(self, text: str, token_ends: Sequence[int] = ()) -> list[int]:
        """Return the offsets where the steps of `text` end, the last its length."""
        ...


def step_ends(text: str, separator: str) -> list[int]:
    """Return the character offset where each step ends; the last is `len(text)`, and an empty text has no step.

    Runs of separators stay with the step before them, leading ones belong to the first step, and no step is only
    white space unless the whole text is. An empty match separates nothing. Raises `BadInput` for a `separator` that is
    no regular expression.
    """
    ends: list[int] = []
    start = 0
    any_words = False
    for match in _pattern(separator).finditer(text):
        if match.end() == match.start():
            continue
        if text[start : match.start()].strip():
            any_words = True
            ends.append(match.end())
        elif any_words:
            ends[-1] = match.end()
        start = match.end()
    if not any_words or text[start:].strip():
        return [*ends, len(text)] if text else []
    ends[-1] = len(text)
    return ends


def split_steps(
    text: str, token_ids: Sequence[int], token_ends: Sequence[int], separator: str | Cutter
) -> tuple[Step, ...]:
    """Cut a sampled text into steps, each with its exact token ids.

    A token is never cut, nor a character of several tokens: where one reaches beyond a step's end, the step ends with
    that token, and the few characters too many stay with it. A step that would get no token, or nothing but white
    space, becomes part of the next.

    A text without any token ids, from an engine that gives none, is cut by its characters alone: its steps are
    continued as text.

    Args:
      text: the sampled text.
      token_ids: its tokens, shape [tokens], or none; the fastest as `Tokens`, like the ends.
      token_ends: character offset in `text` where each token ends, shape [tokens], non-decreasing; the tokens of one
        character all end where it does.
      separator: `newline`, `blank_line` or a regular expression; or a rule that knows more.

    Returns:
      The steps; their texts joined give `text`, their ids joined give `token_ids`.

    Raises:
      ValueError: `token_ids` and `token_ends` differ in length.
      BadInput: `separator` is no regular expression.
    """
    if len(token_ids) != len(token_ends):
        raise ValueError(f"got {len(token_ids)} token ids and {len(token_ends)} token ends, expected as many")
    if not token_ids:
        return steps_of_text(text, separator)
    ids, ends = Tokens.of(token_ids), Tokens.of(token_ends).view()
    last_word = len(text.rstrip())
    steps: list[Step] = []
    text_start = token_start = 0
    for end in step_ends(text, separator) if isinstance(separator, str) else separator.ends(text, ends):
        # The step takes every token that begins in it: up to the first one that reaches `end`, and those that end with
        # it, as the tokens of one character do.
        reaching = bisect_left(ends, end)
        token_end = bisect_right(ends, ends[reaching], reaching) if reaching < len(ends) else len(ends)
        if token_end >= len(ends) or token_end <= token_start:
            continue
        text_end = ends[token_end - 1]
        step_text = text[text_start:text_end]
        if text_end < last_word and step_text.strip():
            steps.append(Step(text=step_text, token_ids=ids.between(token_start, token_end)))
            text_start, token_start = text_end, token_end
    if text or ids:
        steps.append(Step(text=text[text_start:], token_ids=ids.between(token_start, len(ids))))
    return tuple(steps)


def steps_of_text(text: str, separator: str | Cutter) -> tuple[Step, ...]:
    """Cut a text whose token ids nobody knows into steps without any."""
    ends = step_ends(text, separator) if isinstance(separator, str) else separator.ends(text)
    bounds = pairwise([0, *ends])
    return tuple(Step(text=text[start:end], token_ids=NO_TOKENS) for start, end in bounds)


@lru_cache(maxsize=64)
def _pattern(separator: str) -> re.Pattern[str]:
    """Return the compiled regular expression of a separator."""
    if not separator:
        raise BadInput("the step separator is empty; expected newline, blank_line, paragraphs or a regular expression")
    try:
        return re.compile(_NAMED.get(separator, separator))
    except re.error as error:
        raise BadInput(
            f"step separator {separator!r} is not a valid regular expression ({error}); expected newline, blank_line, "
            "paragraphs or an expression that compiles"
        ) from None
