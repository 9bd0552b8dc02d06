"""Engines of one pool on a pretend Ray, with a clock that a test moves."""

from __future__ import annotations

from typing import Any

from support.fleets.pretend_ray import PretendWorld

from pipelines.elastic.engine_group import EngineGroup
from pipelines.elastic.engine_state import Rules
from pipelines.elastic.failures import Tolerance
from pipelines.elastic.nodes import Node, NodeNews
from pipelines.pools.pool import Pool

START_S, FETCH_S = 100.0, 1000.0
NODES = {name: Node(name, 8.0, 0.0) for name in ("n1", "n2", "n3")}
IDLE = {"slots": 8, "running": 0, "waiting": 0, "in_flight": 0, "requests": 0}
"""Figures of an engine that has nothing to do, and has answered nothing yet."""


class Stage:
    """Group on a pretend Ray, with a clock that the test moves."""

    def __init__(self, number: int, most: int = 0, quorum: int | None = None) -> None:
        self.world, self.said, self.now, self.room = PretendWorld(), list[str](), 0.0, True
        pool: Any = Pool("policy", "m", None, number, most)  # type: ignore[arg-type]
        rules = Rules(quorum=quorum or number, fetch_s=FETCH_S, start_s=START_S, tolerance=Tolerance())
        self.group = EngineGroup(pool, self.world, rules, self.said.append, lambda: self.room)
        self.news = NodeNews(nodes=NODES)

    def look(self, seconds: float = 1.0, times: int = 1) -> None:
        for _ in range(times):
            self.now += seconds
            self.group.look(self.now, self.news, self.world.places)

    def begun(self) -> Stage:
        """Let the run begin."""
        self.look(times=4)
        assert self.group.has_quorum()
        self.group.begin()
        self.group.changed = False
        return self

    def heard(self, name: str, stats: dict[str, float] | None = None, *, dead: bool = False) -> None:
        self.group.heard(name, stats, self.now, dead=dead)

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.group.members]


def policy(*numbers: int) -> list[str]:
    return [f"policy-{number}" for number in numbers]
