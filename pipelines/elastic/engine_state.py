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

    def ask_ready(self, member: Member, weights: str | None = None) -> Any: ...

    def answers(self, refs: Collection[Any]) -> Mapping[Any, Any]: ...

    def end(self, member: Member, limit_s: float = ...) -> None: ...

    def where(self, members: Collection[Member]) -> Mapping[str, tuple[str, ...]]: ...


class Stage(Enum):
    """Stage of an engine: waiting for room, loading its model, ready."""

    PLACING = auto()
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
    """Rules of a group: engines that a run begins with, seconds that a start may take, and what failures are borne."""

    quorum: int
    start_s: float
    tolerance: Tolerance
