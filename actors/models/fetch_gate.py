"""Gate before the Hugging Face Hub: of a cluster's machines only a few fetch from it at the same time.

The Hub slows down or refuses whoever asks from 64 machines at once. A machine that is let in holds a lease; one that
dies with it holds up nobody for long. Without Ray, or without an answer of the gate, everybody goes in: it is there
to spare the Hub, not to stop a run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError

# Machines that fetch at a time, how long one of them may take, and between two questions of one that waits.
MACHINES, LEASE_S, ASK_S = 8, 900.0, 2.0
# Longest wait for an answer of the gate, and for its opening.
_ANSWER_S, _WAIT_S = 30.0, 3600.0
_NAME = "gate to the Hub"


class FetchGate:
    """Leases of machines, in the order of asking; an actor where there is Ray, else pure.

    Args:
      machines: most leases at a time.
      lease_s: seconds after which a lease ends by itself.
      clock: monotonic seconds.
    """

    def __init__(
        self, machines: int = MACHINES, lease_s: float = LEASE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._machines = machines
        self._lease_s = lease_s
        self._clock = clock
        # When the lease of each machine ends.
        self._ends: dict[str, float] = {}

    def enter(self, machine: str) -> bool:
        """Return whether a machine may fetch now; one that has a lease may, whoever on it asks."""
        now = self._clock()
        self._ends = {who: end for who, end in self._ends.items() if end > now}
        if machine not in self._ends and len(self._ends) >= self._machines:
            return False
        self._ends.setdefault(machine, now + self._lease_s)
        return True

    def leave(self, machine: str) -> None:
        """End a machine's lease."""
        self._ends.pop(machine, None)


@contextmanager
def through_gate(pause: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Wait until this machine may fetch, and hold its lease for the block; `pause` waits for some seconds."""
    if not ray.is_initialized():
        yield
        return
    machine = ray.get_runtime_context().get_node_id()
    gate = _waited(machine, pause)
    try:
        yield
    finally:
        if gate is not None:
            with suppress(RayError):
                gate.leave.remote(machine)


def _waited(machine: str, pause: Callable[[float], None]) -> Any:
    """Return the gate once it has let a machine in; None where it gives no answer, or never opens."""
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        # The gate ends with whoever has made it; then the next one makes another.
        options = {"name": _NAME, "get_if_exists": True, "num_cpus": 0}
        try:
            gate = ray.remote(FetchGate).options(**options).remote()
            if ray.get(gate.enter.remote(machine), timeout=_ANSWER_S):
                return gate
        except GetTimeoutError:
            return None
        except RayError:
            pass
        pause(ASK_S)
    return None
