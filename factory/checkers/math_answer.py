"""Mathematical final answers: exact rational arithmetic first, math-verify for the rest.

`settle` never blocks and is right for nearly all answers in practice; what it leaves open goes to `check`, which may
hang and must run in a process that can be killed. Neither executes model text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from factory.answers import guards
from factory.answers.exact import TooLarge
from factory.answers.extract import final_answer
from factory.answers.normalise import normalise, unwrap
from factory.answers.quantity import Quantity, quantity, same_quantity
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "math_answer/1"

_CHOICE_GOLD = re.compile(r"\(?([A-Z])\)?")
_CHOICE_ANSWER = re.compile(r"\(?([A-Z])(?:\)|[.:]|\)\s*[.:])?(?:(?<=[).:])\s.*)?")
_WORD_GOLD = re.compile(r"(?:[A-Za-z][A-Za-z'-]{2,}|no)(?: [A-Za-z'-]+)*", re.IGNORECASE)  # not ab, which is a times b
_WORD_ANSWER = re.compile(r"[A-Za-z'-]+(?: [A-Za-z'-]+)*")
_TIME_OR_RATIO = re.compile(r"\d+(?:\s*:\s*\d+)+")


@dataclass
class Config:
    """`tail_chars`: how much of the end of a completion is searched for its answer. `max_answer_chars`: a longer
    extracted answer is unparsable."""

    tail_chars: int = 16_000
    max_answer_chars: int = 1_000


def settle(question: Question, text: str, config: Config) -> Verdict | None:
    """The verdict where exact rules can give one; None where only the slow path can. Never blocks, never raises."""
    answer = final_answer(text, tail_chars=config.tail_chars)
    if answer is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="no final answer stated")
    limit = max(config.max_answer_chars, 2 * len(question.gold))
    if len(answer) > limit:
        return Verdict(
            outcome=Outcome.UNPARSABLE, answer=answer[:limit], reason=f"answer longer than {limit} characters"
        )
    gold = _read(question.gold)
    if not gold.text:
        return Verdict(outcome=Outcome.ERROR, answer=answer, reason="the gold answer is empty")
    said = _read(answer)
    outcome, reason = _decide(gold, said)
    return None if outcome is None else Verdict(outcome=outcome, answer=answer, reason=reason)


def check(question: Question, text: str, config: Config) -> Verdict:
    """The verdict, by math-verify where `settle` has none. May hang or exhaust memory: run it in a killable process."""
    from factory.answers.symbolic import symbolically_equal

    verdict = settle(question, text, config)
    if verdict is not None:
        return verdict
    answer = final_answer(text, tail_chars=config.tail_chars) or ""
    equal = symbolically_equal(unwrap(question.gold), unwrap(answer))
    if equal is None:  # such as \mathrm{e}, which math-verify cannot read and the normal form writes as e
        equal = symbolically_equal(normalise(question.gold), normalise(answer))
    if equal is None:
        return Verdict(outcome=Outcome.UNPARSABLE, answer=answer, reason="not an expression math-verify can parse")
    return Verdict(
        outcome=Outcome.CORRECT if equal else Outcome.INCORRECT, answer=answer, reason="compared by math-verify"
    )


def preload() -> None:
    """What a process should do once before it forks workers that call `check`."""
    from factory.answers.symbolic import warm_up

    warm_up()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """An answer in normal form, and the quantity it denotes if it denotes one."""

    text: str
    quantity: Quantity | None
    too_large: bool


@lru_cache(maxsize=8192)
def _read(answer: str) -> _Reading:
    text = normalise(answer)
    try:
        return _Reading(text=text, quantity=quantity(text), too_large=False)
    except TooLarge:
        return _Reading(text=text, quantity=None, too_large=True)


def _decide(gold: _Reading, said: _Reading) -> tuple[Outcome | None, str]:
    """An outcome with its reason; (None, "") where exact rules do not settle it."""
    if not said.text:
        return Outcome.UNPARSABLE, "empty answer"
    if said.text == gold.text:
        return Outcome.CORRECT, "same text"
    if choice := _CHOICE_GOLD.fullmatch(gold.text):
        chosen = _CHOICE_ANSWER.fullmatch(said.text)
        return _outcome(chosen is not None and chosen[1] == choice[1]), "choice letters compared"
    if gold.quantity is not None and said.quantity is not None:
        return _outcome(same_quantity(gold.quantity, said.quantity)), "exact values compared"
    if _WORD_GOLD.fullmatch(gold.text) and (said.quantity is not None or _WORD_ANSWER.fullmatch(said.text)):
        return _outcome(gold.text.casefold() == said.text.casefold()), "words compared"
    if _TIME_OR_RATIO.fullmatch(gold.text) and _TIME_OR_RATIO.fullmatch(said.text):
        parts = [[int(part) for part in re.findall(r"\d{1,18}", text)] for text in (gold.text, said.text)]
        return _outcome(parts[0] == parts[1]), "parts compared"
    if gold.quantity is not None:
        return _against_number(said)
    if guards.is_bomb(said.text) and not guards.is_bomb(gold.text):
        return Outcome.INCORRECT, "too large or too deeply nested"
    return None, ""


def _against_number(said: _Reading) -> tuple[Outcome | None, str]:
    """The gold is a number, the answer is no number that can be read exactly: what can be ruled out at once?"""
    if guards.is_hedged(said.text) or guards.is_list(said.text):
        return Outcome.INCORRECT, "more than one value, or a hedge"
    if guards.is_relation(said.text) or _TIME_OR_RATIO.fullmatch(said.text):
        return Outcome.INCORRECT, "a relation, time or ratio against a number"
    if said.too_large or guards.is_bomb(said.text):
        return Outcome.INCORRECT, "too large or too deeply nested"
    if guards.has_prose(said.text):
        if any(character.isdigit() for character in said.text):
            return Outcome.UNPARSABLE, "a sentence, not a value"
        return Outcome.INCORRECT, "words against a number"
    return None, ""


def _outcome(right: bool) -> Outcome:
    return Outcome.CORRECT if right else Outcome.INCORRECT
