"""Shard writers that come and go while a unit is committed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import ActorDiedError
from support.engines.asking import until
from support.top_ups import done, questions, recipe, simulated_models

from actors.calls import CallPatience
from actors.unit_commits import UnitCommits
from factory.errors import CommitFailed
from factory.shards.units import cut
from factory.storage.access import Access
from factory.storage.opening import Location

[UNIT] = cut(questions(1), 1, "config")


class Writer:
    """Handle of a writer that says its name instead of a receipt, or is dead; `asked` counts its commits."""

    def __init__(self, name: str = "") -> None:
        self._name, self.asked = name, 0
        self.commit = SimpleNamespace(remote=self._commit)
        self.__ray_ready__ = SimpleNamespace(remote=lambda: asyncio.sleep(3600))

    async def _commit(self, *_: Any) -> str:
        self.asked += 1
        if not self._name:
            raise ActorDiedError
        return self._name


def committing(folder: Path, writers: list[Writer], **patience: Any) -> tuple[UnitCommits, asyncio.Task[Any]]:
    """Committer with these writers, and its commit of a unit."""
    place = Location(str(folder), Access())
    commits = UnitCommits(place, place.open(), writers, CallPatience(**patience))

    async def commit() -> Any:
        return await commits(UNIT, [await done(recipe("none"), UNIT.questions[0], simulated_models())])

    return commits, asyncio.create_task(commit())


async def test_a_commit_to_a_writer_that_is_gone_goes_to_another_and_counts_no_try(tmp_path: Path) -> None:
    dead = Writer()
    commits, commit = committing(tmp_path, [dead], attempts=1)
    await until(lambda: dead.asked)
    commits.update([Writer("b")])
    assert await commit == "b"
    assert dead.asked == 1


async def test_a_dead_writer_is_waited_for_while_it_is_one(tmp_path: Path) -> None:
    dead = Writer()
    commits, commit = committing(tmp_path, [dead])
    await until(lambda: dead.asked)
    commits.update([dead, Writer("b")])
    for _ in range(20):
        await asyncio.sleep(0)
    assert not commit.done()
    assert dead.asked == 1
    commit.cancel()


async def test_without_a_writer_one_is_waited_for_but_not_for_ever(tmp_path: Path) -> None:
    commits, commit = committing(tmp_path, [])
    await asyncio.sleep(0.01)
    commits.update([Writer("a")])
    assert await commit == "a"
    with pytest.raises(CommitFailed, match="none came in time"):
        await committing(tmp_path, [], restart_s=0.01)[1]
