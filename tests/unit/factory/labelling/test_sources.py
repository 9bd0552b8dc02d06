"""Opinions that are made of scores, equations and votes."""

from __future__ import annotations

import pytest

from factory.labelling.opinions import NONE, Opinion
from factory.labelling.sources import EQUATIONS, of_equations, of_scores, of_votes


def test_the_first_wrong_equation_is_where_the_error_is() -> None:
    said = of_equations(["We add: 2 + 3 = 5.", "Then 5 * 4 = 21.", "So 21 - 1 = 22."])
    assert said is not None
    assert (said.source, said.first_error) == (EQUATIONS, 1)


def test_right_equations_say_that_there_is_no_error_the_more_of_them_the_surer() -> None:
    few, many = (of_equations(["So 2 + 3 = 5."] * number) for number in (1, 9))
    assert few is not None
    assert many is not None
    assert (few.first_error, many.first_error) == (NONE, NONE)
    assert few.grade < many.grade


def test_text_without_equations_has_no_opinion() -> None:
    assert of_equations(["We add them.", "x = 3"]) is None


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.99, 0.98, 0.97], Opinion("prm", NONE, 4)),
        ([0.97, 0.05, 0.9], Opinion("prm", 1, 3)),
        ([0.9, 0.5, 0.45], Opinion("prm", NONE, 1)),
        ([0.3], Opinion("prm", 0, 2)),
        ([2.0, -1.0], Opinion("prm", 1, 4)),
    ],
)
def test_scores_say_where_they_fall_most_and_how_far(scores: list[float], expected: Opinion) -> None:
    assert of_scores("prm", scores) == expected


def test_no_scores_and_no_votes_are_no_opinion() -> None:
    assert of_scores("prm", []) is None
    assert of_votes("critic", []) is None


def test_votes_say_what_most_of_them_say_the_first_of_those_and_are_kept() -> None:
    assert of_votes("critic", [1, 2, 2]) == Opinion("critic", 2, votes=(1, 2, 2))
    assert of_votes("critic", [1, NONE]) == Opinion("critic", 1, votes=(1, NONE))
