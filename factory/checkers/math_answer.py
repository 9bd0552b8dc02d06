"""Mathematical final answers: exact rational arithmetic first, math-verify for the rest.

`settle` never blocks and is right for nearly all answers in practice; what it leaves open goes to `check`, which may
hang and must run in a process that can be killed. Neither executes model text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from factory.added_fields import ADDED
from factory.answers.comparison.compare import compare
from factory.answers.decision import OUTCOMES, Decision, decide, is_choice, names_choice
from factory.answers.extraction.boxes import BOX
from factory.answers.extraction.choices import offers_choices
from factory.answers.extraction.extract import box_stands_complete, final_answer
from factory.answers.gold_check import gold_problem as gold_problem
from factory.answers.gold_check import right_answer as right_answer
from factory.answers.normalise import normalise
from factory.answers.policy import AnswerPolicy
from factory.answers.values.match import Match
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "math_answer/3"

# Decisions and normal forms that are remembered, and the longest texts that are.
_CACHED = 32_768
_MAX_CACHED_CHARS = 200
# Longer golds are no choice's letter in any markup.
_MAX_CHOICE_CHARS = 20


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


def answer(question: Question, text: str, config: Config) -> str | None:
    """Return the final answer that a text states, None without one or where it is too long to be judged.

    The question's own text says whether a choice is asked for; the gold is not looked at.
    """
    stated = final_answer(
        text,
        tail_chars=config.tail_chars,
        phrases=config.answer_phrases,
        is_choice=_is_letter if offers_choices(question.text) else None,
    )
    return None if stated is None or len(stated) > config.max_answer_chars else stated


def same(one: str, other: str, config: Config) -> bool:
    """Return whether exact rules call two answers the same, one of them in the place of the gold."""
    policy = config.policy
    return any(_cached(_settled, *pair, policy)[0] is Outcome.CORRECT for pair in ((one, other), (other, one)))


def _stated(question: Question, text: str, config: Config) -> str | None:
    """Return the final answer. Where the gold is a choice's letter, a box without one is a step of the solution."""
    is_short = len(question.gold) <= _MAX_CHOICE_CHARS
    has_choices = is_short and is_choice(_normal_form(question.gold))
    return final_answer(
        text,
        tail_chars=config.tail_chars,
        phrases=config.answer_phrases,
        is_choice=_is_letter if has_choices else None,
    )


def _is_letter(answer: str) -> bool:
    """Return whether an answer is a choice's letter, with or without the choice's text."""
    return names_choice(_normal_form(answer))


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


def _cached(decide: Any, gold: str, answer: str, policy: AnswerPolicy) -> Decision:
    """Return the decision of `decide`, remembered for short answers.

    Rollouts of one question give the same few answers. Long ones seldom come twice and would fill the memory.
    """
    long = len(gold) + len(answer) > _MAX_CACHED_CHARS
    decision: Decision = (decide.__wrapped__ if long else decide)(gold, answer, policy.key())
    return decision


@lru_cache(maxsize=_CACHED)
def _settled(gold: str, answer: str, policy: tuple[Any, ...]) -> Decision:
    """Return the decision of exact rules, from the cache."""
    return decide(_normal_form(gold), _normal_form(answer), _policy_of(policy))


@lru_cache(maxsize=_CACHED)
def _proved(gold: str, answer: str, policy: tuple[Any, ...]) -> Decision:
    """Return the decision of math-verify, from the cache."""
    from factory.answers.comparison.symbolic import Symbolic

    rules = _policy_of(policy)
    match = compare(normalise(gold), normalise(answer), rules, Symbolic(rules))
    return OUTCOMES[match], "compared by math-verify" if match is not Match.UNCLEAR else "no expression to compare"


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
