"""Texts of rStar's sub-questions and rephrasings: one line each, taken from what a model wrote. Pure.

A step of action A3 or A4 is "sub-question answer", so that a solution says what it works out, and a prefix of text is
all that anybody needs to go on: no context is lost, whichever actions come between.
"""

from __future__ import annotations

import re

from factory.types import LENGTH, Completion

_SPACES = re.compile(r"\s+")
MARKS = "?？؟"
"""Characters that end a sub-question."""
_QUESTION = re.compile(f"^.*?[{MARKS}]")


def line_of(completion: Completion, max_chars: int) -> str:
    """Return the first line with words of a completion, its white space evened out.

    Returns:
      The line; "" where there is none, it is longer than `max_chars`, or it was cut off in its middle.
    """
    text = completion.text.lstrip()
    line, end, _ = text.partition("\n")
    if completion.finish_reason == LENGTH and not end:
        return ""
    line = _SPACES.sub(" ", line).strip()
    return line if len(line) <= max_chars else ""


def question_in(line: str) -> str:
    """Return a line up to its first question mark; "" where it has none or nothing in front of it."""
    match = _QUESTION.match(line)
    asked = match.group() if match else ""
    return asked if re.search(r"\w", asked) else ""
