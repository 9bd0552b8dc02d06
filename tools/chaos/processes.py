"""Processes of a run on this machine and their roles, read from the process table and decided by title and parent.

Only descendants of this process are ever looked at. A process is named PID:START, as in `factory/processes.py`.
"""

from __future__ import annotations

import ctypes
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.processes import PARENT, START, named_descendants, stat_fields
from tools.chaos.schedule import CHECKER, CHECKER_PROCESS, GENERATOR, WORKER, WRITER

_PR_SET_CHILD_SUBREAPER = 36
_TITLES = {
    WORKER: "ray::RolloutWorker",
    GENERATOR: "ray::Generator",
    CHECKER: "ray::AnswerChecker",
    WRITER: "ray::ShardWriter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProcess:
    """Process of a run. `title`: its command line, arguments separated by blanks; Ray's workers write theirs."""

    pid: int
    start: str
    parent: int
    title: str

    @property
    def name(self) -> str:
        """Name that no later process gets: id and start time."""
        return f"{self.pid}:{self.start}"


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent dies, from now on: none gets out of sight."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this system lets no process adopt orphans; expected Linux 3.4 or newer")


def family() -> list[RunProcess]:
    """Return the living descendants of this process; zombies are dead."""
    members = []
    for name in named_descendants(os.getpid()):
        pid, _, start = name.partition(":")
        fields = stat_fields(int(pid))
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            # It has ended since.
            continue
        if title and fields and fields[START] == start:
            words = title.decode(errors="replace").replace("\0", " ").strip()
            members.append(RunProcess(pid=int(pid), start=start, parent=int(fields[PARENT]), title=words))
    return sorted(members, key=lambda process: process.pid)


def reap(keep: Collection[int | None]) -> None:
    """Reap adopted children that have ended; `keep` are those whose end somebody waits for."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        if int(pid) not in keep:
            try:
                os.waitpid(int(pid), os.WNOHANG)
            except ChildProcessError:
                continue


def raylets(processes: Sequence[RunProcess]) -> set[int]:
    """Return the process ids of the nodes."""
    return {process.pid for process in processes if process.title.split(" ")[0].endswith("/raylet")}


def playing(role: str, processes: Sequence[RunProcess]) -> list[RunProcess]:
    """Return the processes that play `role`.

    An actor whose node is dead plays none, though it may still live for a while.
    """
    nodes = raylets(processes)
    if role == CHECKER_PROCESS:
        return [process for process in processes if "actors.checking.zygote" in process.title]
    return [process for process in processes if process.title.startswith(_TITLES[role]) and process.parent in nodes]


def actors(processes: Sequence[RunProcess]) -> dict[str, list[RunProcess]]:
    """Return the actors of all roles."""
    return {role: playing(role, processes) for role in _TITLES}


def of_a_fleet(processes: Sequence[RunProcess]) -> list[RunProcess]:
    """Return the actors of a run and their processes, also those whose node is dead."""
    titles = tuple(_TITLES.values())
    checking = {process.pid for process in playing(CHECKER_PROCESS, processes)}
    return [process for process in processes if process.title.startswith(titles) or process.pid in checking]


def whole(processes: Sequence[RunProcess], wanted: Mapping[str, int], gone: Collection[str]) -> bool:
    """Return True when as many processes as `wanted` play each role.

    Args:
      processes: processes of the run.
      wanted: number by role.
      gone: names of processes that do not count.
    """
    counts = Counter({
        role: sum(process.name not in gone for process in members) for role, members in actors(processes).items()
    })  # fmt: skip
    return all(counts[role] >= count for role, count in wanted.items())
