"""Quantities: how amounts of money, of other languages, in several units and in brackets are read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from factory.answers.values.angles import degrees_and_minutes
from factory.answers.values.counters import counted, spelled_out
from factory.answers.values.money import amount_of_money
from factory.answers.values.quantity import quantity
from factory.answers.values.rounding import is_rounded, is_same_double, significant_digits
from factory.answers.values.units import unit


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        ("5 km", "5", "km"), ("$2.50", "5/2", "$"), ("-₹500", "-500", "₹"), ("Rs. 5 lakh", "500000", "rs"),
        ("US$5 million", "5000000", "us$"), ("$5k", "5000", "$"), ("$5 per hour", "5", "$ per hour"),
        ("₹1,50,000", "150000", "₹"), ("250 (g)", "250", "g"), ("12(个)", "12", "个"),
        ("36平方厘米", "36", "square cm"),
        ("3.5万円", "35000", "yen"), ("3千克", "3", "kg"), ("2小时30分", "150", "minute"), ("2h 30m", "150", "min"),
        ("22 degrees 30'", "45/2", "degree"), ("25 degrees C", "25", "celsius"),
        ("two and a half hours", "5/2", "hour"),
    ],
)  # fmt: skip
def test_an_amount_is_read_with_its_unit(text: str, value: str, name: str) -> None:
    known = quantity(text)
    assert known is not None
    assert (known.value, known.unit) == (Fraction(value), name)


@pytest.mark.parametrize(
    "text",
    [
        "5 M",
        "9 (or 10)",
        "9 (x)",
        "12折",
        "12个半",
        "1,50,000",
        "$5 apples",
        "5 score",
        "21st",
        "12 r 3",
        "22 degrees 75'",
    ],
)
def test_what_may_be_another_amount_is_none(text: str) -> None:
    assert quantity(text) is None


def test_the_value_without_its_scale_is_kept() -> None:
    known = quantity("5 million")
    assert known is not None
    assert (known.value, known.unscaled) == (5_000_000, 5)


def test_a_single_unknown_word_makes_an_amount_uncertain() -> None:
    for text, uncertain in (
        ("5 blorp", True),
        ("5 apples", False),
        ("1 blorp", False),
        ("5(m)", True),
        ("5 (m)", False),
    ):
        known = quantity(text)
        assert known is not None
        assert known.uncertain is uncertain


def test_counters_of_other_languages_are_read_with_their_scale() -> None:
    assert counted("12個") == ("12", 1, "個")
    assert counted("3千") == ("3", 1000, "")
    assert counted("5米/秒") == ("5", 1, "m / second")
    assert counted("12分之一") is None
    assert spelled_out("5元5角") == "5 yuan 5 jiao"
    assert spelled_out("5元") == ""


def test_money_is_taken_apart() -> None:
    assert amount_of_money("-$5M") == ("-5", "$", 6)
    assert amount_of_money("Rs 500/-") == ("500", "rs", 0)
    assert amount_of_money("5 dollars") is None


def test_angles_with_minutes_are_in_degrees() -> None:
    assert degrees_and_minutes("-1 degrees 30' 36''") == -Fraction(151, 100)
    assert degrees_and_minutes("1 degrees 60'") is None
    assert degrees_and_minutes("30'") is None


def test_units_are_multiplied_out_and_things_stand_beside_them() -> None:
    assert unit("km / h").dimensions == (("length", 1), ("time", -1))
    assert unit("cup of flour").of == "flour"
    assert unit("duck egg").dimensions == (("egg", 1),)
    assert unit("slice of pizza").dimensions == (("slice", 1),)
    assert unit("pound").dimensions != unit("£").dimensions


def test_a_decimal_is_the_rounded_form_of_a_value_that_has_no_finite_decimals() -> None:
    third = Fraction(100, 3)
    assert is_rounded("33.33", third, 3)
    assert not is_rounded("33.34", third, 3)
    assert not is_rounded("33.3", third, 4)
    assert not is_rounded("33.33", third, 0)
    assert not is_rounded("66.66", 2 * third, 3)
    assert is_rounded("66.66", 2 * third, 3, cut=True)
    assert not is_rounded("0.25", Fraction(1, 4), 1)
    assert significant_digits("-0.0120") == 3
    assert significant_digits("12") == 0


def test_doubles_printed_to_more_and_fewer_digits_are_the_same() -> None:
    assert is_same_double("0.333333333333333", "0.3333333333333333")
    assert not is_same_double("0.333333333333333", "0.33333333333333")
    assert not is_same_double("123456789012345.1", "123456789012345.2")
