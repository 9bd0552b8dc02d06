"""Rows that a worker keeps of its units under way: when they are written, and what happens where they cannot be."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from support.records import a_record
from support.waiting import HANGS_S

from actors.kept_rows import KeptRows
from factory.errors import StorageFailed
from factory.shards import spool
from factory.shards.units import cut
from factory.storage.opening import open_store
from factory.types import Question, content_id

[UNIT] = cut([Question(text=text, gold="1", id=content_id(text)) for text in "abc"], 3, "config")


class Worker:
    """Kept rows of `UNIT`, and what they had to remark."""

    def __init__(self, folder: Path, every_s: float = 3600.0) -> None:
        self.store = open_store(folder)
        self.said: list[str] = []
        self.kept = KeptRows(self.store, UNIT, every_s, self.said.append)

    def objects(self) -> list[int]:
        """Numbers of rows of the objects that lie in the spool."""
        return [item.rows for item in spool.spooled(self.store)]


async def test_a_unit_that_is_done_soon_writes_nothing(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    saving = asyncio.create_task(worker.kept.save_regularly())
    worker.kept.add(0, a_record("a", []))
    worker.kept.end()
    await asyncio.wait_for(saving, HANGS_S)
    assert not (tmp_path / "spool").exists()


async def test_what_was_finished_for_a_while_is_written_once(tmp_path: Path) -> None:
    worker = Worker(tmp_path, every_s=0.01)
    saving = asyncio.create_task(worker.kept.save_regularly())
    worker.kept.add(0, a_record("a", []))
    worker.kept.add(2, a_record("c", []))
    async with asyncio.timeout(HANGS_S):
        while worker.kept.places != {0, 2}:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # several more turns: nothing waits, and nothing is written
    worker.kept.end()
    await asyncio.wait_for(saving, HANGS_S)
    assert sum(worker.objects()) == 2
    assert Worker(tmp_path).kept.take_up().keys() == {0, 2}


async def test_what_is_kept_is_gone_behind_the_commit_also_what_an_earlier_worker_kept(tmp_path: Path) -> None:
    first, second = Worker(tmp_path), Worker(tmp_path)
    first.kept.add(0, a_record("a", []))
    await first.kept.save()
    assert second.kept.take_up().keys() == {0}
    second.kept.add(1, a_record("b", []))
    await second.kept.save()
    second.kept.remove()
    assert second.objects() == []
    first.kept.remove()  # a worker that was taken for dead: gone already is no error
    assert first.said == second.said == []


async def test_rows_that_are_closed_end_the_write_in_progress_and_begin_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate, keep = threading.Event(), threading.Event(), spool.keep

    def slowly(*arguments: Any) -> str:
        begun.set()
        assert gate.wait(HANGS_S)
        return keep(*arguments)

    monkeypatch.setattr(spool, "keep", slowly)
    worker = Worker(tmp_path)
    worker.kept.add(0, a_record("a", []))
    saving = asyncio.create_task(worker.kept.save())
    assert await asyncio.to_thread(begun.wait, HANGS_S)
    closing = asyncio.create_task(worker.kept.close())
    assert not (await asyncio.wait([closing], timeout=0.05))[0]
    gate.set()
    await asyncio.wait_for(asyncio.gather(closing, saving), HANGS_S)
    worker.kept.add(1, a_record("b", []))
    late = asyncio.create_task(worker.kept.save())
    await asyncio.wait([late], timeout=0.05)
    assert worker.objects() == [1]
    late.cancel()


@pytest.mark.parametrize("error", [StorageFailed("no room on this disk"), MemoryError()], ids=["disk", "memory"])
async def test_where_nothing_can_be_kept_the_unit_goes_on_and_what_waits_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: Any) -> None:
        raise error

    worker = Worker(tmp_path)
    worker.kept.add(0, a_record("a", []))
    with monkeypatch.context() as full:
        full.setattr(spool, "keep", refuse)
        await worker.kept.save()
    assert worker.said == [f"finished questions could not be kept: {error or 'out of memory'}"]
    assert worker.kept.places == set()
    await worker.kept.save()
    assert worker.kept.places == {0}


def test_a_spool_that_cannot_be_read_is_said_and_everything_is_worked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise StorageFailed("no permission")

    monkeypatch.setattr(spool, "take_up", refuse)
    worker = Worker(tmp_path)
    assert worker.kept.take_up() == {}
    assert worker.said == ["finished questions that were kept could not be read: no permission"]
