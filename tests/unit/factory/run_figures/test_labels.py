"""Label balance, first errors, confidence, sources: by hand on a few records."""

from typing import Any

import numpy as np
import pytest
from support.records import a_record, a_solution, flat

from factory.run_figures.confidence import UNKNOWN, Confidence
from factory.run_figures.first_errors import FirstErrors
from factory.run_figures.flat_rows import FlatRows
from factory.run_figures.label_balance import LabelBalance
from factory.run_figures.sources import Sources

LABELLED = a_solution([("a", 1), ("b", None), ("c", -1), ("d", -1)], "incorrect", first_error=2)


def test_labels_are_counted_by_labeller_and_by_place_from_one() -> None:
    section = LabelBalance()
    section.add(flat(a_record("q", [LABELLED, a_solution([("a", 1)], labeller="scan")])))
    figures = section.figures()
    assert [(row["labeller"], row["steps"], row["withheld"]) for row in figures["by_labeller"]] == [
        ("omegaprm", 4, 1),
        ("scan", 1, 0),
    ]
    assert figures["by_place"][0] == {"place": 1, "right": 2, "wrong": 0, "withheld": 0}
    assert [row["place"] for row in figures["by_place"]] == [1, 2, 3, 4]


def test_steps_that_no_labeller_has_looked_at_are_no_withheld_labels() -> None:
    section = LabelBalance()
    section.add(flat(a_record("q", [a_solution([("a", None)], labeller=None)])))
    assert section.figures() == {"by_labeller": [], "by_place": []}


def test_first_errors_are_counted_by_step_and_by_share_of_the_solution() -> None:
    section = FirstErrors()
    section.add(flat(a_record("q", [LABELLED])))
    figures = section.figures()
    assert figures["by_place"][-1] == {"step": 3, "first_errors": 1}
    # The middle of the third of four steps is at 2.5 / 4.
    assert [row["share"] for row in figures["by_share"] if row["first_errors"]] == ["60–70%"]


def test_what_is_known_of_a_solution_is_one_of_five_things() -> None:
    section = FirstErrors()
    steps: list[tuple[str, int | None]] = [("a", None)]
    solutions = [
        a_solution([("a", 1)]),
        LABELLED,
        a_solution(steps, "incorrect", contradicted=True),
        a_solution(steps, "incorrect"),
        a_solution(steps, "incorrect", labeller=None),
    ]
    section.add(flat(a_record("q", solutions)))
    assert {(row["answer"], row["known"]): row["solutions"] for row in section.figures()["known"]} == {
        ("right", "no error"): 1,
        ("wrong", "first error known"): 1,
        ("wrong", "contradicted"): 1,
        ("wrong", "not known"): 1,
        ("wrong", "not looked into"): 1,
    }


class Truth:
    """Evidence that knows the first error of each solution."""

    name = "people"

    def __init__(self, *first_errors: int) -> None:
        self._first_errors = first_errors

    def first_errors(self, rows: FlatRows) -> Any:
        return np.array(self._first_errors)


def test_confidence_without_later_evidence_says_nothing_of_being_right() -> None:
    section = Confidence()
    section.add(flat(a_record("q", [LABELLED])))
    figures = section.figures()
    assert figures["against"] == []
    assert figures["given"] == [{"confidence": "80%–90%", "right": 1, "wrong": 2}]
    assert figures["mean"] == pytest.approx(0.875)


def test_labels_are_judged_up_to_the_first_error_of_the_evidence_and_not_behind_it() -> None:
    section = Confidence((Truth(0),))
    section.add(flat(a_record("q", [LABELLED])))
    [against] = section.figures()["against"]
    # The first step is wrong by the evidence and was labelled right; the others are behind it.
    assert (against["labels"], against["right"], against["error"]) == (1, 0, pytest.approx(0.875))


def test_evidence_of_no_error_judges_every_label() -> None:
    section = Confidence((Truth(-1), Truth(UNKNOWN)))
    section.add(flat(a_record("q", [LABELLED])))
    [against, *_] = section.figures()["against"]
    assert (against["labels"], against["right"]) == (3, 1)


def test_opinions_are_held_against_the_label() -> None:
    def opinion(first_error: int) -> dict[str, Any]:
        return {"source": "critic", "first_error": first_error, "grade": 1, "model": None, "revision": None}

    section = Sources()
    wrong = [a_solution([("a", 1), ("b", -1)], "incorrect", opinions=[opinion(said)]) for said in (1, 0, -1)]
    right = a_solution([("a", 1), ("b", 1)], opinions=[opinion(1)])
    unknown = a_solution([("a", None)], "incorrect", opinions=[opinion(0)])
    section.add(flat(a_record("q", [*wrong, right, unknown])))
    [row] = section.figures()["rows"]
    assert row == {
        **{"source": "critic", "opinions": 5, "labelled": 4},
        **{"same": 1, "early": 1, "late": 0, "missed": 1, "false_alarms": 1},
    }


def test_nobody_asked_is_no_row() -> None:
    section = Sources()
    section.add(flat(a_record("q", [LABELLED])))
    assert section.figures() == {"rows": []}
