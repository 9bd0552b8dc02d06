"""Golden rows of every format: the same few records must give exactly the rows that were once checked by hand.

After an intended change, write the files anew and read the difference:

    FACTORY_REGENERATE_GOLDEN=1 .venv/bin/python -m pytest tests/golden/test_formats.py && git diff tests/golden/formats
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.records import records, searched

from factory.contracts import formats

GOLDEN = Path(__file__).parent / "formats"
FORMATS = formats.FORMATS.names()


def written(name: str) -> list[dict[str, Any]]:
    """Return the rows as a reader of the exported file gets them, as JSON values."""
    view = formats.FORMATS.load(name)
    seen = [*records(), searched()]
    if view.ANNOTATED:
        seen = [{**record, "annotations": annotations_of(record)} for record in seen]
    rows = [row for record in seen for row in view.rows(record)]
    if view.FEATURES is not None:
        assert all(set(row) == set(view.FEATURES.names) for row in rows)
        rows = pa.RecordBatch.from_pylist(rows, schema=view.FEATURES).to_pylist()
    return json.loads(json.dumps(rows, default=str))


def annotations_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what two people say of the first step of each labelled solution."""
    return [
        {
            "question_id": record["question_id"],
            "solution_id": solution["solution_id"],
            "step": 0,
            "label": label,
            "run_label": solution["steps"][0]["label"],
            "run_confidence": solution["steps"][0]["confidence"],
            "note": note,
            "person": person,
            "at": "2026-01-03T00:00:00+00:00",
        }
        for solution in record["solutions"][:3]
        for person, label, note in (("Ann", 1, ""), ("Bob", -1, "3 * 4 is 12"))
        if solution["steps"]
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_its_rows_are_the_golden_ones(name: str) -> None:
    path, rows = GOLDEN / f"{name}.json", written(name)
    if os.environ.get("FACTORY_REGENERATE_GOLDEN"):
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert rows
    assert rows == json.loads(path.read_text(encoding="utf-8"))


def test_there_is_no_golden_file_without_a_format() -> None:
    assert sorted(path.stem for path in GOLDEN.iterdir()) == FORMATS
