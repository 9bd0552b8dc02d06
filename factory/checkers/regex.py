"""A regular expression decides: the question's gold answer is one, or the config has one for all questions.

Patterns are the user's, texts are a model's. A pattern may take exponential time on a text made for it, so nothing is
matched in the caller: there is no `settle`, and a match that takes too long ends as `timeout` with its worker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.answers.extraction.extract import final_answer
from factory.answers.extraction.markup import strip_markup
from factory.interfaces import CheckerLimits
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "regex/1"

_GOLD = "{gold}"
_WHERE = ("answer", "tail")


@dataclass
class Config:
    """`pattern`: for every question, in Python's syntax; `{gold}` in it stands for the gold answer, taken literally.
    Without it, the gold answer itself is the pattern. `where`: what it is held against. "answer": the final answer,
    without `\\text{}`, `$`, `**` or backticks around it. "tail": the end of the completion, behind any `</think>`.
    `whole`: it must match all of that, else anywhere in it. `ignore_case`: as its name says. `tail_chars`: how much of
    the end of a completion is searched, for either. `timeout_s`: for one match.
    """

    pattern: str = ""
    where: str = "answer"
    whole: bool = True
    ignore_case: bool = False
    tail_chars: int = 16_000
    timeout_s: float = 5.0

    def __post_init__(self) -> None:
        if self.where not in _WHERE:
            raise ValueError(f"where is {self.where!r}: expected one of {', '.join(_WHERE)}")
        if self.tail_chars < 1 or not 0 < self.timeout_s < 3600:
            raise ValueError("expected tail_chars of at least 1 and timeout_s above 0 and below 3600")
        if self.pattern:
            _compiled(self.pattern.replace(_GOLD, "x"), self)


def limits(config: Config) -> CheckerLimits:
    """The wall clock that the config sets for a match."""
    return CheckerLimits(timeout_s=config.timeout_s)


def check(question: Question, text: str, config: Config) -> Verdict:
    """Correct where the pattern matches, else incorrect. May take for ever: run it in a killable process."""
    try:
        pattern = _compiled(config.pattern.replace(_GOLD, re.escape(question.gold)) or question.gold, config)
    except ValueError as error:
        return Verdict(outcome=Outcome.ERROR, reason=f"the gold answer as a pattern: {error}")
    said = _said(text, config)
    if said is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="nothing stated to match")
    found = pattern.fullmatch(said) if config.whole else pattern.search(said)
    answer = said if config.where == "answer" else found and found.group()
    return Verdict(
        outcome=Outcome.CORRECT if found else Outcome.INCORRECT,
        answer=answer,
        reason="pattern matched" if found else "pattern not matched",
    )


def right_answer(question: Question) -> str | None:
    """None for a gold that can be a pattern, for no text is known to match it; any other is checked literally."""
    try:
        re.compile(question.gold or "(")
    except (re.error, OverflowError, RecursionError):
        return rf"\boxed{{{question.gold}}}"
    return None


def _said(text: str, config: Config) -> str | None:
    if config.where == "answer":
        answer = final_answer(text, tail_chars=config.tail_chars)
        return None if answer is None else strip_markup(answer)
    spoken = text.rpartition("</think>")[2]
    if "<think>" in spoken:
        # still thinking when it was cut off
        return None
    return spoken.strip()[-config.tail_chars :] or None


def _compiled(pattern: str, config: Config) -> re.Pattern[str]:
    """Raises `ValueError` for a pattern that is none, or that any text would match."""
    try:
        compiled = re.compile(pattern, re.IGNORECASE if config.ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern[:80]!r} is no regular expression: {error}") from None
    if not pattern or (not config.whole and compiled.search("")):
        raise ValueError(f"pattern {pattern[:80]!r} matches any text; expected one that tells right from wrong")
    return compiled
