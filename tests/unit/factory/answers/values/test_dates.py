"""Dates: the same day however it is written, and figures that are no subtraction."""

from __future__ import annotations

import pytest

from factory.answers.values.dates import is_in_figures, same_date
from factory.answers.values.match import Match


@pytest.mark.parametrize(
    ("gold", "answer", "match"),
    [
        ("March 14", "14 March", Match.EQUAL), ("March 14", "the 14th of March", Match.EQUAL),
        ("March 14, 2024", "2024-03-14", Match.EQUAL), ("Sept. 3", "September 3rd", Match.EQUAL),
        ("October 30", "October30", Match.EQUAL), ("Monday, May 5", "May 5", Match.EQUAL),
        ("3月14日", "March 14", Match.EQUAL), ("March 14, 2024", "March 14, 2023", Match.DIFFERENT),
        ("Monday, May 5", "Tuesday, May 5", Match.DIFFERENT), ("March 14", "April 14", Match.DIFFERENT),
        ("March 14", "14", Match.UNCLEAR), ("March 14", "3/14", Match.UNCLEAR), ("March 45", "March 45", None),
        ("14", "March 14", None), ("March", "March", None),
    ],
)  # fmt: skip
def test_dates_are_compared_by_day_month_and_year(gold: str, answer: str, match: Match | None) -> None:
    assert same_date(gold, answer) is match


def test_a_date_in_figures_is_no_subtraction() -> None:
    assert is_in_figures("2024-03-14")
    assert not is_in_figures("2024-3")
    assert not is_in_figures("20240314")
