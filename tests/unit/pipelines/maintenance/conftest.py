"""Fixtures of the tests of `factory validate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.validation import Row, labelled, run_of

from pipelines.maintenance import import_labels
from pipelines.maintenance.import_labels import import_file


@pytest.fixture
def rows() -> list[Row]:
    return labelled("scan", n=4)


@pytest.fixture
def folder(tmp_path: Path, rows: list[Row]) -> Path:
    run_of(tmp_path / "run", rows)
    return tmp_path / "run"


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Two parts of two lines, all the same."""
    monkeypatch.setattr(import_labels, "ROWS_PER_PART", 2)
    line = json.dumps({"input": "1 + 1? Step 1: 2 ки", "label": "1 + 1? Step 1: 2 +"}, ensure_ascii=False)
    (tmp_path / "data.jsonl").write_text("\n".join([line] * 4), encoding="utf-8")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "out"))
    return tmp_path / "out"
