"""Units as letters and strokes, counters with the thing that is counted, and numbers with other separators."""

from __future__ import annotations

import pytest
from support.checking.answers import outcome, pairs

# Gold -> answers.
SAME = {
    "5 newtons": ["5N", "5 N"], "2.5 hours": ["2.5h", "2.5 h"], "3 m": ["3m"], "0.5 km": ["500m"],
    "3 L": ["3L", "3000 cm^3", "3 dm^3", "3000 cc"], "2 hectares": ["20000 m^2"], "40 kg": ["40 kgs"],
    "12 cm": ["12 cms"], r"1^\circ": ["60'", "3600''"], r"1^\circ 30'": ["90'"], "6 feet": ["6'", "72''", '72"'],
    "32°": ["32º"], "60 mph": ["60 miles an hour"], "80 minutes": ["1h20"], "noon": ["midday"], "12个": ["12个苹果"],
    "12": ["12个苹果", "12名学生", "12只鸡", "12 本书", "12个不同的数", "12种不同的方法", "12個のりんご",
        "12枚のコイン", "12개의 사과", "12명의 학생", "12棵树", "12个多边形", "12个三角形", "12个约数", "12户人家"],
    "17": ["17 in total", "17 in all", "17 per person", "17 cans of paint", "17 mpg", "17 apiece",
        "17 kWh", "17 math books", "17 bird families", "17 butterflies",
        "17 war supplies", "17 grandchildren", "17 goldfish", "17 rows with chairs"],
    "7": ["7 days a week", "<<3+4=7>>7", "<u>7</u>.", "<b>7</b> apples"], "70": ["70.000"],
}  # fmt: skip
OTHER = {
    "3 L": ["300 cm^3", "3 m^3", "3g"], r"1^\circ": ["61'", "60''"], "6 feet": ["6''", "60'"], "2 h": ["3h"],
    "90 minutes": ["1:31"], "2": ["2x", "2n"], "1500": ["1.500", "1.5"], "70": ["70,000"], "3.5": ["3,500"],
    "12个苹果": ["11个苹果"], "42": ["<b>4</b>2", "4<<4=4>>2"],
}  # fmt: skip
UNCLEAR = {
    "2": ["2m", "2 N", "2h", "2'"], "2.5 hours": ["2:30"], "90 seconds": ["1:30"], "20°C": ["293.15 K"],
    "1 hour and 20 minutes": ["1:20"], "5 minutes": ["5m"],
    "1500": ["1.500 €", "€1.500", "1.500,00 €", "1 500,00", "1500,-"], "1.500 €": ["1500"], "1234567": ["1.234.567"],
    "3,75": ["3.75"], "12个苹果": ["12个梨"],
}  # fmt: skip
NEVER = {
    "12": ["12个以上", "12个左右的人", "12个半", "12个百分点", "12次方", "12位数", "12個未満", "12回目", "12分の一",
        "12个亿", "12個の半分", "12개의 절반", "12个一半", "12个苹果以上",
        "12ダース", "12人足らず", "12个多", "12个不到"],
    "70": ["70.000,00"], "7": ["7 too many", "7 too few", "7 paires", "7 Paar"], "6 feet": ["6 m"],
}  # fmt: skip


@pytest.mark.parametrize(("gold", "answer"), pairs(SAME))
def test_units_that_name_the_same_amount_are_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(OTHER))
def test_another_amount_or_unit_is_incorrect(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "incorrect"


@pytest.mark.parametrize(("gold", "answer"), pairs(UNCLEAR))
def test_a_letter_or_a_separator_that_may_mean_two_things_is_unparsable(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "unparsable"


@pytest.mark.parametrize(("gold", "answer"), pairs(NEVER))
def test_a_counter_that_goes_on_as_another_word_is_never_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) != "correct"
