"""Connecting to Ray: an own one on this machine, or a cluster that is there."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import ray
from ray._private.state import available_resources_per_node

from cluster.plan import PlannedNode
from cluster.session_guard import descendants, guarded, kill
from factory.errors import BadInput

OBJECT_STORE_BYTES = 512 * 2**20  # of a local Ray: requests and rows are small, results are never hoarded


@contextmanager
def connected(address: str) -> Iterator[None]:
    """A Ray session for the block. "local" never joins a cluster that happens to run here.

    A local one is shut down at the end; a cluster that was joined stays. A session this process has already (a
    notebook's, a test's) is used as it is and left alone. Raises `BadInput` when none answers.
    """
    if ray.is_initialized():
        yield
        return
    others = descendants(os.getpid())
    started: set[str] = set()
    try:
        try:
            _connect(address)
        finally:
            started = descendants(os.getpid()) - others
        with guarded(started) if started else nullcontext():
            yield
    finally:
        ray.shutdown()
        kill(started)  # where a Ctrl-C fell into the start, Ray leaves some


def _connect(address: str) -> None:
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    local = address == "local"
    # Ray's servers ignore SIGINT, but not from the very first. If one died of a Ctrl-C there, ray.init would wait
    # for a minute and more, deaf to signals; so they inherit a mask.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        ray.init(
            address=address,
            include_dashboard=False if local else None,
            object_store_memory=OBJECT_STORE_BYTES if local else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BadInput(
            f"no Ray cluster answers at {address!r}: {str(error).splitlines()[0][:200]}. "
            "Expected cluster.address=local, auto, or the address of a running head."
        ) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def nodes_of_this_machine() -> list[PlannedNode]:
    """What a local Ray would offer, without starting one."""
    gpus = Path("/proc/driver/nvidia/gpus")
    return [PlannedNode(cpus=os.cpu_count() or 1, gpus=len(list(gpus.iterdir())) if gpus.is_dir() else 0)]


def free_of_cluster() -> list[PlannedNode]:
    """What of the connected cluster nobody holds at the moment, by node."""
    free = available_resources_per_node().values()
    return [PlannedNode(cpus=node.get("CPU", 0.0), gpus=node.get("GPU", 0.0)) for node in free]


def nodes_of_cluster() -> list[PlannedNode]:
    """What the connected cluster has, alive nodes only."""
    return [
        PlannedNode(cpus=node["Resources"].get("CPU", 0.0), gpus=node["Resources"].get("GPU", 0.0))
        for node in ray.nodes()
        if node["Alive"]
    ]
