"""State of one engine in a group, and the rules that a group goes by. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

from pipelines.driving.membership import Member
from pipelines.elastic.failures import Tolerance
from pipelines.pools.pool import Pool

# Engines that are being started at a time, beyond those that a run begins with.
PENDING = 8
# Seconds between two tries to start an engine, and for which one that leaves is still called by workers.
RETRY_S, HEARD_OF_S = 5.0, 5.0
# Seconds before its node is taken away at which an engine is ended that has not finished by itself.
LAST_S = 3.0


class EngineWorld(Protocol):
    """Part of Ray that a group of engines needs (`pipelines/elastic/world.py`)."""

    def start_engine(self, pool: Pool, avoid: Collection[str]) -> Member: ...

    def ask_runs(self, member: Member) -> Any: ...

    def ask_fetched(self, member: Member) -> Any: ...

    def ask_ready(self, member: Member, weights: str | None = None) -> Any: ...

    def answers(self, refs: Collection[Any]) -> Mapping[Any, Any]: ...

    def end(self, member: Member, limit_s: float = ...) -> None: ...

    def where(self, members: Collection[Member]) -> Mapping[str, tuple[str, ...]]: ...


class Stage(Enum):
    """Stage of an engine: waiting for room, bringing its model to its machine, loading it, ready."""

    PLACING = auto()
    FETCHING = auto()
    STARTING = auto()
    UP = auto()


@dataclass(slots=True)
class Engine:
    """Engine of the group.

    * `place`: number in the pool; another engine may take it once this one leaves.
    * `asked`: reference to its next sign of life; None where there is none to wait for.
    * `since`: when its stage began.
    * `joined`: True from when it was ready first, until it is gone.
    * `failed`: True after a failed start, until it is ready.
    * `leaving`: when it began to leave; `deadline`: until when it has to be gone, None for no hurry.
    * `nodes`: ids of the nodes that it was last seen on, its leader's first.
    """

    member: Member
    place: int
    asked: Any
    since: float
    stage: Stage = Stage.PLACING
    joined: bool = False
    failed: bool = False
    leaving: float | None = None
    deadline: float | None = None
    idle: bool = False
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules of a group.

    * `quorum`: engines that a run begins with.
    * `fetch_s`: seconds that a machine may take to fetch the model; `start_s`: that the engine may take then.
    * `tolerance`: failures that are borne.
    """

    quorum: int
    fetch_s: float
    start_s: float
    tolerance: Tolerance

    def late(self, stage: Stage, waited: float, *, begun: bool) -> str:
        """Return why an engine is given up that has been in a stage for `waited` seconds; "" where it is not.

        Once the run has `begun`, Ray may look for room as long as it likes.
        """
        if stage is Stage.FETCHING and waited > self.fetch_s:
            return f"its model was not fetched within cluster.fetch_timeout_s = {self.fetch_s:.0f} s"
        timed = (Stage.STARTING,) if begun else (Stage.PLACING, Stage.STARTING)
        if stage in timed and waited > self.start_s:
            return f"actors did not start within cluster.start_timeout_s = {self.start_s:.0f} s"
        return ""
