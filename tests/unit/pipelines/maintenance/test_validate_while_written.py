"""Folders that change while `factory validate` reads them, and what killed writers leave."""

from __future__ import annotations

import io
from contextlib import suppress

import pyarrow.parquet as pq
import pytest
from support.validation import committed

from factory.errors import BadInput
from factory.records.seen_questions import SeenQuestions
from factory.shards.commits import listed, open_shard, shard_name
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.maintenance import checked_shards
from pipelines.maintenance import validate as module
from pipelines.maintenance.validate import validate
from pipelines.run import attempts


def test_what_killed_writers_left_is_no_fault_and_is_removed_on_demand(folder, rows):
    committed(folder, "u1", rows[2:], revision=1)
    older = folder / shard_name("u1")
    older.write_bytes((folder / shard_name("u0")).read_bytes())
    half = f"data/.part-u9.parquet.{'0' * 32}.tmp"
    (folder / half).write_bytes(b"half")
    found = validate(folder)
    assert (found.sound, found.superseded, found.orphans) == (True, [shard_name("u1")], [half])
    assert older.exists()
    assert validate(folder, repair=True).removed == 2
    assert not older.exists()
    assert validate(folder).sound


def test_nothing_is_removed_from_a_folder_with_faults(folder, rows):
    """The older revision may be the only good one."""
    (folder / shard_name("u1", 1)).write_bytes(b"torn")
    assert validate(folder, repair=True).removed == 0
    assert (folder / shard_name("u1")).exists()


def test_a_folder_that_is_being_driven_is_not_repaired(folder):
    store = open_store(folder)
    with attempts.attempt(store, 0, {}, Access()):
        assert validate(folder).sound
        with pytest.raises(BadInput, match="is being written"):
            validate(folder, repair=True)


def test_a_shard_that_a_newer_revision_replaces_while_it_is_checked_is_read_as_that_one(folder, rows, monkeypatch):
    def first_list_then_commit(store):
        found = listed(store)
        committed(folder, "u1", rows[2:], revision=1)
        return found

    monkeypatch.setattr(module, "listed", first_list_then_commit)
    found = validate(folder)
    assert (found.sound, found.questions) == (True, 4)


class Vanishing(io.BytesIO):
    """An object that is deleted between two reads, as on S3."""

    gone = False

    def read(self, n: int | None = -1) -> bytes:
        if self.gone:
            raise FileNotFoundError(2, "no such object")
        return super().read(n)


@pytest.fixture
def superseded_while_read(folder, rows, monkeypatch):
    """Unit u1 is gone as soon as its footer was read, and again and again in its next revisions."""

    def superseded(revisions: int, *, committed_anew: bool) -> None:
        def opening(store, shard):
            if shard.unit_id != "u1" or shard.revision >= revisions:
                return open_shard(store, shard)
            file = Vanishing(store.read(shard.name))
            opened = pq.ParquetFile(file)
            file.gone = True
            if committed_anew:
                committed(folder, "u1", rows[2:], revision=shard.revision + 1)
            return opened

        monkeypatch.setattr(checked_shards, "open_shard", opening)

    return superseded


@pytest.mark.parametrize("revisions", [1, 2])
def test_a_shard_that_is_superseded_while_its_rows_are_read_is_read_as_the_newer_one(
    folder, superseded_while_read, revisions
):
    superseded_while_read(revisions, committed_anew=True)
    found = validate(folder)
    assert (found.faults, found.questions, found.shards) == ([], 4, 2)


def test_a_shard_that_goes_while_its_rows_are_read_and_nothing_takes_its_place_is_lost(folder, superseded_while_read):
    superseded_while_read(1, committed_anew=False)
    found = validate(folder)
    assert found.questions == 2
    assert [fault.what[:27] for fault in found.faults] == ["LOST while it was checked, "]


def test_questions_of_a_shard_that_could_not_be_read_to_its_end_are_not_seen(rows):
    seen = SeenQuestions()
    with suppress(FileNotFoundError), seen.all_or_none():
        assert seen.is_new(rows[0])
        raise FileNotFoundError
    with seen.all_or_none():
        assert seen.is_new(rows[0])
        assert not seen.is_new(rows[0])
    assert not seen.is_new(rows[0])
