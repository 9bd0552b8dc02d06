"""Ray cluster of several nodes on this machine, which can be killed; nothing of it outlives the block."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from ray._raylet import GcsClient  # type: ignore[attr-defined]  # left out of its stub
from ray.cluster_utils import Cluster
from ray.core.generated import autoscaler_pb2

from cluster.connect import LOCAL_STARTS
from cluster.session_guard import guarded, kill
from factory.processes import named_descendants
from tools.chaos.processes import adopt_orphans, family, raylets, reap

WORKER_NODES, SIZE = 2, {"num_cpus": 2}
# A killed node always takes part of the fleet along, as there is no room on the head.
HEAD = {"num_cpus": 0}
OBJECT_STORE_BYTES = 100 * 2**20
SYSTEM = {  # a killed node is missed after 2.5 s, a busy one never
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 5,
    "health_check_timeout_ms": 10_000,
}
START_S, END_S = 120.0, 20.0


class Nodes:
    """Nodes of the cluster; a driver joins `address`. Made by `nodes`, which says what the arguments are."""

    def __init__(self, workers: int, size: Mapping[str, float], head: Mapping[str, float]) -> None:
        self._guards = ExitStack()
        self._gcs: Any = None
        common: dict[str, Any] = {"object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
        self._worker = {**common, **size}
        self._cluster = Cluster(initialize_head=True, head_node_args={**common, **head, "_system_config": SYSTEM})
        for _ in range(workers):
            self._cluster.add_node(wait=False, **self._worker)
        self._settle()

    @property
    def address(self) -> str:
        """Address that a driver joins."""
        return str(self._cluster.address)

    @property
    def workers(self) -> list[int]:
        """Return the process ids of the raylets that may be killed, oldest first."""
        return sorted(_raylet(node) for node in self._cluster.worker_nodes)

    def add(self) -> None:
        """Add a fresh node; return when the cluster knows it, and has missed those that are dead."""
        self._cluster.add_node(wait=False, **self._worker)
        self._settle()

    def join(self) -> int:
        """Add a fresh node, and return its raylet's process id; others may be dying meanwhile, or dead and not missed.

        A busy machine may be too slow for Ray, which raises plain Exceptions then; the node is started again.
        """
        for tries_left in reversed(range(LOCAL_STARTS)):
            try:
                node = self._cluster.add_node(wait=False, **self._worker)
                break
            except Exception:
                if not tries_left:
                    raise
                self._end_halves()
        self.guard()
        return _raylet(node)

    def drain(self, pid: int, seconds: float | None) -> None:
        """Tell the cluster that a node is about to be taken away; Ray ends nothing of it.

        Args:
          pid: process id of its raylet.
          seconds: time until then; None says of no time.

        Raises:
          RuntimeError: Ray refuses.
        """
        at_ms = 0 if seconds is None else int((time.time() + seconds) * 1000)
        reason = autoscaler_pb2.DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
        # One client for all: beside heavy load Ray once took more than its minute to answer a new one.
        self._gcs = self._gcs or GcsClient(address=self.address)
        accepted, why = self._gcs.drain_node(self._node(pid).node_id, reason, "chaos", at_ms)
        if not accepted:
            raise RuntimeError(f"Ray does not drain the node of raylet {pid}: {why}")

    def kill(self, pid: int) -> None:
        """Kill the raylet `pid` by SIGKILL, then end what else its node had; its workers are left to themselves."""
        node = self._node(pid)
        # A child of ours that has not been reaped: no other process can have its id.
        os.kill(pid, signal.SIGKILL)
        self._cluster.remove_node(node, allow_graceful=False)

    def _node(self, pid: int) -> Any:
        """Return Ray's node of a raylet."""
        [node] = [node for node in self._cluster.worker_nodes if _raylet(node) == pid]
        return node

    def _end_halves(self) -> None:
        """Kill the raylets that belong to no node: starts that were given up."""
        known = {_raylet(node) for node in self._cluster.list_all_nodes()}
        processes = family()
        halves = raylets(processes) - known
        kill({process.name for process in processes if process.pid in halves})

    def _settle(self) -> None:
        """Return when the cluster knows all nodes that are there."""
        self._cluster.wait_for_nodes(START_S)
        self.guard()

    def guard(self) -> None:
        """Arrange that all that runs now is killed when this process dies."""
        before, self._guards = self._guards, ExitStack()
        self._guards.enter_context(guarded(named_descendants(os.getpid())))
        before.close()

    def close(self) -> None:
        """Stop all nodes."""
        self._guards.close()
        self._cluster.shutdown()


@contextmanager
def nodes(
    workers: int = WORKER_NODES, size: Mapping[str, float] = SIZE, head: Mapping[str, float] = HEAD
) -> Iterator[Nodes]:
    """Open a block with a running cluster; afterwards every process that was started in the block is gone.

    Args:
      workers: nodes beside the head.
      size: logical resources of each of them, by Ray's names (`num_cpus`, `num_gpus`).
      head: those of the head.
    """
    adopt_orphans()
    logging.getLogger("ray").setLevel(logging.ERROR)
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray's own spelling; without it workers run at nice 15
    others = named_descendants(os.getpid())
    # A short path: socket names end at 107 bytes.
    folder = tempfile.mkdtemp(prefix="ray-")
    before = os.environ.get("RAY_TMPDIR")
    # Otherwise /tmp/ray would tell every other Ray program of this cluster.
    os.environ["RAY_TMPDIR"] = folder
    made: Nodes | None = None
    try:
        for tries_left in reversed(range(LOCAL_STARTS)):
            try:
                made = Nodes(workers, size, head)
                break
            # Ray gives a node 30 s to come up, also beside other load, and says no more than that it took longer.
            except Exception:
                if not tries_left:
                    raise
                end(others)
        assert made is not None
        yield made
    finally:
        if made is not None:
            # Processes that it could not end are killed below.
            with suppress(Exception):
                made.close()
        end(others)
        if before is None:
            del os.environ["RAY_TMPDIR"]
        else:
            os.environ["RAY_TMPDIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


def end(others: set[str]) -> None:
    """Kill all descendants but `others` by SIGKILL, also those that they leave behind."""
    deadline = time.monotonic() + END_S
    keep = {int(name.partition(":")[0]) for name in others}
    while (left := named_descendants(os.getpid()) - others) and time.monotonic() < deadline:
        kill(left)
        reap(keep)
        time.sleep(0.1)


def _raylet(node: Any) -> int:
    return int(node.all_processes["raylet"][0].process.pid)
