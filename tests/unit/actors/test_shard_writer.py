"""Shard writers whose run ends while they write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.records import a_record
from support.waiting import HANGS_S

from actors import shard_writer
from actors.shard_writer import ShardWriter
from factory.errors import CommitFailed
from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import commit, shards
from factory.storage.access import Access
from factory.storage.opening import Location

ROWS = [a_record("a", [])]


def commit_by(writer: ShardWriter, folder: Path) -> Any:
    """Have a unit of one question committed."""
    return writer.commit(Location(str(folder), Access()), "0" * 16, to_batch(ROWS), tally(ROWS), 0, {})


def test_a_writer_that_is_closed_ends_its_commits_and_begins_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate = threading.Event(), threading.Event()

    def slowly(*arguments: Any, **options: Any) -> Any:
        begun.set()
        assert gate.wait(HANGS_S)
        return commit(*arguments, **options)

    monkeypatch.setattr(shard_writer, "commit", slowly)
    writer = ShardWriter()
    with ThreadPoolExecutor() as threads:
        committing = threads.submit(commit_by, writer, tmp_path)
        assert begun.wait(HANGS_S)
        closing = threads.submit(writer.close)
        with pytest.raises(TimeoutError):
            closing.result(0.05)
        gate.set()
        closing.result(HANGS_S)
        assert committing.done()
    assert len(shards(tmp_path)) == 1
    with pytest.raises(CommitFailed, match="factory resume"):
        commit_by(writer, tmp_path)


def test_a_store_that_refuses_leaves_the_writer_with_nothing_to_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise CommitFailed("no room on this disk")

    monkeypatch.setattr(shard_writer, "commit", refuse)
    writer = ShardWriter()
    with pytest.raises(CommitFailed, match="no room"):
        commit_by(writer, tmp_path)
    with ThreadPoolExecutor() as threads:
        threads.submit(writer.close).result(HANGS_S)
