"""Records of earlier schemas, as `factory validate` judges them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from support.validation import committed, committed_of_schema, faults, of_schema, the_fault

from factory.records.record import to_batch
from factory.records.schema import SCHEMA
from factory.records.shard_schema import completed
from factory.records.tally import Tally, tally
from factory.shards.commits import read_rows, shard_name
from factory.shards.shard_file import encode, footer_for
from factory.storage.opening import open_store
from factory.types import content_id


@pytest.mark.parametrize("version", ["1", "2", "3", "4", "5"])
def test_records_of_an_earlier_schema_are_sound(tmp_path, rows, version):
    """Fewer columns, all of them known, and a content hash of those."""
    committed_of_schema(version, tmp_path, "u0", rows[:2])
    assert faults(tmp_path) == []


def test_todays_records_have_all_of_todays_columns(tmp_path, rows):
    fewer = pa.schema([field for field in SCHEMA if field.name != "effort"])
    batch = pa.RecordBatch.from_pylist([{**row, "unit_id": "u0"} for row in rows[:2]], schema=fewer)
    open_store(tmp_path).create(shard_name("u0"), encode(batch, footer_for(batch, tally(rows[:2]))))
    assert "schema_version 7 in fewer columns" in faults(tmp_path)[0]


def test_todays_records_say_who_was_asked(tmp_path, rows):
    committed(tmp_path, "u0", [{**rows[0], "cost": {**rows[0]["cost"], "roles": None}}])
    assert "cost.roles with nulls" in the_fault(tmp_path)


def test_records_of_the_first_schema_are_sound_also_copied_into_todays_columns(tmp_path, rows):
    """Revisions copy rows that did not change."""
    committed_of_schema("1", tmp_path, "u0", rows[:2])
    first, second = read_rows(tmp_path)
    old, new = {**first, "question_id": "a", "effort": None}, rows[2]
    for row in (old, second):
        assert "label_calls" not in row["cost"]
    for item in old["solutions"]:
        item["solution_id"] = content_id("a", item["text"].rstrip())
    batch = to_batch([{**row, "unit_id": "u1"} for row in (old, new)])
    counted = tally(map(completed, batch.to_pylist()))
    open_store(tmp_path).create(shard_name("u1"), encode(batch, footer_for(batch, counted)))
    assert faults(tmp_path) == []


def test_what_the_first_schema_had_counted_may_not_be_null_either(tmp_path, rows):
    row = of_schema("1", rows[0])
    row["cost"]["policy_calls"] = None
    committed(tmp_path, "u0", [{**row, "effort": None}], counted=Tally(questions=1))
    assert "cost.policy_calls None" in the_fault(tmp_path)
