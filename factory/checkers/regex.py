"""Regular expressions as the judge: the question's gold answer is one, or the config has one for all questions.

Patterns are the user's, texts are a model's. A pattern may take exponential time on a text made for it, so nothing is
matched in the caller: there is no `settle`, and a match that takes too long ends as `timeout` with its worker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from factory.added_fields import ADDED
from factory.answers.extraction.extract import final_answer
from factory.answers.extraction.markup import strip_markup
from factory.answers.extraction.spoken import spoken
from factory.interfaces import CheckerLimits
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "regex/2"

_GOLD = "{gold}"
_WHERE = ("answer", "tail")


@dataclass
class Config:
    r"""Pattern and what it is held against.

    * `pattern`: for every question, in Python's syntax; `{gold}` in it stands for the gold answer, taken literally.
      Empty: the gold answer itself is the pattern.
    * `where`: what is matched. "answer": the final answer, without `\text{}`, `$`, `**` or backticks around it. "tail":
      the end of the completion, behind any thoughts.
    * `whole`: the pattern must match all of that, else anywhere in it.
    * `ignore_case`: upper and lower case are the same.
    * `tail_chars`: how many characters of the end of a completion are searched, for either.
    * `timeout_s`: seconds for one match.
    * `answer_phrases`: phrases that state an answer, such as "Resultado:", besides a box, `####`, "The answer is" and
      those of `factory/answers/extraction/languages.py`.
    """

    pattern: str = ""
    where: str = "answer"
    whole: bool = True
    ignore_case: bool = False
    tail_chars: int = 16_000
    timeout_s: float = 5.0
    answer_phrases: list[str] = field(default_factory=list, metadata=ADDED)

    def __post_init__(self) -> None:
        """Check the settings and the pattern. Raises `ValueError`."""
        if self.where not in _WHERE:
            raise ValueError(f"where is {self.where!r}: expected one of {', '.join(_WHERE)}")
        if self.tail_chars < 1 or not 0 < self.timeout_s < 3600:
            raise ValueError("expected tail_chars of at least 1 and timeout_s above 0 and below 3600")
        if self.pattern:
            # Gold answers are taken literally, so any text in their place shows whether the pattern is one.
            _compiled(self.pattern.replace(_GOLD, "x"), self)


def limits(config: Config) -> CheckerLimits:
    """Return the limits of a worker: the wall clock that the config sets for a match."""
    return CheckerLimits(timeout_s=config.timeout_s)


def check(question: Question, text: str, config: Config) -> Verdict:
    """Return correct where the pattern matches, else incorrect.

    It may take for ever: run it in a process that can be killed.

    Args:
      question: the question with its gold answer.
      text: the completion.
      config: the checker's settings.
    """
    try:
        pattern = _compiled(config.pattern.replace(_GOLD, re.escape(question.gold)) or question.gold, config)
    except ValueError as error:
        return Verdict(outcome=Outcome.ERROR, reason=f"the gold answer as a pattern: {error}")
    stated = _text_to_match(text, config)
    if stated is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="nothing stated to match")
    match = pattern.fullmatch(stated) if config.whole else pattern.search(stated)
    # A whole tail is too long for a record: there, the answer is the part that matched.
    answer = stated if config.where == "answer" else match and match.group()
    return Verdict(
        outcome=Outcome.CORRECT if match else Outcome.INCORRECT,
        answer=answer,
        reason="pattern matched" if match else "pattern not matched",
    )


def answer(question: Question, text: str, config: Config) -> str | None:
    """Return the final answer of a text; None where the pattern is held against the end of texts: no two agree."""
    return _text_to_match(text, config) if config.where == "answer" else None


def same(one: str, other: str, config: Config) -> bool:
    """Return whether two answers are the same text; no pattern says which different texts mean the same."""
    return one.casefold() == other.casefold() if config.ignore_case else one == other


def right_answer(question: Question) -> str | None:
    """Return None for a gold that can be a pattern, as no text is known to match it; any other gold in a box."""
    try:
        re.compile(question.gold or "(")
    except (re.error, OverflowError, RecursionError):
        return rf"\boxed{{{question.gold}}}"
    return None


def _text_to_match(text: str, config: Config) -> str | None:
    """Return what the pattern is held against, None where nothing is stated."""
    if config.where == "answer":
        answer = final_answer(text, tail_chars=config.tail_chars, phrases=config.answer_phrases)
        return None if answer is None else strip_markup(answer)
    said = spoken(text)
    if said is None:
        # It was still thinking when it was cut off.
        return None
    return said.strip()[-config.tail_chars :] or None


def _compiled(pattern: str, config: Config) -> re.Pattern[str]:
    """Return the compiled pattern. Raises `ValueError` for one that is none, or that any text would match."""
    try:
        compiled = re.compile(pattern, re.IGNORECASE if config.ignore_case else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern[:80]!r} is no regular expression: {error}") from None
    if not pattern or (not config.whole and compiled.search("")):
        raise ValueError(f"pattern {pattern[:80]!r} matches any text; expected one that tells right from wrong")
    return compiled
