r"""Numbers within a stated tolerance, for data sets whose gold answers are rounded. All arithmetic is exact.

Numbers and units are read as `math_answer` reads them (`factory/answers/values/quantity.py`); what is no rational
number, such as \pi or nan, is unparsable. A gold with decimals may count as rounded; without a tolerance values must be
equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache

from factory.added_fields import ADDED
from factory.answers.comparison import guards
from factory.answers.extraction.extract import final_answer
from factory.answers.normalise import normalise
from factory.answers.policy import AnswerPolicy
from factory.answers.values.match import Match
from factory.answers.values.quantity import Quantity, quantity
from factory.answers.values.rational import TooLarge
from factory.answers.values.same_quantity import match_quantities
from factory.answers.values.units import unit
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "number/2"

_DECIMALS = ("exact", "round")
_TOLERANCE = re.compile(r"\d{1,20}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_POWER_OF_TEN = r" ?(?:[eE]|(?:\\times|\\cdot|\*) ?10 ?(?:\^|\*\*) ?)[{(]?[+-]?\d+[})]?"
_WRITTEN_DECIMAL = re.compile(rf"[+-]?(?P<whole>[\d,]*)\.(?P<decimals>\d+)(?:{_POWER_OF_TEN})?", re.ASCII)
_EXACTLY = AnswerPolicy(rounded_answer_digits=0, rounded_gold_digits=0)
_OUTCOMES = {
    Match.EQUAL: Outcome.CORRECT,
    Match.DIFFERENT: Outcome.INCORRECT,
    Match.UNCLEAR: Outcome.UNPARSABLE,
}


@dataclass
class Config:
    """Distance that an answer may have from the gold answer.

    The widest of the three tolerances counts; all are inclusive.

    * `relative`: as a share of the gold answer: "0.01" is one percent. A decimal number, taken exactly.
    * `absolute`: in the gold's unit. A decimal number, taken exactly.
    * `decimals`: "round" lets a gold written with decimals be met by what rounds to it: 33.3 by 100/3, not by 33; one
      written without any (18) is met exactly. "exact" takes 33.3 as 33.3.
    * `tail_chars`: how many characters of the end of a completion are searched for its answer.
    * `max_answer_chars`: a longer extracted answer is unparsable.
    * `answer_phrases`: phrases that state an answer, such as "Resultado:", besides a box, `####`, "The answer is" and
      those of `factory/answers/extraction/languages.py`.
    """

    relative: str = "0"
    absolute: str = "0"
    decimals: str = "exact"
    tail_chars: int = 16_000
    max_answer_chars: int = 1_000
    answer_phrases: list[str] = field(default_factory=list, metadata=ADDED)

    def __post_init__(self) -> None:
        """Check the tolerances. Raises `ValueError`."""
        for name, tolerance in (("relative", self.relative), ("absolute", self.absolute)):
            if not _TOLERANCE.fullmatch(tolerance):
                raise ValueError(f"{name} is {tolerance!r}: expected a decimal number of 0 or more, such as 0.001")
        if Fraction(self.relative) >= 1:
            raise ValueError(f"relative is {self.relative}: expected a share below 1, such as 0.01 for one percent")
        if self.decimals not in _DECIMALS:
            raise ValueError(f"decimals is {self.decimals!r}: expected one of {', '.join(_DECIMALS)}")


def settle(question: Question, text: str, config: Config) -> Verdict:
    """Return correct where the answer's number lies within the tolerance of the gold's, else incorrect.

    Units are converted.

    Args:
      question: the question with its gold answer.
      text: the completion.
      config: the checker's settings.
    """
    gold = _number(question.gold)
    if gold is None:
        return Verdict(outcome=Outcome.ERROR, reason=f"the gold answer {question.gold[:80]!r} is no rational number")
    answer = final_answer(text, tail_chars=config.tail_chars, phrases=config.answer_phrases)
    if answer is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="no final answer stated")
    if len(answer) > config.max_answer_chars:
        reason = f"answer longer than {config.max_answer_chars} characters"
        return Verdict(outcome=Outcome.UNPARSABLE, answer=answer[: config.max_answer_chars], reason=reason)
    # Read the number and compare it.
    stated = _number(answer)
    if stated is None:
        if guards.is_hedged(normalise(answer)):
            return Verdict(outcome=Outcome.INCORRECT, answer=answer, reason="more than one value, or a hedge")
        return Verdict(outcome=Outcome.UNPARSABLE, answer=answer, reason="no rational number")
    match = _match(gold, stated, _tolerance(gold, config))
    reason = "numbers compared" if match is not Match.UNCLEAR else "right or wrong as its unit is meant"
    return Verdict(outcome=_OUTCOMES[match], answer=answer, reason=reason)


# Quick for any completion, so there is nothing left for a worker to do.
check = settle


def answer(question: Question, text: str, config: Config) -> str | None:
    """Return the number that a text states as its answer, as it is written; None where it states none."""
    stated = final_answer(text, tail_chars=config.tail_chars, phrases=config.answer_phrases)
    return stated if stated and len(stated) <= config.max_answer_chars and _number(stated) is not None else None


def same(one: str, other: str, config: Config) -> bool:
    """Return whether one of two answers lies within the tolerance of the other."""
    numbers = [_number(written) for written in (one, other)]
    return any(
        gold is not None and stated is not None and _match(gold, stated, _tolerance(gold, config)) is Match.EQUAL
        for gold, stated in (numbers, numbers[::-1])
    )


@lru_cache(maxsize=8192)
def _number(written: str) -> Quantity | None:
    """Return the quantity that an answer denotes, None where it is no rational number or too large."""
    try:
        return quantity(normalise(written))
    except TooLarge:
        return None


def _match(gold: Quantity, stated: Quantity, tolerance: Fraction) -> Match:
    """Return whether some reading of the two units brings the numbers within `tolerance` of each other.

    How units can go together is for `match_quantities` to say. It is asked about the value that would be exactly right,
    were so many of the answer's units one of the gold's; for a gold of 0, which any unit would meet, about 1.
    """
    if stated.uncertain and stated.unit != gold.unit:
        # The word behind the number may scale it.
        return Match.UNCLEAR
    # How many of the answer's units one of the gold's may be: the same, a percentage, or by the sizes of the units.
    sizes = Fraction(1) if not gold.unit or not stated.unit else unit(gold.unit).size / unit(stated.unit).size
    one = replace(gold, value=gold.value or Fraction(1))
    matches = {
        match_quantities(one, replace(stated, value=one.value * per_unit), _EXACTLY)
        for per_unit in {Fraction(1), Fraction(100), Fraction(1, 100), sizes}
        if abs(stated.value / per_unit - gold.value) <= tolerance
    }
    return next((match for match in (Match.EQUAL, Match.UNCLEAR) if match in matches), Match.DIFFERENT)


def _tolerance(gold: Quantity, config: Config) -> Fraction:
    """Return the widest of the tolerances, in the unit of the gold."""
    widest = max(Fraction(config.absolute), Fraction(config.relative) * abs(gold.value))
    return max(widest, _half_a_digit(gold)) if config.decimals == "round" else widest


def _half_a_digit(gold: Quantity) -> Fraction:
    """Return half of one in the last decimal of the gold; 0 where it is not written as one decimal number."""
    written = _WRITTEN_DECIMAL.fullmatch(gold.digits)
    if written is None:
        return Fraction(0)
    decimal = Fraction(written["whole"].replace(",", "") + "." + written["decimals"])
    # Times the power of ten or the number word behind the decimal: 1.5 million.
    scale = abs(gold.value) / decimal if decimal else Fraction(1)
    return scale / Fraction(2 * 10 ** len(written["decimals"]))
