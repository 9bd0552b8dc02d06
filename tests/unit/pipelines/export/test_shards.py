"""Files of an export: which rows are in which, and how they are written."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.exports.exports import FORMATS, committed, records, rows_in, rows_of, tree

from factory.export.split import Split
from pipelines.export import export as export_module
from pipelines.export import inputs as export_inputs
from pipelines.export import rows as export_rows
from pipelines.export.export import ExportOptions, export
from pipelines.export.shards import ShardWanted, Slice, write_shard


@pytest.fixture
def small_tasks(monkeypatch):
    """Tasks and shards so small that there are many; so it is in the processes of a pool, too."""
    monkeypatch.setattr(export_inputs, "TASK_BYTES", 3000)
    monkeypatch.setattr(export_module, "MB", 2000)


@pytest.fixture
def small_batches(small_tasks, monkeypatch):
    monkeypatch.setattr(export_inputs, "BATCH_ROWS", 1)
    monkeypatch.setattr(export_rows, "BATCH_ROWS", 2)


@pytest.mark.parametrize("config", ["prm", "jsonl"])
def test_shards_have_all_rows_once_in_order_and_near_equal_sizes(tmp_path, small_batches, config):
    run = committed(tmp_path / "run", records(60), unit=8)
    whole = export([run], str(tmp_path / "whole"), ExportOptions(formats=(config,), shard_mb=1000))
    done = export([run], str(tmp_path / "out"), ExportOptions(formats=(config,), shard_mb=1))
    names = [Path(path).name for path in done.files(config)]
    suffix = Path(names[0]).suffix
    assert len(names) > 2
    assert names == [f"train-{number:05}-of-{len(names):05}{suffix}" for number in range(len(names))]
    assert rows_of(done, config) == rows_of(whole, config)
    counts = [len(rows_in(path)) for path in done.files(config)]
    assert max(counts) <= 2 * min(counts)


def test_processes_and_a_second_time_give_the_same_bytes(tmp_path, small_tasks):
    run = committed(tmp_path / "run", records(30))
    options = ExportOptions(formats=FORMATS, shard_mb=1, split=Split(test=0.2))
    for name, processes in (("one", 1), ("two", 2)):
        export([run], str(tmp_path / name), options, processes=processes)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_files_are_as_data_hubs_like_them(run, out):
    file = pq.ParquetFile(export([run], out, ExportOptions(formats=("prm",))).files("prm")[0])
    column = file.metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert column.has_offset_index
    assert column.has_column_index


def test_rows_put_in_front_leave_the_pages_behind_them_as_they_were(tmp_path):
    """Content-defined chunking is for this: a hub that stores by content uploads the first pages alone."""
    schema = pa.schema([("text", pa.string())])
    texts = [Random(number).randbytes(100).hex() for number in range(20_000)]
    files = []
    for name, rows in (("as_it_was", texts), ("longer", ["in front", *texts])):
        batch = pa.RecordBatch.from_arrays([pa.array(rows)], schema=schema)
        with pa.ipc.new_file(str(tmp_path / f"{name}.arrow"), schema) as part:
            part.write_batch(batch)
        slices = (Slice(path=str(tmp_path / f"{name}.arrow"), first=0, end=1),)
        wanted = ShardWanted(name=name, path=str(tmp_path / name), schema=schema, slices=slices, rows=len(rows))
        write_shard(wanted)
        files.append((tmp_path / name).read_bytes())
    before, after = files
    middle = len(before) // 2
    assert before[middle : middle + 4096] in after
