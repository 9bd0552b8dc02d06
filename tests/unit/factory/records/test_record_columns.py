"""Columns of records, down to the fields of a solution."""

from __future__ import annotations

from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.exports.exports import record, solution

from factory.records.record import to_batch
from factory.records.record_columns import leaves, part_of, rows_of
from factory.records.schema import SCHEMA


def read(batch: pa.RecordBatch, columns: list[str]) -> list[dict]:
    file = BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), file)
    parquet = pq.ParquetFile(file)
    return rows_of(next(parquet.iter_batches(columns=leaves(parquet, columns))), part_of(SCHEMA, columns))


WHOLE = to_batch([record("Q?", solution("a\nb")), record("R?")])


def test_all_columns_are_whole_records():
    assert read(WHOLE, list(SCHEMA.names)) == WHOLE.to_pylist()


@pytest.mark.parametrize("columns", [["question"], ["solutions"], ["question", "tree"]])
def test_columns_are_read_with_all_that_is_in_them(columns):
    assert read(WHOLE, columns) == [{name: row[name] for name in columns} for row in WHOLE.to_pylist()]


def test_of_nested_columns_the_named_fields_are_read():
    [row, _] = read(WHOLE, ["solutions.text", "solutions.steps.label"])
    assert row == {"solutions": [{"text": "a\nb", "steps": [{"label": 1}, {"label": 1}]}]}


def test_what_an_earlier_version_lacks_is_none():
    batch = pa.RecordBatch.from_pylist([{"question": "Q?", "solutions": [{"text": "a"}]}])
    [row] = read(batch, ["question", "licence", "solutions"])
    assert row["licence"] is None
    [found] = row["solutions"]
    assert (found["text"], found["steps"], found["hinted"]) == ("a", None, None)
