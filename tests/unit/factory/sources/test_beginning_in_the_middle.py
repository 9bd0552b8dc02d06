"""Sources that begin in the middle yield what they yield there when they are read from their beginning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.config import fill
from factory.contracts.sources import SOURCES

ROWS = [{"question": f"q{n}", "answer": None if n == 7 else str(n), "solution": f"s{n % 2}"} for n in range(12)]


def written(folder: Path) -> dict[str, dict[str, Any]]:
    """Sources of every kind that can be read from the middle, by kind; two files each, groups of three rows."""
    for name, rows in (("a", ROWS[:7]), ("b", ROWS[7:])):
        lines = [json.dumps(row) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n" + "\n \n".join(lines) + "\n\n")
        cells = [",".join(row[key] or "" for key in ("question", "answer", "solution")) for row in rows]
        (folder / f"{name}.csv").write_text("\n".join(["question,answer,solution", *cells, "", ""]))
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet", row_group_size=3)
    files: dict[str, dict[str, Any]] = {kind: {"path": f"{folder}/*.{kind}"} for kind in ("jsonl", "csv", "parquet")}
    slice_of = {"of": {"kind": "parquet", "path": f"{folder}/*.parquet"}, "skip": 2, "limit": 9}
    return {**files, "simulated": {"n": 12}, "slice": slice_of}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "simulated", "slice"])
@pytest.mark.parametrize("more", [{}, {"limit": 10}, {"solution_column": "solution"}])
def test_it_is_the_rest(kind: str, more: dict[str, Any], tmp_path: Path) -> None:
    source = SOURCES.load(kind)
    values = written(tmp_path)[kind]
    config = fill(source.Config, {**values, **(more if "path" in values else {})}, "source")
    whole = list(source.questions(config))
    assert len(whole) >= 9
    assert source.questions_from is not None
    for row in range(len(whole) + 2):
        rest = list(source.questions_from(config, row))
        assert rest == whole[row:]
        assert [one.origin for one in rest] == [one.origin for one in whole[row:]]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "slice"])
def test_its_stamp_is_another_one_after_a_change(kind: str, tmp_path: Path) -> None:
    source = SOURCES.load(kind)
    config = fill(source.Config, written(tmp_path)[kind], "source")
    assert source.stamp is not None
    before = source.stamp(config)
    assert before == source.stamp(config)
    end = "parquet" if kind == "slice" else kind
    (tmp_path / f"c.{end}").write_bytes((tmp_path / f"a.{end}").read_bytes())
    added = source.stamp(config)
    with (tmp_path / f"c.{end}").open("a") as file:
        file.write("\n")
    assert len({before, added, source.stamp(config)}) == 3


@pytest.mark.parametrize("kind", ["run", "unsolved"])
def test_a_run_that_is_a_source_is_read_in_full(kind: str) -> None:
    assert SOURCES.load(kind).stamp is None
