"""Records of earlier schemas and of imports, merged."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.validation import committed, committed_of_schema

from factory.errors import BadInput
from factory.records.schema import SCHEMA_VERSION
from factory.records.shard_schema import completed
from factory.records.tally import tally
from factory.shards.commits import read_footer, read_rows, shard_name, shards
from factory.shards.merged_shards import merged_content, merged_id
from factory.storage.opening import open_store
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance.import_labels import import_file
from pipelines.maintenance.merge import merge
from pipelines.maintenance.validate import validate


@pytest.mark.parametrize("version", ["1", "2", "3", "4", "5", "6"])
def test_units_of_an_earlier_schema_get_todays_columns(run, tmp_path, rows, version):
    committed_of_schema(version, run, "u7", rows[:1])
    (run / shard_name("u0")).unlink()
    (run / "manifests/receipts/0001-00000.parquet").unlink()
    merge(run, tmp_path / "out")
    assert validate(tmp_path / "out").faults == []
    by_version = {row["schema_version"]: row for row in read_rows(tmp_path / "out")}
    assert (by_version[version]["cost"]["roles"] is None, by_version[version]["cost"]["money"] is None) == (
        version < "4",
        version < "4",
    )
    counted = (True if version >= "5" else None, 0 if version >= "6" else None)
    assert {(one["independent"], one["probes"]) for one in by_version[version]["solutions"]} == {counted}
    assert {(one["independent"], one["probes"]) for one in by_version[SCHEMA_VERSION]["solutions"]} == {(True, 0)}
    assert {entry["role"] for entry in by_version[SCHEMA_VERSION]["cost"]["roles"]} == {"policy"}
    assert (by_version[version]["effort"] is None) == (version < "3")


@pytest.mark.parametrize("version", ["1", "2", "3", "4", "5", "6"])
def test_records_of_an_earlier_schema_are_exported(tmp_path, rows, version):
    committed_of_schema(version, tmp_path / "run", "u0", rows[:2])
    options = ExportOptions(formats=("records", "prm"))
    done = export([str(tmp_path / "run")], str(tmp_path / "out"), options)
    exported = [row for path in done.files("records") for row in pq.read_table(path).to_pylist()]
    assert {row["question_id"] for row in exported} == {row["question_id"] for row in rows[:2]}
    assert {(row["schema_version"], row["cost"]["roles"] is None) for row in exported} == {(version, version < "4")}
    assert json.loads((tmp_path / "out/manifest.json").read_text())["facts"]["roles"] == [] or version >= "4"


def test_what_the_first_schema_did_not_count_has_cost_nothing(tmp_path, rows):
    run = tmp_path / "run"
    committed_of_schema("1", run, "u0", rows[:2])
    [said] = [read_footer(open_store(run), shard).content for shard in shards(run)]
    merge(run, tmp_path / "out")
    assert validate(tmp_path / "out").faults == []
    for row in read_rows(tmp_path / "out"):
        assert (row["cost"]["label_calls"], row["cost"]["judge_tokens"]) == (0, 0)
    [shard] = shards(tmp_path / "out")
    assert shard.unit_id == merged_id(0, merged_content([("u0", said)]))
    assert merge(run, tmp_path / "out").written == 0


def test_rows_of_the_first_schema_are_completed_also_in_a_unit_of_todays_columns(tmp_path, rows):
    """Revisions copy rows that did not change."""
    committed_of_schema("1", tmp_path / "old", "u0", rows[:2])
    copied = [{**row, "effort": None} for row in read_rows(tmp_path / "old")]
    committed(tmp_path / "run", "u0", copied, counted=tally(map(completed, copied)))
    merge(tmp_path / "run", tmp_path / "out")
    assert validate(tmp_path / "out").faults == []
    assert [row["cost"]["label_calls"] for row in read_rows(tmp_path / "out")] == [0, 0]


def test_an_import_is_merged_and_exported_as_it_was(tmp_path):
    line = '{"input": "1 + 1? Step 1: 2 ки", "label": "1 + 1? Step 1: 2 +"}'
    (tmp_path / "data.jsonl").write_text("\n".join([line] * 3), encoding="utf-8")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "run"))
    merge(tmp_path / "run", tmp_path / "out")
    assert validate(tmp_path / "out").sound
    done = export([str(tmp_path / "out")], str(tmp_path / "exports"), ExportOptions(formats=("math_shepherd",)))
    assert Path(done.files("math_shepherd")[0]).read_text(encoding="utf-8").splitlines() == [line] * 3
    with pytest.raises(BadInput, match="holds a run"):
        import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "out"))
