"""Exports of what people said of step labels, which lies beside the runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.seeing.viewed_run import a_problem, write_object

from factory.annotations.annotation import Annotation
from factory.annotations.kept import keep
from factory.errors import BadInput
from pipelines.export.export import ExportOptions, export

RECORD = a_problem(3)
WRONG = RECORD["solutions"][1]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two questions that nobody has annotated."""
    write_object(tmp_path / "run", [RECORD, a_problem(4)])
    return tmp_path / "run"


def said(step: int, label: int | None, at: str = "2026-11-30T10:00:00+00:00", **fields: Any) -> Annotation:
    """Return what Ann says of a step of the wrong solution."""
    ids = {"question_id": RECORD["question_id"], "solution_id": WRONG["solution_id"]}
    told = {"run_label": WRONG["steps"][step % 4]["label"], "run_confidence": 0.5, "note": "", "person": "Ann"}
    return Annotation(**{**ids, **told, "step": step, "label": label, "at": at, **fields})


def exported(run: Path, out: Path) -> list[dict[str, Any]]:
    """Return the rows of an export."""
    done = export([run], out, ExportOptions(formats=("annotations",)))
    return [row for file in done.files("annotations") for row in pq.read_table(file).to_pylist()]


def test_what_counts_is_exported_beside_the_label_of_the_run(run: Path, tmp_path: Path) -> None:
    for one in (
        said(1, 1),
        said(1, -1, "2026-11-30T11:00:00+00:00"),
        said(2, 1, note="6 * 7\n= 42"),
        said(3, 0),
        said(77, 1),
    ):
        keep(run, one)
    keep(run, said(0, -1, person="Bob"))
    keep(run, said(0, None, "2026-11-30T12:00:00+00:00", person="Bob"))
    rows = exported(run, tmp_path / "out")
    assert [(row["step"], row["label"], row["run_label"], row["agrees"], row["note"]) for row in rows] == [
        (1, -1, -1, True, ""),
        (2, 1, -1, False, "6 * 7\n= 42"),
        (3, 0, -1, None, ""),
    ]
    assert rows[0]["steps"] == [step["text"] for step in WRONG["steps"]]
    assert {row["question_id"] for row in rows} == {RECORD["question_id"]}


def test_new_annotations_make_another_export(run: Path, tmp_path: Path) -> None:
    keep(run, said(1, 1))
    assert len(exported(run, tmp_path / "out")) == 1
    assert len(exported(run, tmp_path / "out")) == 1
    keep(run, said(2, 1))
    with pytest.raises(BadInput, match="holds another export"):
        exported(run, tmp_path / "out")
    assert len(exported(run, tmp_path / "out2")) == 2


def test_a_run_that_nobody_has_annotated_is_one_sentence(run: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nobody has annotated .*--annotate"):
        exported(run, tmp_path / "out")


def test_annotations_of_a_folder_of_rounds_lie_in_the_folder(tmp_path: Path) -> None:
    write_object(tmp_path / "star" / "round_0" / "sample", [RECORD])
    keep(tmp_path / "star", said(1, -1))
    keep(tmp_path / "star" / "round_0" / "sample", replace(said(2, -1), person="Bob"))
    assert [row["person"] for row in exported(tmp_path / "star", tmp_path / "out")] == ["Ann", "Bob"]
