"""Parts of an engine over several nodes as the process table shows them, and what has to hold once one was killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cluster.plan import Placement
from tools.chaos.processes import RunProcess, raylets

LEADER, FOLLOWER = "leader", "follower"
TITLES = {LEADER: "ray::Generator", FOLLOWER: "ray::EngineFollower"}


@dataclass
class Death:
    """Kill of one part of an engine.

    Attributes:
      part: which one, `LEADER` or `FOLLOWER`.
      pid: its process; 0 where none was killed.
      units: units committed by then.
      replaced_s: seconds until all parts were there again, each in another process; None where they never were.
      working_s: seconds until a unit was committed that was begun after the kill.
      kept: parts from before that were still there when the new ones were.
      left: processes of the old parts that still lived when that unit was committed.
    """

    part: str
    pid: int = 0
    units: int = 0
    replaced_s: float | None = None
    working_s: float | None = None
    kept: int = 0
    left: int = 0


def playing(part: str, processes: Sequence[RunProcess]) -> list[RunProcess]:
    """Return the processes that play a part, on whatever node."""
    nodes = raylets(processes)
    return [process for process in processes if process.title.startswith(TITLES[part]) and process.parent in nodes]


def parts_of(processes: Sequence[RunProcess]) -> list[RunProcess]:
    """Return the processes of all parts, the leader's first."""
    return [process for part in TITLES for process in playing(part, processes)]


def with_descendants(ancestors: Sequence[RunProcess], processes: Sequence[RunProcess]) -> set[str]:
    """Return the names of processes and of all that are below them, such as those in which vLLM computes."""
    pids, names, before = {one.pid for one in ancestors}, {one.name for one in ancestors}, 0
    while len(pids) > before:
        before = len(pids)
        below = [process for process in processes if process.parent in pids]
        pids |= {process.pid for process in below}
        names |= {process.name for process in below}
    return names


def is_whole(processes: Sequence[RunProcess], nodes: int, gone: Collection[str] = ()) -> bool:
    """Return True when an engine has all its parts.

    Args:
      processes: processes of the run.
      nodes: number of parts.
      gone: names of processes that do not count.
    """
    counts = {part: sum(one.name not in gone for one in playing(part, processes)) for part in TITLES}
    return counts == {LEADER: 1, FOLLOWER: nodes - 1}


def placed(processes: Sequence[RunProcess]) -> list[int]:
    """Return how many parts are on each node that has any."""
    return sorted(Counter(process.parent for process in parts_of(processes)).values())


def planned(placement: Placement, role: str) -> list[int]:
    """Return how many parts of the engines of a role a plan puts on each node that has any."""
    return sorted(Counter(node for actor in placement.placed if actor.role == role for node in actor.nodes).values())


def death_faults(death: Death) -> list[str]:
    """Return a sentence for everything that does not hold after a kill."""
    if not death.pid:
        return [f"no {death.part} was killed: the run was over before"]
    if death.replaced_s is None:
        return [f"the engine was not replaced after its {death.part} was killed"]
    faults = []
    if death.kept:
        faults.append(f"{death.kept} parts outlived the {death.part}: expected the whole engine to be replaced")
    if death.working_s is None:
        faults.append(f"no unit that was begun after the {death.part} was killed was committed")
    if death.left:
        faults.append(f"{death.left} processes of the old engine were left after its {death.part} was killed")
    return faults
