"""Decision of exact rules on two answers in normal form: by letter, number, words or shape."""

from __future__ import annotations

import re

from factory.answers.comparison import guards
from factory.answers.comparison.compare import compare
from factory.answers.comparison.names import without_name
from factory.answers.comparison.scalars import read_quantity
from factory.answers.policy import AnswerPolicy
from factory.answers.separators import in_english
from factory.answers.values import notations
from factory.answers.values.match import Match
from factory.answers.values.quantity import Quantity
from factory.answers.values.rational import TooLarge
from factory.answers.values.same_quantity import match_quantities
from factory.answers.wording.formulas import same_by_spelling
from factory.answers.wording.letters import same_letters
from factory.answers.wording.phrases import Phrase, phrase, same_phrase
from factory.text.number_words import SCALES, SMALL_NUMBERS
from factory.types import Outcome

_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,14}", re.ASCII)
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
_YES_OR_NO = re.compile(r"(yes|no|true|false)(?:\s?[,.;:(–—-].*)?", re.IGNORECASE | re.DOTALL)
# Spaces beside signs. Beside a comma, between figures and in front of what may be a factor they make a difference.
_LOOSE_SPACES = re.compile(r" ?([=<>;]) ?|(?<!\w) (?=[+()])|(?<=[+(]) ")
_ARGUMENT = re.compile(r"(?<=[A-Za-z}])\s?\([^()]{0,80}\)")
_MARKS = (",", ";", ":", ".", "-", "(")
_OR = " or "
_OR_SPELLING = re.compile(r"\s*,\s*or\s+")
_OR_IN_BRACKETS = re.compile(r"\s\(\s*or\s+([^()]{1,80})\)$")
_WORD_ANSWER = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*(?: [A-Za-z]+(?:['-][A-Za-z]+)*)*")

Decision = tuple[Outcome | None, str]
"""Outcome with its reason; (None, "") where exact rules do not settle it."""

OUTCOMES = {
    Match.EQUAL: Outcome.CORRECT,
    Match.DIFFERENT: Outcome.INCORRECT,
    Match.UNCLEAR: Outcome.UNPARSABLE,
    Match.OPEN: None,
}


def decide(gold: str, answer: str, policy: AnswerPolicy) -> Decision:
    """Return the decision of exact rules on two answers in normal form.

    The order matters: choice letters and words are read before anything that would take them for variables.
    """
    # Texts that need no reading.
    if not gold:
        return Outcome.ERROR, "the gold answer is empty"
    if not answer:
        return Outcome.UNPARSABLE, "empty answer"
    if answer == gold or (
        _without_spaces(answer) == _without_spaces(gold)
        and _without_loose_spaces(answer) == _without_loose_spaces(gold)
    ):
        return Outcome.CORRECT, "same text"
    if _WHOLE_NUMBER.fullmatch(gold) and _WHOLE_NUMBER.fullmatch(answer):
        # Each has one spelling, so these two differ under any policy. Most wrong answers are of this kind.
        return Outcome.INCORRECT, "exact values compared"
    # Golds with rules of their own: a choice's letter, a number, words.
    if choice := _CHOICE_GOLD.fullmatch(gold):
        return _compare_choice(choice[1], answer, policy), "choice letters compared"
    if (gold[0] in "({\\" or "A" <= gold[0] <= "H") and (chosen := same_letters(gold, answer)) is not None:
        return OUTCOMES[chosen], "choices of several compared"
    gold_quantity, answer_quantity = _quantity_or_none(gold, policy), _quantity_or_none(answer, policy)
    if gold_quantity is not None and answer_quantity is not None:
        match = match_quantities(gold_quantity, answer_quantity, policy)
        if match is Match.DIFFERENT and _is_equal_with_other_separators(gold, answer, policy):
            return Outcome.UNPARSABLE, "a number with other separators"
        if match is Match.DIFFERENT and answer[-1] == ")" and _is_said_in_brackets(gold_quantity, answer, policy):
            return Outcome.UNPARSABLE, "a product, or a value said twice"
        return OUTCOMES[match], "exact values compared"
    if "or" in answer:
        answer = _OR_SPELLING.sub(" or ", _OR_IN_BRACKETS.sub(r" or \1", answer))
    if (said := _same_by_words(gold, answer, gold_quantity)) is not None:
        return OUTCOMES[said], "set phrases or formulas compared"
    if _same_with_reasons(gold, answer):
        return Outcome.UNPARSABLE, "yes or no, with reasons"
    if _WORD_GOLD.fullmatch(gold) and (answer_quantity is not None or _WORD_ANSWER.fullmatch(answer)):
        return _compare_words(gold, answer, policy), "words compared"
    if _WORD_GOLD.fullmatch(gold) and _is_explained(gold, answer):
        return Outcome.UNPARSABLE, "words with more behind them"
    if gold_quantity is None and answer_quantity is not None and _is_equal_with_other_separators(gold, answer, policy):
        return Outcome.UNPARSABLE, "a number with other separators, or a list"
    # A number is asked for: most of what is none can be told at once, without a computer algebra system.
    if gold_quantity is not None:
        if _is_equal_with_other_separators(gold, answer, policy):
            return Outcome.UNPARSABLE, "a number with other separators, or a list"
        if ":" in answer and notations.is_ratio(answer) and notations.may_be_duration(answer, gold_quantity):
            return Outcome.UNPARSABLE, "a time of day, or a length of time"
        if ruled_out := _ruled_out(_bare(answer)):
            return ruled_out
    # Whatever is left is compared by its shape.
    match = compare(gold, answer, policy)
    return OUTCOMES[match], _REASONS[match]


_REASONS = {
    Match.EQUAL: "the same by exact rules",
    Match.DIFFERENT: "different by exact rules",
    Match.UNCLEAR: "cannot be compared",
    Match.OPEN: "",
}


def _without_spaces(text: str) -> str:
    return text.replace(" ", "")


def _without_loose_spaces(text: str) -> str:
    """Return a text without the spaces beside signs that make no difference."""
    return _LOOSE_SPACES.sub(r"\1", text)


def _same_with_reasons(gold: str, answer: str) -> bool:
    """Return whether both say yes, or both no, one of them with words behind it: "Yes, as 3 divides 12"."""
    wanted, stated = _YES_OR_NO.fullmatch(gold), _YES_OR_NO.fullmatch(answer)
    if wanted is None or stated is None or wanted[1].casefold() != stated[1].casefold():
        return False
    return len(gold) > len(wanted[1]) or len(answer) > len(stated[1])


def _is_said_in_brackets(gold: Quantity, answer: str, policy: AnswerPolicy) -> bool:
    """Return whether an answer says the gold value and says it again in brackets: 1/2 (0.5)."""
    outside, space, inside = answer[:-1].partition(" (")
    values = [_quantity_or_none(part.strip(), policy) for part in (outside, inside)] if space else []
    return bool(values) and all(
        value is not None and match_quantities(gold, value, policy) is Match.EQUAL for value in values
    )


def _is_equal_with_other_separators(gold: str, answer: str, policy: AnswerPolicy) -> bool:
    """Return whether an answer is the gold value where one has the separators of another country: 3,5 for 3.5."""
    if not any(mark in text for text in (gold, answer) for mark in ",.' "):
        return False
    for one, other in ((gold, in_english(answer)), (in_english(gold), answer)):
        wanted = _quantity_or_none(one, policy) if one and other else None
        stated = _quantity_or_none(other, policy) if wanted else None
        if wanted and stated and match_quantities(wanted, stated, policy) is Match.EQUAL:
            return True
    return False


def is_choice(gold: str) -> bool:
    """Return whether a gold in normal form is a choice's letter."""
    return _CHOICE_GOLD.fullmatch(gold) is not None


def names_choice(answer: str) -> bool:
    """Return whether an answer in normal form is a choice's letter, with or without the choice's text."""
    return _CHOICE_ANSWER.fullmatch(answer) is not None


def _same_by_words(gold: str, answer: str, gold_quantity: Quantity | None) -> Match | None:
    """Compare set phrases, formulas of chemistry and congruences; None where gold or answer is none of these."""
    if gold_quantity is None:
        by_phrase = same_phrase(gold, answer)
        return by_phrase if by_phrase is not None else same_by_spelling(gold, answer)
    # There are no solutions where their number is 0.
    return Match.UNCLEAR if gold_quantity.value == 0 and phrase(answer) in (Phrase.NO_SOLUTION, Phrase.NONE) else None


def _bare(answer: str) -> str:
    """Return an answer without the quantity's name that it is assigned to, the signs of which are no part of its value.

    P(X > 2) = 0.3 is a number, and not a relation; so may 1 - P(X > 2) = 0.3 be.
    """
    if "=" not in answer and r"\approx" not in answer:
        return answer
    return _ARGUMENT.sub("", without_name(answer))


def _compare_words(gold: str, answer: str, policy: AnswerPolicy) -> Outcome:
    """Compare words. An article makes no difference; words around the gold's, or another number of them, might."""
    if policy.case == "same" and gold.casefold() == answer.casefold():
        return Outcome.INCORRECT
    wanted, stated = (_ARTICLE.sub("", text.casefold()) for text in (gold, answer))
    if wanted == stated or notations.time_in_figures(wanted) == notations.time_in_figures(stated):
        return Outcome.CORRECT
    if sorted(wanted.split()) == sorted(stated.split()):
        # "red and blue" is "blue and red", unless which comes first was asked for.
        return Outcome.UNPARSABLE
    # The gold's words among others: the others decide whether it is right, and they are not understood.
    one, other = (f" {_PLURAL.sub('', words)} " for words in (wanted, stated))
    if one in other:
        return Outcome.INCORRECT if guards.is_hedged(answer) else Outcome.UNPARSABLE
    # An abbreviation: T for true, Mon for Monday.
    if stated and wanted.startswith(stated.rstrip(".")):
        return Outcome.UNPARSABLE
    # Some of the gold's words: isosceles, for an isosceles triangle.
    return Outcome.UNPARSABLE if other in one and not guards.is_hedged(gold) else Outcome.INCORRECT


def _is_explained(gold: str, answer: str) -> bool:
    """Return whether an answer begins with the gold's words and says more behind a mark: "isosceles, as AB = AC"."""
    if not answer.casefold().startswith(gold.casefold()):
        return False
    rest = answer[len(gold) :].lstrip()
    return rest[:1] in _MARKS and " " in rest[1:].strip() and not guards.is_hedged(rest)


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


def _is_doubtful(answer: str) -> bool:
    """Return whether an answer has more than mathematics in it, or more than one value."""
    return (
        guards.is_hedged(answer)
        or guards.has_prose(answer)
        or guards.is_relation(answer)
        or "," in answer
        or ";" in answer
    )


def _ruled_out(answer: str) -> Decision | None:
    """Return a decision against an answer that is no number that can be read exactly, where the gold is one.

    None where nothing can be ruled out at once.
    """
    if _OR in answer and not _is_doubtful(answer.replace(_OR, " ")):
        # One value may be said twice: 1/4 or 0.25.
        return None
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
