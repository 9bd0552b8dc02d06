"""Rollout worker whose roster changes while it works, and one that has to leave."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ray.exceptions import GetTimeoutError
from support.engines.local_workers import QUESTIONS, UNIT, Gated, Start, all_but_the_slow_one, assignment, committed
from support.waiting import HANGS_S

from actors import calls
from actors.roster import Roster
from factory.shards.commits import shards
from factory.shards.spool import Unfinished, spooled
from factory.storage.opening import open_store

FIRST = (1, {"g", "c", "w"})


def roster(version: int, *engines: str) -> Roster:
    return Roster(version=version, pools={"policy": engines}, checkers=("c",), writers=("w",))


async def test_a_newer_roster_is_followed_and_told_and_an_older_one_is_no_news(tmp_path: Path, start: Start) -> None:
    models = Gated()
    worker = start(models)
    running = asyncio.create_task(worker.run(UNIT, assignment(tmp_path)))
    await all_but_the_slow_one(models)
    assert (await worker.underway("a")).roster == 1
    assert (await worker.underway("a", roster=roster(3, "h"))).roster == 3
    assert (await worker.underway("a", roster=roster(2, "g"))).roster == 3
    assert models.rosters == [FIRST, (3, {"h", "c", "w"})]
    models.gate.set()
    await committed(running)


async def test_a_later_unit_brings_its_roster(tmp_path: Path, start: Start) -> None:
    models = Gated()
    models.gate.set()
    worker = start(models)
    await committed(worker.run(UNIT, assignment(tmp_path)))
    await committed(worker.run(UNIT, replace(assignment(tmp_path), roster=roster(2, "h"))))
    assert models.rosters == [FIRST, (2, {"h", "c", "w"})]


async def test_an_actor_that_is_there_no_more_is_left_out(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Gated()
    models.gate.set()
    worker = start(models)
    await committed(worker.run(UNIT, assignment(tmp_path)))
    there = {"h": SimpleNamespace()}

    def get_actor(name: str) -> SimpleNamespace:
        if name not in there:
            raise ValueError("no such actor")  # as Ray does
        return there[name]

    monkeypatch.setattr(calls.ray, "get_actor", get_actor)
    assert (await worker.underway("a", roster=roster(2, "h", "i"))).roster == 2
    assert models.rosters[-1] == (2, {"h", "c", "w"})


async def test_a_roster_waits_while_ray_cannot_look_up_its_actors(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Gated()
    models.gate.set()
    worker = start(models)
    await committed(worker.run(UNIT, assignment(tmp_path)))
    get_actor = calls.ray.get_actor

    def down(name: str) -> None:
        raise GetTimeoutError("There was timeout in getting the actor handle")

    monkeypatch.setattr(calls.ray, "get_actor", down)
    assert (await worker.underway("a", roster=roster(2, "h"))).roster == 1
    monkeypatch.setattr(calls.ray, "get_actor", get_actor)
    assert (await worker.underway("a", roster=roster(2, "h"))).roster == 2


async def test_a_bug_in_looking_actors_up_is_raised(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Gated()
    models.gate.set()
    worker = start(models)
    await committed(worker.run(UNIT, assignment(tmp_path)))

    def bug(name: str) -> None:
        raise TypeError

    monkeypatch.setattr(calls.ray, "get_actor", bug)
    with pytest.raises(TypeError):
        await worker.underway("a", roster=roster(2, "h"))


async def test_failures_are_counted_by_type_since_the_start_of_the_worker(tmp_path: Path, start: Start) -> None:
    models = Gated(failing=(QUESTIONS[0].id, QUESTIONS[1].id))
    models.gate.set()
    worker = start(models)
    for run in "ab":
        await committed(worker.run(UNIT, replace(assignment(tmp_path / run), id=run)))
    assert (await worker.underway("b")).failures == {"EngineFailed": 4}


async def test_a_worker_that_leaves_keeps_what_is_finished_and_begins_nothing_more(
    tmp_path: Path, start: Start
) -> None:
    models = Gated()
    worker = start(models)
    running = asyncio.create_task(worker.run(UNIT, assignment(tmp_path)))
    await all_but_the_slow_one(models)
    leaving = asyncio.create_task(worker.leave(3600.0))
    while not spooled(open_store(tmp_path)):  # at once, before the deadline
        await asyncio.sleep(0.01)
    asked = len(models.asked)

    # It has an hour, and yet begins no unit, whoever brings one.
    for run in ("a", "b"):
        late = worker.run(replace(UNIT, id=f"{run:0<16}"), replace(assignment(tmp_path), id=run))
        assert (await asyncio.wait_for(late, HANGS_S)).left == len(UNIT.questions)
    assert len(models.asked) == asked
    leaving.cancel()

    running.cancel()


async def test_a_worker_gives_back_what_is_unfinished_at_its_deadline(tmp_path: Path, start: Start) -> None:
    models = Gated()
    worker = start(models)
    running = asyncio.create_task(worker.run(UNIT, assignment(tmp_path)))
    await all_but_the_slow_one(models)
    await worker.leave(0)
    unfinished = await asyncio.wait_for(running, HANGS_S)
    assert isinstance(unfinished, Unfinished)
    assert (unfinished.kept, unfinished.left) == (3, 1)
    assert shards(tmp_path) == []
