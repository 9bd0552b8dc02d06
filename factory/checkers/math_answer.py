"""Mathematical final answers: exact rational arithmetic first, math-verify for the rest.

`settle` never blocks and is right for nearly all answers in practice; what it leaves open goes to `check`, which may
hang and must run in a process that can be killed. Neither executes model text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from factory.answers.comparison import guards
from factory.answers.comparison.compare import compare
from factory.answers.comparison.scalars import read_quantity
from factory.answers.extraction.extract import final_answer
from factory.answers.normalise import normalise
from factory.answers.policy import Policy
from factory.answers.values import notations
from factory.answers.values.exact import TooLarge
from factory.answers.values.match import Match
from factory.answers.values.quantity import Quantity, match_quantities
from factory.answers.values.words import SCALES, SMALL_NUMBERS
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "math_answer/2"

_CACHED = 32_768
_MAX_CACHED_CHARS = 200

_CHOICE_GOLD = re.compile(r"\(?([A-Z])\)?")
_CHOICE_ANSWER = re.compile(
    r"(?:(?:option|choice|answer)\s+)?\(?([A-Za-z])(?:\)|[.:]|\)\s*[.:])?(?:(?<=[).:])\s(?P<rest>[^+*/^=<>].*))?",
    re.IGNORECASE,
)
_OTHER_CHOICE = re.compile(r"(?<![A-Za-z\\])[A-J](?![A-Za-z])")
_WORD_GOLD = re.compile(  # not ab, which is a times b
    r"(?:[A-Za-z]{3,}(?:['-][A-Za-z]+)*|no)(?: [A-Za-z]+(?:['-][A-Za-z]+)*)*", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:an?|the) ")
_PLURAL = re.compile(r"(?<=[a-z]{3})s\b")
_FRACTION_WORDS = (
    "half halves third thirds quarter quarters fifth fifths sixth sixths eighth eighths tenth tenths dozen"
)
_NUMBER_WORD = re.compile(rf"(?i)\b(?:{'|'.join([*SMALL_NUMBERS, *SCALES, *_FRACTION_WORDS.split()])})\b")
_WORD_ANSWER = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*(?: [A-Za-z]+(?:['-][A-Za-z]+)*)*")


@dataclass
class Config:
    """`tail_chars`: how much of the end of a completion is searched for its answer. `max_answer_chars`: a longer
    extracted answer is unparsable. `policy`: what counts as the same answer."""

    tail_chars: int = 16_000
    max_answer_chars: int = 1_000
    policy: Policy = field(default_factory=Policy)


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
    outcome, reason = _cached(_settled, question.gold, answer, config.policy)
    return None if outcome is None else Verdict(outcome=outcome, answer=answer, reason=reason)


def check(question: Question, text: str, config: Config) -> Verdict:
    """The verdict, by math-verify where `settle` has none. May hang or exhaust memory: run it in a killable process."""
    verdict = settle(question, text, config)
    if verdict is not None:
        return verdict
    answer = final_answer(text, tail_chars=config.tail_chars) or ""
    outcome, reason = _cached(_proved, question.gold, answer, config.policy)
    return Verdict(outcome=outcome or Outcome.UNPARSABLE, answer=answer, reason=reason)


def preload() -> None:
    """What a process should do once before it forks workers that call `check`."""
    from factory.answers.comparison.symbolic import warm_up

    warm_up()


_Decision = tuple[Outcome | None, str]
"""An outcome with its reason; (None, "") where exact rules do not settle it."""


def _cached(decide: Any, gold: str, answer: str, policy: Policy) -> _Decision:
    """Verdicts of short answers are remembered: rollouts of one question give the same few. Long ones seldom come
    twice and would fill the memory."""
    long = len(gold) + len(answer) > _MAX_CACHED_CHARS
    found: _Decision = (decide.__wrapped__ if long else decide)(gold, answer, policy.key())
    return found


@lru_cache(maxsize=_CACHED)
def _settled(gold: str, answer: str, policy: tuple[Any, ...]) -> _Decision:
    return _decide(_normal(gold), _normal(answer), _rules(policy))


@lru_cache(maxsize=_CACHED)
def _proved(gold: str, answer: str, policy: tuple[Any, ...]) -> _Decision:
    from factory.answers.comparison.symbolic import Symbolic

    rules = _rules(policy)
    found = compare(normalise(gold), normalise(answer), rules, Symbolic(rules))
    return _OUTCOMES[found], "compared by math-verify" if found is not Match.UNCLEAR else "no expression to compare"


@lru_cache(maxsize=_CACHED)
def _remembered(text: str) -> str:
    return normalise(text)


def _normal(text: str) -> str:
    return normalise(text) if len(text) > _MAX_CACHED_CHARS else _remembered(text)


@lru_cache(maxsize=64)
def _rules(policy: tuple[Any, ...]) -> Policy:
    return Policy(*policy)


_OUTCOMES = {
    Match.EQUAL: Outcome.CORRECT,
    Match.DIFFERENT: Outcome.INCORRECT,
    Match.UNCLEAR: Outcome.UNPARSABLE,
    Match.OPEN: None,
}


def _decide(gold: str, said: str, policy: Policy) -> _Decision:
    if not gold:
        return Outcome.ERROR, "the gold answer is empty"
    if not said:
        return Outcome.UNPARSABLE, "empty answer"
    if said == gold:
        return Outcome.CORRECT, "same text"
    if choice := _CHOICE_GOLD.fullmatch(gold):
        return _choice(choice[1], said, policy), "choice letters compared"
    gold_quantity, said_quantity = _quantity(gold, policy), _quantity(said, policy)
    if gold_quantity is not None and said_quantity is not None:
        return _OUTCOMES[match_quantities(gold_quantity, said_quantity, policy)], "exact values compared"
    if _WORD_GOLD.fullmatch(gold) and (said_quantity is not None or _WORD_ANSWER.fullmatch(said)):
        return _words(gold, said, policy), "words compared"
    if gold_quantity is not None and (ruled_out := _ruled_out(said)):
        return ruled_out
    found = compare(gold, said, policy)
    return _OUTCOMES[found], _REASONS[found]


_REASONS = {
    Match.EQUAL: "the same by exact rules",
    Match.DIFFERENT: "different by exact rules",
    Match.UNCLEAR: "cannot be compared",
    Match.OPEN: "",
}


def _words(gold: str, said: str, policy: Policy) -> Outcome:
    """An article makes no difference; words around the gold's, or another number of them, might."""
    if policy.case == "same" and gold.casefold() == said.casefold():
        return Outcome.INCORRECT
    wanted, found = (_ARTICLE.sub("", text.casefold()) for text in (gold, said))
    if wanted == found:
        return Outcome.CORRECT
    inside = f" {_PLURAL.sub('', wanted)} " in f" {_PLURAL.sub('', found)} "
    return Outcome.UNPARSABLE if inside and not guards.is_hedged(said) else Outcome.INCORRECT


def _quantity(text: str, policy: Policy) -> Quantity | None:
    try:
        return read_quantity(text, policy.decimal_comma == "accept")
    except TooLarge:
        return None


def _choice(gold: str, said: str, policy: Policy) -> Outcome:
    chosen = _CHOICE_ANSWER.fullmatch(said)
    if chosen is None:
        return Outcome.UNPARSABLE if guards.has_prose(said) else Outcome.INCORRECT
    if chosen["rest"] and (
        guards.is_hedged(chosen["rest"]) or guards.is_denied(chosen["rest"]) or _OTHER_CHOICE.search(chosen["rest"])
    ):
        return Outcome.UNPARSABLE
    letter = chosen[1] if policy.case == "same" or gold > "J" else chosen[1].upper()
    return Outcome.CORRECT if letter == gold else Outcome.INCORRECT


def _ruled_out(said: str) -> _Decision | None:
    """The gold is a number, the answer is no number that can be read exactly: what can be ruled out at once?"""
    has_number = _NUMBER_WORD.search(said) is not None or any(character.isdigit() for character in said)
    if guards.is_hedged(said) or (guards.is_list(said) and not guards.is_call(said)):
        if guards.is_sentence(said) and has_number:
            return Outcome.UNPARSABLE, "a sentence, not a value"
        return Outcome.INCORRECT, "more than one value, or a hedge"
    if guards.is_relation(said):
        return Outcome.INCORRECT, "a relation against a number"
    if guards.is_bomb(said):
        return Outcome.INCORRECT, "too large or too deeply nested"
    if guards.has_prose(said) and "=" not in said and not notations.is_ratio(said):
        if has_number:
            return Outcome.UNPARSABLE, "words that may name a value"
        return Outcome.INCORRECT, "words against a number"
    return None
