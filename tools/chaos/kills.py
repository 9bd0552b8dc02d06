"""Kills: how a process of each role is killed, and how one sees that the role is filled again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from cluster import session_guard
from tools.chaos.cluster import Nodes
from tools.chaos.drivers import Drivers
from tools.chaos.processes import RunProcess, actors, family, playing, whole
from tools.chaos.schedule import CHECKER, CHECKER_PROCESS, DRIVER, GENERATOR, NODE, S3_SERVER, WORKER, WRITER, Kill

T = TypeVar("T")
FLEET = {GENERATOR: 1, WORKER: 2, CHECKER: 1, WRITER: 2}


class Server(Protocol):
    """Storage server that can be killed and started again."""

    @property
    def pid(self) -> int | None: ...

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass
class Wound:
    """Kill that was made.

    * `gone`: processes that must not be taken for their own successors.
    * `units`: units committed by then.
    * `seconds`: until the role was filled again and a new unit committed; None while, or if, it was not.
    """

    kill: Kill
    at: float
    gone: set[str] = field(default_factory=set)
    # Committed by then.
    units: int = 0
    back_at: float | None = None
    seconds: float | None = None


def strike(kill: Kill, nodes: Nodes, drivers: Drivers, server: Server | None) -> Wound | None:
    """Kill one process that plays the role of `kill`, and return the kill.

    Args:
      kill: role and draw.
      nodes: nodes of the cluster.
      drivers: drivers of the run.
      server: storage server; None for a local folder.

    Returns:
      None, with nothing done, while not every role is filled.
    """
    processes = family()
    if drivers.pid is None or not whole(processes, FLEET, ()):
        return None
    wound = Wound(kill=kill, at=time.monotonic())
    if kill.role == DRIVER:
        wound.gone = {process.name for members in actors(processes).values() for process in members}
        drivers.kill()
    elif kill.role == S3_SERVER:
        assert server is not None
        server.kill()
        time.sleep(kill.down_s)
        server.start()
    elif kill.role == NODE:
        node = _pick(nodes.workers, kill)
        wound.gone = {process.name for process in processes if process.parent == node}
        nodes.kill(node)
        nodes.add()
    else:
        victims = playing(kill.role, processes)
        if not victims:
            # Of the checker's processes there are none before they are needed.
            return None
        victim = _pick(victims, kill)
        wound.gone = _with_children(victim, processes)
        session_guard.kill({victim.name})
    return wound


def back(wound: Wound) -> bool:
    """Return True when the whole fleet is there again, without counting those that were killed."""
    processes = family()
    successors = [process for process in playing(CHECKER_PROCESS, processes) if process.name not in wound.gone]
    if wound.kill.role == CHECKER_PROCESS and not successors:
        return False
    return whole(processes, FLEET, wound.gone)


def _pick(victims: Sequence[T], kill: Kill) -> T:
    return victims[int(kill.draw * len(victims))]


def _with_children(victim: RunProcess, processes: Iterable[RunProcess]) -> set[str]:
    """Return the victim and the processes that die with it."""
    gone = {victim.pid}
    # An actor's zygote, the zygote's workers.
    for _ in range(2):
        gone |= {process.pid for process in processes if process.parent in gone}
    return {process.name for process in processes if process.pid in gone}
