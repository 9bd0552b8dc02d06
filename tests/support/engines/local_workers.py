"""Rollout worker without Ray: its models, its writer and its run are in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.top_ups import Models, made_by, questions, recipe, simulated_models
from support.waiting import HANGS_S

from actors import assigned_work, calls
from actors.assigned_work import Assignment
from actors.calls import CallPatience
from actors.remote_models import CheckFlow
from actors.rollout_worker import RolloutWorker
from actors.roster import Roster
from actors.shard_writer import ShardWriter
from factory.errors import EngineFailed
from factory.shards.commits import Receipt
from factory.shards.units import cut
from factory.storage.access import Access
from factory.storage.opening import Location
from factory.types import POLICY, Completion, GenerateRequest

QUESTIONS = questions(4)
[UNIT] = cut(QUESTIONS, 4, "config")
SLOW = QUESTIONS[3].id


class Gated(Models):
    """Simulated policy; the last question waits until `gate` is set, those in `failing` fail.

    `rosters`: versions of the rosters that it was told of, with the names of the actors that were there.
    """

    moved = 0

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        super().__init__(simulated_models()._engine)
        self.gate, self.failing, self.asked = asyncio.Event(), failing, []
        self.rosters: list[tuple[int, set[str]]] = []

    def update(self, roster: Roster, handles: Mapping[str, Any]) -> None:
        """Note that there is a roster."""
        self.rosters.append((roster.version, set(handles)))

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Answer, wait, or fail."""
        self.asked.append(request.question_id)
        if request.question_id in self.failing:
            raise EngineFailed("it was too much")
        if request.question_id == SLOW:
            await self.gate.wait()
        return await super().generate(request, role)


Start = Callable[[Models], RolloutWorker]


def starter(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return a starter of workers that have the given models, and a writer in this process."""

    def started(models: Models) -> RolloutWorker:
        writer = ShardWriter()

        async def commit(*arguments: Any) -> Any:
            return writer.commit(*arguments)

        actor = SimpleNamespace(commit=SimpleNamespace(remote=commit))
        monkeypatch.setattr(calls.ray, "get_actor", lambda name: actor)
        monkeypatch.setattr(assigned_work, "RemoteModels", lambda *_, **__: models)
        return RolloutWorker()

    return started


ROSTER = Roster(version=1, pools={"policy": ("g",)}, checkers=("c",), writers=("w",))


def assignment(folder: Path, *, n: int = 4, spool_s: float = 3600.0, roster: Roster = ROSTER) -> Assignment:
    used = recipe("none", n=n)
    return Assignment(
        id="a",
        recipe=used,
        provenance=made_by(used),
        patience=CallPatience(),
        roster=roster,
        checking=CheckFlow(),
        folder=Location(str(folder), Access()),
        spool_s=spool_s,
    )


async def all_but_the_slow_one(models: Gated) -> None:
    """Return once the first questions are finished: they have nothing left to wait for."""
    while len(models.asked) < 4:
        await asyncio.sleep(0.01)
    for _ in range(100):
        await asyncio.sleep(0)


async def committed(running: Awaitable[Any]) -> Receipt:
    receipt = await asyncio.wait_for(running, HANGS_S)
    assert isinstance(receipt, Receipt)
    return receipt
