"""Pretend machine with room for some actors, on which runs come one after the other; and the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.fleets.pretend_ray import PretendWorld
from support.runs import settings_for
from support.waiting import HANGS_S

from cluster.plan import Demand, PlannedNode
from pipelines.elastic import keeper as keepers
from pipelines.elastic import room as rooms
from pipelines.elastic import weights
from pipelines.elastic.asks import Asks
from pipelines.elastic.keeper import LOOK_S
from pipelines.elastic.nodes import NodeWatch
from pipelines.elastic.room import Room
from pipelines.elastic.site import Site
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.run import engine_pools, fleet
from pipelines.run.engine_pools import EnginePools
from pipelines.run.fleet import Fleet
from pipelines.run.settings import Settings

NODE = {"NodeID": "n1", "Alive": True, "Resources": {"CPU": 8.0}}
# CPUs that actors take, engines of vLLM among them.
CPUS = {WORKER: 0.5, CHECKER: 0.25, WRITER: 0.1, "policy": 1.0, "critic": 0.0, "prm": 0.0}


class Machine:
    """Machine with a pretend Ray, a clock that waiting moves, and what its autoscaler was asked for.

    * `cpus`, `gpus`: what it has; `others`: CPUs of it that somebody else holds.
    * `gpus_held`: GPUs that engines hold, as a test says.
    """

    def __init__(self) -> None:
        self.world, self.now, self.wishes = PretendWorld(), 0.0, list[Any]()
        self.cpus, self.gpus, self.others, self.gpus_held = 8.0, 0.0, 0.0, 0.0
        self.said: list[str] = []

    def nodes(self) -> list[PlannedNode]:
        """Return the machine, as the only node."""
        return [PlannedNode(cpus=self.cpus, gpus=self.gpus, id="n1", head=True)]

    def free(self) -> list[PlannedNode]:
        """Return what nobody holds of it."""
        held = sum(CPUS[name.rpartition("-")[0]] for name in self.world.running)
        return [PlannedNode(cpus=self.cpus - self.others - held, gpus=self.gpus - self.gpus_held)]

    def pools(self) -> EnginePools:
        """Return pools of actors on it."""
        world: Any = self.world
        return EnginePools(
            self.said.append,
            Site(
                world=world,
                watch=NodeWatch(lambda: ([NODE], {}), patience_s=HANGS_S),
                asks=Asks(self.wishes.append),
                clock=lambda: self.now,
                room=Room(lambda: self.now, self.free),
            ),
        )

    def engines(self, role: str = "policy") -> list[str]:
        """Return what became of the engines of a role, in order."""
        return [line for line in self.world.log if f" {role}-" in line]

    def look(self, made: Fleet, times: int = 4, questions_left: int = 100) -> Any:
        """Return the last news of a run's membership."""
        assert made.membership is not None
        news = None
        for _ in range(times):
            self.now += LOOK_S
            news = made.membership.look(self.now, questions_left) or news
        return news


def installed(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine that all that starts actors takes for the real one."""
    made = Machine()

    def sleep(seconds: float) -> None:
        made.now += seconds

    for module in (keepers, rooms, weights, engine_pools):
        monkeypatch.setattr(module.time, "sleep", sleep)
        monkeypatch.setattr(module.time, "monotonic", lambda: made.now)
    for module in (engine_pools, fleet):
        monkeypatch.setattr(module, "nodes_of_cluster", made.nodes)
    for module in (engine_pools, rooms):
        monkeypatch.setattr(module, "free_of_cluster", made.free)
    monkeypatch.setattr(engine_pools, "has_autoscaler", lambda: False)
    monkeypatch.setattr(keepers, "_own_node", lambda: "n1")
    return made


def settings(model: str, sections: dict[str, Any] | None = None, *, engine: Any = None, **cluster: Any) -> Settings:
    """Return a run with a model of that name, with these sections and keys of `cluster`."""
    asked = settings_for(
        Path("unused"),
        engine={"kind": "vllm", **(engine or {})},
        cluster={"workers": 1, **cluster},
        **(sections or {}),
    )
    asked.plain["model"] = model
    return Settings(**{**{name: getattr(asked, name) for name in asked.__dataclass_fields__}, "model": model})


def trainer(cpus: float = 1, gpus: float = 0) -> list[Demand]:
    """Return what a trainer asks of the machine."""
    return [Demand(role="trainer", count=1, cpus=cpus, gpus=gpus)]


def ask(pools: EnginePools, *models: str, who: str = "student", **cluster: Any) -> list[str | None]:
    """Do a run with each of the models, and return the weights that their workers ask for."""
    asked = []
    for model in models:
        with pools.staff(who, settings(model, **cluster)) as made:
            asked.append(made.assignment.weights)
    return asked
