"""Mathematical final answers: exact rational arithmetic first, math-verify for the rest.

`settle` never blocks and is right for nearly all answers in practice; what it leaves open goes to `check`, which may
hang and must run in a process that can be killed. Neither executes model text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from factory.added_fields import ADDED
from factory.answers.comparison import guards
from factory.answers.comparison.compare import compare
from factory.answers.comparison.scalars import read_quantity
from factory.answers.extraction.boxes import BOX
from factory.answers.extraction.extract import box_stands_complete, final_answer
from factory.answers.gold_check import gold_problem as gold_problem
from factory.answers.gold_check import right_answer as right_answer
from factory.answers.normalise import normalise
from factory.answers.policy import AnswerPolicy
from factory.answers.values import notations
from factory.answers.values.match import Match
from factory.answers.values.quantity import Quantity
from factory.answers.values.rational import TooLarge
from factory.answers.values.same_quantity import match_quantities
from factory.text.number_words import SCALES, SMALL_NUMBERS
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "math_answer/2"

# Decisions and normal forms that are remembered, and the longest texts that are.
_CACHED = 32_768
_MAX_CACHED_CHARS = 200

_CHOICE_GOLD = re.compile(r"\(?([A-Z])\)?")
_MAX_CHOICE_CHARS = 20
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
    """Settings of the checker.

    * `tail_chars`: how many characters of the end of a completion are searched for its answer.
    * `max_answer_chars`: a longer extracted answer is unparsable, unless the gold answer is more than half as long.
    * `policy`: what counts as the same answer (`factory/answers/policy.py`).
    * `answer_phrases`: phrases that state an answer, such as "Resultado:", besides a box, `####`, "The answer is" and
      those of `factory/answers/extraction/languages.py`.
    """

    tail_chars: int = 16_000
    max_answer_chars: int = 1_000
    policy: AnswerPolicy = field(default_factory=AnswerPolicy)
    answer_phrases: list[str] = field(default_factory=list, metadata=ADDED)


def settle(question: Question, text: str, config: Config) -> Verdict | None:
    """Return the verdict where exact rules can give one; None where only the slow path can. Never blocks, never raises.

    Args:
      question: the question with its gold answer.
      text: the completion.
      config: the checker's settings.
    """
    answer = _stated(question, text, config)
    if answer is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="no final answer stated")
    limit = max(config.max_answer_chars, 2 * len(question.gold))
    if len(answer) > limit:
        return Verdict(
            outcome=Outcome.UNPARSABLE, answer=answer[:limit], reason=f"answer longer than {limit} characters"
        )
    outcome, reason = _cached(_settled, question.gold, answer, config.policy)
    if outcome is None:
        return None
    return Verdict(outcome=outcome, answer=answer, reason=reason, stands=_stands(text, config))


def check(question: Question, text: str, config: Config) -> Verdict:
    """Return the verdict, by math-verify where `settle` has none.

    It may never end, or exhaust memory: run it in a process that can be killed.

    Args:
      question: the question with its gold answer.
      text: the completion.
      config: the checker's settings.
    """
    verdict = settle(question, text, config)
    if verdict is not None:
        return verdict
    answer = _stated(question, text, config) or ""
    outcome, reason = _cached(_proved, question.gold, answer, config.policy)
    return Verdict(outcome=outcome or Outcome.UNPARSABLE, answer=answer, reason=reason, stands=_stands(text, config))


def _stated(question: Question, text: str, config: Config) -> str | None:
    """Return the final answer. Where the gold is a choice's letter, a box without one is a step of the solution."""
    is_short = len(question.gold) <= _MAX_CHOICE_CHARS
    is_choice = is_short and _CHOICE_GOLD.fullmatch(_normal_form(question.gold)) is not None
    return final_answer(
        text,
        tail_chars=config.tail_chars,
        phrases=config.answer_phrases,
        is_choice=_is_letter if is_choice else None,
    )


def _is_letter(answer: str) -> bool:
    """Return whether an answer is a choice's letter, with or without the choice's text."""
    return _CHOICE_ANSWER.fullmatch(_normal_form(answer)) is not None


def preload() -> None:
    """Import and warm up what `check` uses, once, in the process that forks the workers."""
    from factory.answers.comparison.symbolic import warm_up

    warm_up()


def _stands(text: str, config: Config) -> bool:
    """Return whether the verdict holds if `text` was cut off at its end: where the policy says so, with a whole box."""
    if config.policy.cut_off_box == "reject":
        return False
    # Only a box that is read can be the answer; behind it, a cut statement could be.
    return BOX.search(text.rstrip()[-config.tail_chars :]) is not None and box_stands_complete(text)


_Decision = tuple[Outcome | None, str]
"""An outcome with its reason; (None, "") where exact rules do not settle it."""


def _cached(decide: Any, gold: str, answer: str, policy: AnswerPolicy) -> _Decision:
    """Return the decision of `decide`, remembered for short answers.

    Rollouts of one question give the same few answers. Long ones seldom come twice and would fill the memory.
    """
    long = len(gold) + len(answer) > _MAX_CACHED_CHARS
    decision: _Decision = (decide.__wrapped__ if long else decide)(gold, answer, policy.key())
    return decision


@lru_cache(maxsize=_CACHED)
def _settled(gold: str, answer: str, policy: tuple[Any, ...]) -> _Decision:
    """Return the decision of exact rules, from the cache."""
    return _decide(_normal_form(gold), _normal_form(answer), _policy_of(policy))


@lru_cache(maxsize=_CACHED)
def _proved(gold: str, answer: str, policy: tuple[Any, ...]) -> _Decision:
    """Return the decision of math-verify, from the cache."""
    from factory.answers.comparison.symbolic import Symbolic

    rules = _policy_of(policy)
    match = compare(normalise(gold), normalise(answer), rules, Symbolic(rules))
    return _OUTCOMES[match], "compared by math-verify" if match is not Match.UNCLEAR else "no expression to compare"


@lru_cache(maxsize=_CACHED)
def _cached_normal_form(text: str) -> str:
    """Return the normal form of a text, from the cache."""
    return normalise(text)


def _normal_form(text: str) -> str:
    """Return the normal form of a text; only short ones are remembered."""
    return normalise(text) if len(text) > _MAX_CACHED_CHARS else _cached_normal_form(text)


@lru_cache(maxsize=64)
def _policy_of(policy: tuple[Any, ...]) -> AnswerPolicy:
    """Return the policy that has this key."""
    return AnswerPolicy(*policy)


_OUTCOMES = {
    Match.EQUAL: Outcome.CORRECT,
    Match.DIFFERENT: Outcome.INCORRECT,
    Match.UNCLEAR: Outcome.UNPARSABLE,
    Match.OPEN: None,
}


def _decide(gold: str, answer: str, policy: AnswerPolicy) -> _Decision:
    """Return the decision of exact rules on two answers in normal form.

    The order matters: choice letters and words are read before anything that would take them for variables.
    """
    # Texts that need no reading.
    if not gold:
        return Outcome.ERROR, "the gold answer is empty"
    if not answer:
        return Outcome.UNPARSABLE, "empty answer"
    if answer == gold:
        return Outcome.CORRECT, "same text"
    # Golds with rules of their own: a choice's letter, a number, words.
    if choice := _CHOICE_GOLD.fullmatch(gold):
        return _compare_choice(choice[1], answer, policy), "choice letters compared"
    gold_quantity, answer_quantity = _quantity_or_none(gold, policy), _quantity_or_none(answer, policy)
    if gold_quantity is not None and answer_quantity is not None:
        return _OUTCOMES[match_quantities(gold_quantity, answer_quantity, policy)], "exact values compared"
    if _WORD_GOLD.fullmatch(gold) and (answer_quantity is not None or _WORD_ANSWER.fullmatch(answer)):
        return _compare_words(gold, answer, policy), "words compared"
    # A number is asked for: most of what is none can be told at once, without a computer algebra system.
    if gold_quantity is not None and (ruled_out := _ruled_out(answer)):
        return ruled_out
    # Whatever is left is compared by its shape.
    match = compare(gold, answer, policy)
    return _OUTCOMES[match], _REASONS[match]


_REASONS = {
    Match.EQUAL: "the same by exact rules",
    Match.DIFFERENT: "different by exact rules",
    Match.UNCLEAR: "cannot be compared",
    Match.OPEN: "",
}


def _compare_words(gold: str, answer: str, policy: AnswerPolicy) -> Outcome:
    """Compare words. An article makes no difference; words around the gold's, or another number of them, might."""
    if policy.case == "same" and gold.casefold() == answer.casefold():
        return Outcome.INCORRECT
    wanted, stated = (_ARTICLE.sub("", text.casefold()) for text in (gold, answer))
    if wanted == stated:
        return Outcome.CORRECT
    # The gold's words among others: the others decide whether it is right, and they are not understood.
    inside = f" {_PLURAL.sub('', wanted)} " in f" {_PLURAL.sub('', stated)} "
    return Outcome.UNPARSABLE if inside and not guards.is_hedged(answer) else Outcome.INCORRECT


def _quantity_or_none(text: str, policy: AnswerPolicy) -> Quantity | None:
    """Return the quantity that a text denotes, None where there is none or it is too large."""
    try:
        return read_quantity(text, policy.decimal_comma == "accept")
    except TooLarge:
        return None


def _compare_choice(gold: str, answer: str, policy: AnswerPolicy) -> Outcome:
    """Compare a choice's letter with an answer; unparsable where other words cast doubt on it."""
    chosen = _CHOICE_ANSWER.fullmatch(answer)
    if chosen is None:
        return Outcome.UNPARSABLE if guards.has_prose(answer) else Outcome.INCORRECT
    if chosen["rest"] and (
        guards.is_hedged(chosen["rest"]) or guards.is_denied(chosen["rest"]) or _OTHER_CHOICE.search(chosen["rest"])
    ):
        return Outcome.UNPARSABLE
    # Past J, a small letter is rather a variable than a choice.
    letter = chosen[1] if policy.case == "same" or gold > "J" else chosen[1].upper()
    return Outcome.CORRECT if letter == gold else Outcome.INCORRECT


def _ruled_out(answer: str) -> _Decision | None:
    """Return a decision against an answer that is no number that can be read exactly, where the gold is one.

    None where nothing can be ruled out at once.
    """
    # A number somewhere in the words could be the right one, so it takes more to rule them out.
    has_number = _NUMBER_WORD.search(answer) is not None or any(character.isdigit() for character in answer)
    if guards.is_hedged(answer) or (guards.is_list(answer) and not guards.is_call(answer)):
        if guards.is_sentence(answer) and has_number:
            return Outcome.UNPARSABLE, "a sentence, not a value"
        return Outcome.INCORRECT, "more than one value, or a hedge"
    if guards.is_relation(answer):
        return Outcome.INCORRECT, "a relation against a number"
    if guards.is_bomb(answer):
        return Outcome.INCORRECT, "too large or too deeply nested"
    if guards.has_prose(answer) and "=" not in answer and not notations.is_ratio(answer):
        if has_number:
            return Outcome.UNPARSABLE, "words that may name a value"
        return Outcome.INCORRECT, "words against a number"
    return None
