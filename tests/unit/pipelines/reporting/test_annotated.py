"""Annotations of people in a report: of which run each is, and those that are none."""

from pathlib import Path
from typing import Any

import pytest
from support.records import a_record, a_solution
from support.validation import committed

from factory.annotations.annotation import Annotation
from factory.annotations.kept import keep
from pipelines.reporting.figures import figures_of

RIGHT = a_solution([("3 + 4 = 7", 1)])


def test_what_people_said_of_labels_judges_them_by_how_sure_they_were(tmp_path: Path) -> None:
    committed(tmp_path, "a", [a_record("q", [RIGHT])])

    def said(step: int, label: int, person: str = "Ada", run_confidence: float | None = 0.95) -> Annotation:
        ids = {"question_id": "q", "solution_id": "s", "step": step, "note": "", "person": person}
        return Annotation(
            **ids, label=label, run_label=1, run_confidence=run_confidence, at=f"2026-01-02T03:04:0{step}Z"
        )

    for annotation in (said(0, 1), said(1, -1), said(2, 0), said(3, 1, run_confidence=None)):
        keep(tmp_path, annotation)
    [against] = figures_of(str(tmp_path))["confidence"]["against"]
    assert against["evidence"] == "people's annotations"
    # Nobody can tell of the third step, and nobody knows how sure the label of the fourth was.
    assert (against["labels"], against["right"]) == (2, 1)
    assert against["error"] == pytest.approx(0.45)
    assert against["said"].startswith("people agree with")


def test_annotations_of_a_folder_of_runs_lie_in_it_or_in_them(tmp_path: Path) -> None:
    ids: dict[str, Any] = {
        "question_id": "q",
        "solution_id": "s",
        "label": 1,
        "run_label": 1,
        "run_confidence": 0.9,
        "note": "",
    }
    committed(tmp_path / "round_0/sampling", "a", [a_record("q", [RIGHT])])
    for step, where in enumerate((tmp_path, tmp_path / "round_0/sampling")):
        keep(where, Annotation(**ids, step=step, person="Ada", at=f"2026-01-02T03:04:0{step}Z"))
    [against] = figures_of(str(tmp_path))["confidence"]["against"]
    assert against["labels"] == 2


def test_annotations_of_the_same_solution_in_two_rounds_are_of_two_labels(tmp_path: Path) -> None:
    ids: dict[str, Any] = {"question_id": "q", "solution_id": "s", "step": 0, "note": "", "person": "Ada"}
    for number, run_label in enumerate((1, -1)):
        where = tmp_path / f"round_{number}/sample"
        committed(where, "a", [a_record("q", [RIGHT])])
        at = f"2026-01-02T03:04:0{number}Z"
        keep(where, Annotation(**ids, label=1, run_label=run_label, run_confidence=0.9, at=at))
    [against] = figures_of(str(tmp_path))["confidence"]["against"]
    assert against["labels"] == 2
    assert "1 of 2 labels" in against["said"]


def test_a_broken_annotation_is_left_out_and_named(tmp_path: Path) -> None:
    committed(tmp_path, "a", [a_record("q", [RIGHT])])
    name = "annotations/20260101T000000000000-0123456789ab.json"
    (tmp_path / "annotations").mkdir()
    (tmp_path / name).write_text("{")
    [notice] = figures_of(str(tmp_path))["read"]["notices"]
    assert name in notice
