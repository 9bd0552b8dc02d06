"""Questions of the doctor to a node, the node's answers, and a line of the doctor's report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

OK, NOTE, PROBLEM = "ok", "note", "problem"
"""Worth of a line: all is well; worth knowing; a run would fail or suffer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTest:
    """Test that a run's own code does on a node.

    Attributes:
      check: name of the line in the report, such as "model".
      call: returns what is worth saying, and raises `BadInput` with what is wrong and what to do; picklable.
      cpus, gpus: least that a node has on which it is done; on others, nothing is run that it is about.
    """

    check: str
    call: Callable[[], str]
    cpus: float = 0.0
    gpus: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Possessions of a node, as it says itself. Sizes are in bytes.

    Attributes:
      address: IP address.
      python: version, such as "3.11.9".
      packages: versions of the distributions that matter, by name; one that is not installed is left out.
      source: hash of the factory's own source files.
      cuda: CUDA version that torch was built for; "" for none.
      gpus: memory of each GPU that the driver shows, by "index name".
      driver: version of the GPU driver; "" where there is none.
      shm, shm_free: size of /dev/shm, and what is free of it.
      disks: free bytes by folder, of the folders that matter.
      open_files: most files that a process may have open.
      clock: seconds since 1970 when the probe began.
      took: seconds that it took from there on, whatever the clock says.
      port_trouble: what went wrong when a port was opened and reached; "" when nothing did.
      said: what the run's own tests say, by check.
      wrong: what they found wrong, by check.
    """

    address: str
    python: str
    packages: Mapping[str, str]
    source: str
    cuda: str = ""
    gpus: Mapping[str, int] = field(default_factory=dict)
    driver: str = ""
    shm: int = 0
    shm_free: int = 0
    disks: Mapping[str, int] = field(default_factory=dict)
    open_files: int = 0
    clock: float = 0.0
    took: float = 0.0
    port_trouble: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Node, as the doctor knows it after its visit.

    Attributes:
      name: name for the report.
      cpus, gpus: what Ray counts there.
      probe: what it has; None when it did not answer.
      trouble: why it did not answer; "" when it did.
      asked, answered: driver's clock before and after the probe, in seconds since 1970.
    """

    name: str
    cpus: float = 0.0
    gpus: float = 0.0
    probe: Probe | None = None
    trouble: str = ""
    asked: float = 0.0
    answered: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Needs of a run on a node.

    Attributes:
      engines: distributions that the engines need, such as "vllm"; one of several joined by "|".
      gpus: most GPUs that one engine takes on a node; 0 for engines on CPUs.
      parts: processes of one engine on a node, which talk to each other by shared memory.
    """

    engines: tuple[str, ...] = ()
    gpus: float = 0.0
    parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Line of the report: which nodes, what was looked at, its worth, what is so, and what to do where it is wrong."""

    nodes: tuple[str, ...]
    check: str
    worth: str
    said: str
    todo: str = ""
