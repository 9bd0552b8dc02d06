"""Labels against people's: F1 by hand, what alarms are worth, how far promises hold."""

from __future__ import annotations

import pytest

from factory.evaluation.label_scores import LabelScores, Said, kind_of


def scores(*pairs: tuple[int, int | None]) -> LabelScores:
    """Return the scores of (truth, said) pairs."""
    counted = LabelScores()
    for truth, said in pairs:
        counted.add(truth, Said(first_error=said))
    return counted


@pytest.mark.parametrize(
    ("truth", "said", "kind"),
    [
        (2, 2, "exact"),
        (2, 1, "early"),
        (2, 3, "late"),
        (2, -1, "missed"),
        (2, None, "unsaid"),
        (-1, -1, "agreed"),
        (-1, 0, "alarmed"),
        (-1, None, "unsaid"),
    ],
)
def test_what_is_said_is_of_one_kind(truth: int, said: int | None, kind: str) -> None:
    assert kind_of(truth, said) == kind


def test_f1_is_the_harmonic_mean_over_both_kinds_of_solutions() -> None:
    figures = scores((1, 1), (1, 0), (1, 2), (1, -1), (-1, -1), (-1, -1), (-1, 0)).figures()
    assert figures["accuracy_erroneous"] == pytest.approx(1 / 4)
    assert figures["accuracy_correct"] == pytest.approx(2 / 3)
    assert figures["f1"] == pytest.approx(2 * (1 / 4) * (2 / 3) / (1 / 4 + 2 / 3))


def test_a_source_that_says_nothing_is_wrong_there_but_not_among_those_that_it_speaks_of() -> None:
    figures = scores((1, 1), (1, None), (-1, -1), (-1, None)).figures()
    assert (figures["said"], figures["f1"], figures["f1_said"]) == (2, pytest.approx(0.5), pytest.approx(1.0))


def test_a_late_alarm_is_in_a_wrong_solution_but_not_exact() -> None:
    alarms = scores((1, 1), (1, 3), (2, 0), (-1, 0), (-1, -1)).figures()["alarms"]
    assert alarms == {"number": 4, "exact": 0.25, "at_or_behind": 0.5, "erroneous": 0.75, "false": 0.5}


def test_steps_count_up_to_the_first_error_and_withheld_labels_are_no_mistakes() -> None:
    counted = LabelScores()
    counted.add(1, Said(first_error=None, labels=[1, -1, 1, 1]))
    counted.add(-1, Said(first_error=None, labels=[-1, None, 1]))
    steps = counted.figures()["steps"]
    assert (steps["right"], steps["wrong"], steps["labelled"]) == (4, 1, 4)
    assert (steps["accuracy"], steps["accuracy_right"], steps["accuracy_wrong"]) == (3 / 4, 2 / 3, 1.0)


def test_the_calibration_curve_holds_promises_against_what_came() -> None:
    counted = LabelScores()
    counted.add(-1, Said(first_error=-1, chance=0.92, labels=[1, 1], confidences=[0.94, 0.98]))
    counted.add(0, Said(first_error=-1, chance=0.94, labels=[1, -1], confidences=[0.92, 0.99]))
    curves = counted.figures()["calibration"]
    assert curves["first_errors"] == [
        {"sure": "0.9 to 0.95", "labels": 2, "promised": pytest.approx(0.93), "right": 0.5}
    ]
    assert [(point["sure"], point["labels"], point["right"]) for point in curves["steps"]] == [
        ("0.9 to 0.95", 2, 0.5),
        ("0.97 to 0.99", 1, 1.0),
    ]


def test_opinions_are_as_right_as_their_grade() -> None:
    counted = LabelScores()
    for truth, said, grade in ((1, 1, 3), (1, 0, 3), (-1, -1, 1), (1, None, 1)):
        counted.add(truth, Said(first_error=said, grade=grade))
    curve = counted.figures()["calibration"]["first_errors"]
    assert [(point["sure"], point["labels"], point["right"]) for point in curve] == [
        ("grade 1", 1, 1.0),
        ("grade 3", 2, 0.5),
    ]


def test_nothing_is_said_of_nothing() -> None:
    figures = LabelScores().figures()
    assert (figures["f1"], figures["f1_error"], figures["steps"], figures["calibration"]) == (0.0, None, None, {})
