"""Limits on what a sandboxed program may use, and the report of how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class How(StrEnum):
    """End of a program: its own (EXITED, SIGNALLED), or by the limit it went over.

    PROCESSES ends only an unsafe one; in the sandbox, starting more fails.
    """

    EXITED = "exited"
    SIGNALLED = "signalled"
    WALL_TIME = "wall_time"
    CPU_TIME = "cpu_time"
    MEMORY = "memory"
    OUTPUT = "output"
    PROCESSES = "processes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on a program and all processes it starts, together.

    * `wall_s`: from start to end, in seconds. `cpu_s`: CPU seconds.
    * `memory_mb`: resident memory plus files written, MiB; also the address space of each process by itself.
    * `processes`: processes and threads alive at once.
    * `output_bytes`: of stdout, and the same again of stderr.
    * `tmp_mb`: files in the working folder, MiB.
    """

    wall_s: float = 10.0
    cpu_s: int = 5
    memory_mb: int = 512
    processes: int = 16
    output_bytes: int = 1 << 20
    tmp_mb: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Report of how a program ended and what it left.

    * `how`: its own end, or the limit.
    * `status`: the exit status, or the signal's number where `how` is SIGNALLED; -9 where a limit ended it.
    * `stdout`: all of it, at most `Limits.output_bytes`. `stderr`: the last few kB.
    * `seconds`: wall clock. `cpu_s`: CPU seconds as last seen; a program shorter than 50 ms was never looked at.
    * `touched`: what it ran into without being ended by it, as far as was seen: "processes", "disk".
    """

    how: How
    status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    cpu_s: float = 0.0
    touched: frozenset[str] = field(default_factory=frozenset)
