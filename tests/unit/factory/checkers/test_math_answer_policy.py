"""Policy of `math_answer`: each field switches the case it names, in `settle` and in the slow path."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import pytest

from factory.answers.policy import AnswerPolicy, allowed_values
from factory.checkers.math_answer import NAME_VERSION, Config, check
from factory.config import fill
from factory.errors import BadInput
from factory.types import Question

RIGHT, WRONG, UNCLEAR = "correct", "incorrect", "unparsable"

# (field, gold, answer, outcome by default, another value of the field, outcome then)
CASES: list[tuple[str, str, str, str, Any, str]] = [
    ("percent_sign_missing", r"198\%", "198", RIGHT, "fraction", WRONG),
    ("percent_sign_missing", r"198\%", "1.98", RIGHT, "number", WRONG),
    ("percent_sign_missing", r"198\%", "198", RIGHT, "reject", WRONG),
    ("percent_sign_missing", r"0.5\%", "0.5", UNCLEAR, "number", RIGHT),
    ("percent_sign_extra", "10", r"10\%", UNCLEAR, "number", RIGHT),
    ("percent_sign_extra", "0.1", r"10\%", RIGHT, "reject", WRONG),
    ("rounded_answer_digits", r"\frac{1}{3}", "0.333", WRONG, 3, RIGHT),
    ("rounded_answer_digits", r"\frac{1}{12}", "0.0833333333333333", RIGHT, 0, WRONG),
    ("rounded_irrational_digits", r"\pi", "3.14159265358979", WRONG, 15, RIGHT),
    ("rounded_irrational_digits", r"\pi", "3.14", WRONG, 3, RIGHT),
    ("rounded_gold_digits", "33.3", r"\frac{100}{3}", RIGHT, 0, WRONG),
    ("rounded_gold_digits", "1.414", r"\sqrt{2}", RIGHT, 0, WRONG),
    ("rounded_gold_digits", "1.41", r"\sqrt{2}", UNCLEAR, 2, RIGHT),
    ("rounded_gold_digits", "3.14", r"\pi", UNCLEAR, 4, WRONG),
    ("rounded_gold_digits", "0.3", r"\frac{1}{3}", WRONG, 1, RIGHT),
    ("unreduced_fraction", r"\frac{1}{2}", r"\frac{2}{4}", RIGHT, "reject", WRONG),
    ("unevaluated", "4", "2+2", RIGHT, "none", UNCLEAR),
    ("unevaluated", "3", r"\sqrt{9}", RIGHT, "none", UNCLEAR),
    ("unevaluated", "6", r"\int_0^6 dx", UNCLEAR, "any", RIGHT),
    ("decimal_comma", "1234.5", "1.234,5", UNCLEAR, "accept", RIGHT),
    ("decimal_comma", "1234.5", "1.234,6", WRONG, "accept", WRONG),
    ("number_words", "7", "seven", RIGHT, "reject", WRONG),
    ("approximate_sign", "5", r"\approx 5", RIGHT, "reject", WRONG),
    ("approximate_sign", r"\sqrt{2}", r"\sqrt{2} \approx 1.414", RIGHT, "reject", UNCLEAR),
    ("unit_missing", r"5\text{ cm}", "5", RIGHT, "reject", WRONG),
    ("unit_missing", r"\pi\text{ cm}", r"\pi", RIGHT, "reject", WRONG),
    ("unit_extra", "5", "5 cm", RIGHT, "reject", WRONG),
    ("unit_mismatch", r"5\text{ cm}", r"5\text{ cm}^2", WRONG, "ignore", RIGHT),
    ("unit_mismatch", "1 hour", "60 minutes", RIGHT, "reject", WRONG),
    ("degrees_as_radians", r"90^\circ", r"\frac{\pi}{2}", RIGHT, "reject", WRONG),
    ("degrees_as_radians", r"\frac{3\pi}{4}", r"135^\circ", RIGHT, "reject", WRONG),
    ("base_missing", "101_2", "101", UNCLEAR, "accept", RIGHT),
    ("ratio_as_fraction", "11:21", r"\frac{11}{21}", RIGHT, "reject", WRONG),
    ("list_order", "10, 4, -2", "4, 10, -2", RIGHT, "same", WRONG),
    ("set_for_list", "1, 2", r"\{2, 1\}", RIGHT, "reject", WRONG),
    ("set_for_tuple", "(1,3)", r"\{1,3\}", WRONG, "accept", RIGHT),
    ("singleton_set", "5", r"\{5\}", RIGHT, "reject", WRONG),
    ("interval_as_inequality", "(0,12.5)", "0<x<12.5", RIGHT, "reject", WRONG),
    ("variable_name", "x=5", "y=5", RIGHT, "same", WRONG),
    ("variable_name", r"x=\sqrt{2}", r"y=\sqrt{2}", RIGHT, "same", WRONG),
    ("case", r"\text{Evelyn}", "evelyn", RIGHT, "same", WRONG),
    ("case", "B", "(b)", RIGHT, "same", WRONG),
]  # fmt: skip


def outcome(gold: str, answer: str, **policy: Any) -> str:
    config = Config(policy=AnswerPolicy(**policy))
    return str(check(Question(text="", gold=gold), rf"\boxed{{{answer}}}", config).outcome)


@pytest.mark.parametrize(("field", "gold", "answer", "by_default", "other", "then"), CASES)
def test_the_field_decides_its_case(field: str, gold: str, answer: str, by_default: str, other: Any, then: str) -> None:
    assert outcome(gold, answer) == by_default
    assert outcome(gold, answer, **{field: other}) == then


def test_every_field_is_tested_and_explained() -> None:
    elsewhere = {"cut_off_box"}  # test_cut_off_boxes.py
    assert {case[0] for case in CASES} | elsewhere == {field.name for field in fields(AnswerPolicy)}
    assert all(f"`{name}`:" in (AnswerPolicy.__doc__ or "") for name in allowed_values())


@pytest.mark.parametrize("field", [field.name for field in fields(AnswerPolicy)])
def test_no_setting_makes_a_wrong_value_right(field: str) -> None:
    for value in allowed_values()[field] or (0, 1, 40):
        for gold, answer in (("5", "6"), (r"\sqrt{2}", r"\sqrt{3}"), ("1, 2", "1, 3"), ("(1,2)", "(1,3)"), ("B", "C")):
            assert outcome(gold, answer, **{field: value}) != RIGHT


@pytest.mark.parametrize("wrong", [{"case": "loose"}, {"rounded_answer_digits": -1}, {"rounded_gold_digits": True}])
def test_a_value_that_is_none_of_the_allowed_is_an_error_of_one_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"policy.{next(iter(wrong))} is .* Expected") as caught:
        AnswerPolicy(**wrong)
    assert "\n" not in str(caught.value)


def test_the_policy_is_a_nested_section_of_the_config() -> None:
    config = fill(Config, {"policy": {"case": "same", "rounded_answer_digits": 3}}, "checker")
    assert config == Config(policy=AnswerPolicy(case="same", rounded_answer_digits=3))
    assert fill(Config, asdict(config), "checker") == config
    with pytest.raises(BadInput, match=r"checker\.policy\.case"):
        fill(Config, {"policy": {"case": "loose"}}, "checker")


def test_the_version_changed_with_the_verdicts() -> None:
    assert NAME_VERSION == "math_answer/3"
