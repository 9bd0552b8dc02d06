"""Units of more text than a batch may hold: committed in parts, read as any other. The limit is lowered here.

`python -m tools.chaos.large_unit` does the same with 2.5 GiB in a column.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.validation import committed, labelled

from factory.errors import CommitFailed
from factory.records import batches
from factory.records.batches import batches_of
from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards import creation
from factory.shards.commits import Receipt, commit, open_shard, read_rows, shards
from factory.shards.leftovers import leftovers
from factory.storage.local import LocalStore
from factory.storage.opening import open_store
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance import merged_writer
from pipelines.maintenance.merge import merge
from pipelines.maintenance.validate import validate
from tools.commands.inspect import find

ROWS = [{**row, "unit_id": "large"} for row in labelled(n=6)]


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows of the tests are above the limit."""
    limit = batches.text_bytes(ROWS[0]) + 1
    monkeypatch.setattr(batches, "BATCH_BYTES", limit)
    monkeypatch.setattr(merged_writer, "BATCH_BYTES", limit)


def committed_in_parts(folder: Path) -> Receipt:
    return commit(folder, "large", batches_of(ROWS), tally(ROWS), effort={"search.n": 4})


def groups_in(folder: Path) -> list[int]:
    [shard] = shards(folder)
    with open_shard(open_store(folder), shard) as file:
        return [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]


@pytest.mark.usefixtures("low_limit")
def test_every_part_is_a_row_group_and_the_whole_is_sound(tmp_path: Path) -> None:
    receipt = committed_in_parts(tmp_path)
    assert receipt.created
    assert receipt.n_bytes == (tmp_path / receipt.name).stat().st_size
    assert len(groups_in(tmp_path)) > 2
    assert list(read_rows(tmp_path)) == to_batch(ROWS).to_pylist()
    assert validate(tmp_path).faults == []
    assert not leftovers(tmp_path)


@pytest.mark.usefixtures("low_limit")
def test_equal_rows_have_equal_hashes_and_a_second_commit_loses(tmp_path: Path) -> None:
    first, other = committed_in_parts(tmp_path / "a"), committed_in_parts(tmp_path / "b")
    assert first.content == other.content
    assert committed_in_parts(tmp_path / "a").created
    fewer = commit(tmp_path / "a", "large", batches_of(ROWS[:4]), tally(ROWS[:4]))
    assert (fewer.created, fewer.tally.questions) == (False, 6)


@pytest.mark.usefixtures("low_limit")
def test_a_changed_row_is_noticed(tmp_path: Path) -> None:
    changed = [{**ROWS[0], "gold_answer": "another"}, *ROWS[1:]]
    committed_in_parts(tmp_path / "a")
    commit(tmp_path / "b", "large", batches_of(changed), tally(changed))
    [there] = shards(tmp_path / "a")
    _write(tmp_path / "a" / there.name, _parts(tmp_path / "b"), _metadata(tmp_path / "a"))
    assert any("rows with content" in fault.what for fault in validate(tmp_path / "a").faults)


def _parts(folder: Path) -> list[pa.Table]:
    [shard] = shards(folder)
    with open_shard(open_store(folder), shard) as file:
        return [file.read_row_group(number) for number in range(file.num_row_groups)]


def _metadata(folder: Path) -> dict[bytes, bytes]:
    [shard] = shards(folder)
    with open_shard(open_store(folder), shard) as file:
        return dict(file.metadata.metadata)


def _write(path: Path, parts: list[pa.Table], metadata: dict[bytes, bytes]) -> None:
    with pq.ParquetWriter(path, parts[0].schema.remove_metadata()) as writer:
        writer.add_key_value_metadata(metadata)
        for part in parts:
            writer.write_table(part.replace_schema_metadata())


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("parts", [True, False], ids=["in parts", "of an earlier version"])
def test_it_is_merged_exported_and_inspected_as_any_other(tmp_path: Path, parts: bool) -> None:
    """A unit of an earlier version, or of a larger limit, is a single batch."""
    if parts:
        committed_in_parts(tmp_path / "run")
    else:
        committed(tmp_path / "run", "large", ROWS)
    assert validate(tmp_path / "run").faults == []
    assert merge(tmp_path / "run", tmp_path / "merged").questions == 6
    assert validate(tmp_path / "merged").faults == []
    assert list(read_rows(tmp_path / "merged")) == to_batch(ROWS).to_pylist()
    assert len(groups_in(tmp_path / "merged")) > 2
    export([str(tmp_path / "run")], tmp_path / "out", ExportOptions(formats=("records",)))
    assert len(find(str(tmp_path / "run"), ROWS[5]["question_id"])) == 1


@pytest.mark.usefixtures("low_limit")
def test_a_writer_that_is_killed_leaves_a_file_that_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalStore, "create_from", killed)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        committed_in_parts(tmp_path)
    monkeypatch.undo()
    assert shards(tmp_path) == []
    assert len(leftovers(tmp_path).orphans) == 1


@pytest.mark.usefixtures("low_limit")
def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(creation, "write_shard", full)
    with pytest.raises(CommitFailed, match=r"No space left on device\. Expected room for a large unit's file"):
        committed_in_parts(tmp_path)
