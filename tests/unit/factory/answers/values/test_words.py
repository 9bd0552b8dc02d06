"""Values in words and the words behind a number: what they are worth, which are no unit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from factory.answers.values.scales import is_doubtful, scaled
from factory.answers.values.unit_words import is_certain, unit_name
from factory.answers.values.words import value_in_words, words_of


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("half", "1/2", ""), ("a third", "1/3", ""), ("three-quarters", "3/4", ""), ("a dozen eggs", "12", "eggs"),
        ("two and a half million dollars", "2500000", "dollars"), ("half an hour", "1/2", "hour"),
        ("three quarters of an hour", "3/4", "hour"), ("an hour and a half", "3/2", "hour"),
        ("twenty-five hundredths", "1/4", ""), ("five point oh two", None, ""), ("five point zero two", "5.02", ""),
        ("nineteen hundred", "1900", ""), ("three over four", "3/4", ""), ("one hundred thousandths", None, ""),
        ("seven eight", None, ""), ("third", None, ""), ("two third", None, ""), ("a hyperbola", None, ""),
        ("five lakh", "500000", ""), ("two and five", None, ""), ("three over zero", None, ""),
    ],
)  # fmt: skip
def test_words_are_read_as_the_value_that_they_name(text: str, value: str | None, rest: str) -> None:
    known = value_in_words(text)
    assert (known and (known.value, " ".join(known.words))) == (value and (Fraction(value), rest))


@pytest.mark.parametrize(
    ("words", "value", "rest"),
    [
        ("lakh rupees", 500000, "rupees"), ("fifteenths", Fraction(1, 3), ""), ("fourth", None, ""),
        ("and a half hours", Fraction(11, 2), "hours"), ("and 7", None, ""), ("apples", 5, "apples"),
        ("dozen of the eggs", 60, "eggs"), ("hours and a quarter", Fraction(21, 4), "hours"),
    ],
)  # fmt: skip
def test_words_behind_a_five_scale_it(words: str, value: Fraction | None, rest: str) -> None:
    number = scaled(Fraction(5), words_of(words))
    assert (number and (number.value, " ".join(number.words))) == (None if value is None else (value, rest))


@pytest.mark.parametrize("word", ["fifteenths", "score", "millones", "nth", "gazillion", "Mille", "twenty-firsts"])
def test_words_that_may_scale_a_number_are_no_units(word: str) -> None:
    assert is_doubtful(word.lower())
    assert unit_name(word) is None


@pytest.mark.parametrize("word", ["months", "cloths", "teeth", "miles", "seconds", "north"])
def test_words_that_only_look_like_them_are(word: str) -> None:
    assert unit_name(word) is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("square feet", "square feet"), ("squarefeet", "square feet"), ("sit-ups", "sit-up"), ("degrees C", "celsius"),
        ("pct.", "%"), ("apples in total", "apple"), ("in^2", "in ^2"), ("feet tall", "feet"), ("us dollars", "dollar"),
        ("squared", None), ("or more", None), ("twelfths", None), ("x", None), ("square", None), ("half-dozen", None),
    ],
)  # fmt: skip
def test_words_name_a_unit_or_none(text: str, name: str | None) -> None:
    assert unit_name(text) == name


def test_a_single_unknown_word_is_in_doubt() -> None:
    assert is_certain("apples")
    assert is_certain("any text")
    assert is_certain("people")
    assert is_certain("cm")
    assert not is_certain("blorp")
