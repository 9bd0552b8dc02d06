"""Exact answers: the extracted answer is the gold answer, character by character, after what the config evens out.

More accepted answers may be in the question's metadata under "accepted_answers": a JSON array of strings.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field

from factory.added_fields import ADDED
from factory.answers.extraction.extract import final_answer
from factory.answers.extraction.markup import strip_markup
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "exact/2"
READS = ("accepted_answers",)

# An answer that is nothing but punctuation stays.
_TRAILING = re.compile(r"(?<=[^\s.,;:])[\s.,;:]+\Z")


@dataclass
class Config:
    r"""Differences that do not count, on either side, beside white space around the answer. Everything else counts.

    * `ignore_case`: upper and lower case, by Unicode case folding.
    * `collapse_space`: how much white space stands inside, and of which kind.
    * `ignore_trailing_punctuation`: `. , ; :` at the end.
    * `ignore_markup`: `\text{}`, `$`, `**` or backticks around all of it.
    * `unicode_nfc`: whether é is one character or two (NFC).
    * `tail_chars`: how many characters of the end of a completion are searched for its answer.
    * `max_answer_chars`: a longer extracted answer is unparsable, unless an accepted answer is more than half as long.
    * `answer_phrases`: phrases that state an answer, such as "Resultado:", besides a box, `####`, "The answer is" and
      those of `factory/answers/extraction/languages.py`.
    """

    ignore_case: bool = False
    collapse_space: bool = True
    ignore_trailing_punctuation: bool = True
    ignore_markup: bool = True
    unicode_nfc: bool = True
    tail_chars: int = 16_000
    max_answer_chars: int = 1_000
    answer_phrases: list[str] = field(default_factory=list, metadata=ADDED)


def settle(question: Question, text: str, config: Config) -> Verdict:
    """Return correct where the final answer is an accepted one, else incorrect; unparsable where none is stated.

    Args:
      question: the question with its gold answer.
      text: the completion.
      config: the checker's settings.
    """
    try:
        accepted = _accepted(question)
    except ValueError as error:
        return Verdict(outcome=Outcome.ERROR, reason=str(error))
    # A completion that states nothing, or a whole text, is not judged.
    answer = final_answer(text, tail_chars=config.tail_chars, phrases=config.answer_phrases)
    if answer is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="no final answer stated")
    limit = max(config.max_answer_chars, 2 * max(map(len, accepted)))
    if len(answer) > limit:
        reason = f"answer longer than {limit} characters"
        return Verdict(outcome=Outcome.UNPARSABLE, answer=answer[:limit], reason=reason)
    right = _normal_form(answer, config) in {_normal_form(gold, config) for gold in accepted}
    return Verdict(outcome=Outcome.CORRECT if right else Outcome.INCORRECT, answer=answer, reason="texts compared")


# Quick for any completion, so there is nothing left for a worker to do.
check = settle


def answer(question: Question, text: str, config: Config) -> str | None:
    """Return the final answer of a text; None where it states none, or a whole text."""
    stated = final_answer(text, tail_chars=config.tail_chars, phrases=config.answer_phrases)
    return None if stated is None or len(stated) > config.max_answer_chars else stated


def same(one: str, other: str, config: Config) -> bool:
    """Return whether two answers are the same but for what the config evens out."""
    return _normal_form(one, config) == _normal_form(other, config)


def right_answer(question: Question) -> str:
    """Return the gold in a box, or behind "The answer is:" where its braces would not close one."""
    boxed = rf"\boxed{{{question.gold}}}"
    fits = final_answer(boxed, tail_chars=len(boxed)) == question.gold.strip()
    return boxed if fits else f"The answer is: {question.gold}"


def _accepted(question: Question) -> list[str]:
    """Return the gold answer and all others that are accepted. Raises `ValueError` where one is missing or broken."""
    try:
        others = json.loads(question.metadata.get("accepted_answers", "[]"))
    except (ValueError, RecursionError):
        others = None
    if not isinstance(others, list) or not all(isinstance(other, str) for other in others):
        raise ValueError("metadata accepted_answers is no JSON array of strings")
    accepted = [question.gold, *others]
    if not all(gold.strip() for gold in accepted):
        raise ValueError("an accepted answer is empty")
    return accepted


def _normal_form(answer: str, config: Config) -> str:
    """Return `answer` without the differences that do not count."""
    if config.unicode_nfc:
        answer = unicodedata.normalize("NFC", answer)
    if config.ignore_trailing_punctuation:
        answer = _TRAILING.sub("", answer)
    if config.ignore_markup:
        answer = strip_markup(answer)
    if config.ignore_trailing_punctuation:
        # There may be punctuation inside the markup, too.
        answer = _TRAILING.sub("", answer)
    if config.collapse_space:
        answer = " ".join(answer.split())
    answer = answer.strip()
    return answer.casefold() if config.ignore_case else answer
