"""Numbers within a tolerance, by exact arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.checkers.number import Config, settle
from factory.config import fill
from factory.errors import BadInput
from factory.types import Question


def outcome(gold: str, answer: str, **settings: Any) -> str:
    return str(settle(Question(text="", gold=gold), rf"\boxed{{{answer}}}", Config(**settings)).outcome)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("0.5", r"\frac12"),
        ("1,234.50", "1234.5"),
        ("18", "18 dollars"),
        ("5 km", "5000 m"),
        ("50%", "0.5"),
        ("7", "7.0"),
    ],
)
def test_without_a_tolerance_equal_values_are_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [("0.3", "0.30000000000000001"), ("33.3", r"\frac{100}{3}"), ("5 m", "5 km"), ("10", "11%"), ("7", "7 or 8")],
)
def test_without_a_tolerance_other_values_are_incorrect(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "incorrect"


def test_a_percentage_of_the_golds_number_is_unparsable_as_golds_often_lack_the_sign() -> None:
    assert outcome("10", "10%") == "unparsable"


@pytest.mark.parametrize(
    ("gold", "settings", "right", "wrong"),
    [
        ("100", {"absolute": "0.5"}, ["99.5", "100.5", "100"], ["99.4999", "100.500000000000000001", "-100"]),
        ("200", {"relative": "0.01"}, ["198", "202"], ["197.9", "202.1"]),
        ("-200", {"relative": "1e-2"}, ["-198"], ["-197.9", "198"]),
        ("0", {"relative": "0.5"}, ["0"], ["0.0001"]),
        ("0", {"absolute": "0.01"}, ["0.01", "-0.01"], ["0.011"]),
        ("100", {"absolute": "2", "relative": "0.01"}, ["98"], ["97.9"]),
        ("5 km", {"absolute": "0.1"}, ["5100 m", "4.9", "4.9 km"], ["5101 m", "5100 seconds", "4 km"]),
        ("50%", {"absolute": "1"}, ["51", "0.51", "51%"], ["0.52", "1.5", "5100%"]),
        ("0.5", {"absolute": "0.01"}, ["51%"], ["50", "0.6%"]),
    ],
)  # fmt: skip
def test_a_tolerance_is_inclusive_exact_and_in_the_golds_unit(
    gold: str, settings: dict[str, str], right: list[str], wrong: list[str]
) -> None:
    assert [outcome(gold, answer, **settings) for answer in right] == ["correct"] * len(right)
    assert [outcome(gold, answer, **settings) for answer in wrong] == ["incorrect"] * len(wrong)


@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [
        ("33.3", [r"\frac{100}{3}", "33.33", "33.25", "33.35", "33.3"], ["33", "33.36", "33.2499", "34"]),
        ("18", ["18", "18.0"], ["18.2", "17.9"]),
        ("18.0", ["18.04"], ["18.1"]),
        ("0.00", ["0.004", "-0.004"], ["0.006"]),
        ("1.5 million", ["1,540,000"], ["1,560,000"]),
        ("2.50e3", ["2504"], ["2506"]),
        (r"2.5 \times 10^3", ["2540"], ["2560"]),
        ("$12.50", ["12.504"], ["12.51", "12.6"]),
        ("12.5 cm", ["12.54 cm", "125.4 mm"], ["12.56 cm"]),
        ("33.3%", [r"\frac13", "33.33"], ["0.34"]),
        ("1.5/7", [r"\frac{3}{14}"], ["0.21"]),
        (r"0.1\overline{6}", [r"\frac16"], ["0.17"]),
        ("0.5 * 100", ["50"], ["51"]),
    ],
)
def test_a_gold_with_decimals_is_met_by_what_rounds_to_it_on_request(
    gold: str, right: list[str], wrong: list[str]
) -> None:
    assert [outcome(gold, answer, decimals="round") for answer in right] == ["correct"] * len(right)
    assert [outcome(gold, answer, decimals="round") for answer in wrong] == ["incorrect"] * len(wrong)


def test_a_bare_number_that_may_or_may_not_mean_percents_is_unparsable() -> None:
    assert outcome("0.5%", "0.5") == outcome("0.5%", "0.51", absolute="0.01") == "unparsable"
    assert outcome("0.5%", "0.005") == outcome("0.5%", "0.5%") == "correct"


@pytest.mark.parametrize("answer", ["nan", "inf", r"\infty", r"\pi", "10^{10^{10}}", "a lot", "1.2.3", "9" * 1001])
def test_what_is_no_rational_number_is_never_correct(answer: str) -> None:
    assert outcome("3.14", answer, relative="0.99", absolute="1e300") == "unparsable"


@pytest.mark.parametrize("gold", ["", "nan", "inf", r"\pi", "Paris"])
def test_a_gold_that_is_no_rational_number_is_an_error(gold: str) -> None:
    assert outcome(gold, gold or "1", absolute="1") == "error"


@pytest.mark.parametrize(
    "settings",
    [{"absolute": value} for value in ("-1", "nan", "inf", "a", "", "1/2", "1e9999")]
    + [{"relative": "1"}, {"relative": "5"}, {"decimals": "floor"}],
)
def test_a_tolerance_that_cannot_be_is_bad_input(settings: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=next(iter(settings))):
        fill(Config, settings, "checker")


def test_a_tolerance_from_a_config_file_is_taken_as_it_is_written() -> None:
    assert fill(Config, {"absolute": 0.1, "relative": 1e-6}, "checker") == Config(absolute="0.1", relative="1e-06")


decimals = st.decimals(min_value=-1000, max_value=1000, places=3)


@given(gold=decimals, answer=decimals, absolute=st.decimals(min_value=0, max_value=1000, places=3))
def test_the_verdict_is_the_distance_against_the_tolerance(gold: Decimal, answer: Decimal, absolute: Decimal) -> None:
    within = abs(Fraction(gold) - Fraction(answer)) <= Fraction(absolute)
    assert (outcome(f"{gold:f}", f"{answer:f}", absolute=f"{absolute:f}") == "correct") == within


@given(text=st.one_of(st.text(), st.text("0123456789.,%$-+/*^!(){}\\ e")))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert outcome("5", text) in ("correct", "incorrect", "unparsable")
