"""Connection to Ray: to one of our own on this machine, or to a cluster that is there."""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import ray
from ray._private.services import canonicalize_bootstrap_address
from ray._private.state import available_resources_per_node
from ray.exceptions import RpcError

from cluster.head import look, refuse_client, sentence_for
from cluster.inventory import GPU_MEMORY_GB
from cluster.plan import PlannedNode
from cluster.session_guard import guarded, kill
from factory.errors import BadInput
from factory.interfaces import Say
from factory.processes import named_descendants

# Object store of a local Ray. Requests and rows are small and results are not kept, so half a gigabyte is plenty; Ray's
# own default is a third of the memory.
OBJECT_STORE_BYTES = 512 * 2**20

# Ray gives its node 30 s to come up, a limit that cannot be set. Beside heavy load that is too little, and a second or
# third start finds the files of the first in memory.
LOCAL_STARTS = 4
# Ray raises plain Exceptions, too, where its own processes come up late; their text is all there is to know them by.
_LATE = re.compile(r"timed out during startup|Timed out after|\bGCS\b|node info|raylet", re.IGNORECASE)
# Names of resources by which Ray tells the head node, and the type of a node's GPUs.
_HEAD, _GPU_TYPE = "node:__internal_head__", "accelerator_type:"
# Classes that Ray raises for a server of its own that does not answer.
_SLOW = (ConnectionError, TimeoutError, RuntimeError, RpcError)


@contextmanager
def connected(
    address: str, num_cpus: int | None = None, say: Say = lambda line: None, metrics_port: int = 0
) -> Iterator[None]:
    """Hold a Ray session for the block.

    A local Ray is shut down at the end; a cluster that was joined stays.

    Args:
      address: "local" for a Ray of our own, which never joins a cluster that happens to run here; "auto" or the address
        of a running head to join one.
      num_cpus: logical CPUs of a Ray of our own; None takes what the machine has.
      say: is told when a Ray of our own did not come up in time and is started again.
      metrics_port: port at which a Ray of our own serves measures to Prometheus; 0 leaves it to Ray.

    Raises:
      BadInput: no cluster answers at `address`, it runs another Ray or Python, or asks for a token; or Ray does not
        start on this machine.
    """
    # A session that this process has already (a notebook's, a test's) is used as it is and left alone.
    if ray.is_initialized():
        yield
        return

    # Start Ray, and note which processes that has started, also where it failed halfway.
    others = named_descendants(os.getpid())
    started: set[str] = set()
    try:
        for number in range(1, LOCAL_STARTS + 1):
            try:
                late = _connect(address, num_cpus, metrics_port)
            finally:
                started = named_descendants(os.getpid()) - others
            if late is None:
                break
            if number == LOCAL_STARTS:
                raise BadInput(
                    f"Ray did not come up on this machine in {LOCAL_STARTS} tries: it is too busy (load "
                    f"{os.getloadavg()[0]:.0f} on {os.cpu_count()} cores), or Ray's servers cannot run here. Ray says: "
                    f"{late}. Expected a core to spare; try again later, or join a running cluster with "
                    "cluster.address=auto."
                )
            say(f"Ray did not come up in time; starting it again (try {number + 1} of {LOCAL_STARTS})")
            ray.shutdown()
            kill(started)

        # A driver that is killed cannot shut Ray down, so a guard does.
        with guarded(started) if started else nullcontext():
            yield
    finally:
        ray.shutdown()
        # Where a Ctrl-C fell into the start, Ray leaves some of its processes.
        kill(started)


def _connect(address: str, num_cpus: int | None, metrics_port: int) -> str | None:
    """Call `ray.init`, deaf to Ctrl-C for that long.

    Returns None when it is up, and what Ray says of a local one that did not come up in Ray's own time. Raises
    `BadInput` when no cluster answers or takes us, and for a machine on which Ray cannot start.
    """
    # Without the first, workers run at nice 15. The second leaves CUDA_VISIBLE_DEVICES of actors without GPUs as it is,
    # which is the default, and saves the warning about it.
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    local = address == "local"
    if not local:
        # ray.init would wait for minutes where nobody answers.
        refuse_client(address)
        look(_head_of(address))

    # Ray's servers ignore SIGINT, but not from the very first. If one died of a Ctrl-C there, ray.init would wait
    # for a minute and more, deaf to signals; so they inherit a mask.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        ray.init(
            address=address,
            num_cpus=num_cpus if local else None,
            include_dashboard=False if local else None,
            object_store_memory=OBJECT_STORE_BYTES if local else None,
            _metrics_export_port=metrics_port or None if local else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:
        said = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        if local and (isinstance(error, _SLOW) or _LATE.search(str(error))):
            return said
        if local and isinstance(error, (OSError, ValueError)):
            raise BadInput(
                f"Ray cannot start on this machine: {said}. Expected room and permission in /tmp/ray or $RAY_TMPDIR, a "
                "short path; mend that, or join a running cluster with cluster.address=auto."
            ) from None
        if not local and (sentence := sentence_for(error, address)):
            raise BadInput(sentence) from None
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return None


def _head_of(address: str) -> str:
    """Return HOST:PORT of the head that Ray takes an address for. Raises `BadInput` where it knows none."""
    try:
        return canonicalize_bootstrap_address(address) or address
    except (OSError, ValueError) as error:
        raise BadInput(sentence_for(error, address) or str(error)) from None


def nodes_of_this_machine() -> list[PlannedNode]:
    """Return what a local Ray would offer, without starting one."""
    gpus = Path("/proc/driver/nvidia/gpus")
    return [PlannedNode(cpus=os.cpu_count() or 1, gpus=len(list(gpus.iterdir())) if gpus.is_dir() else 0)]


def free_of_cluster() -> list[PlannedNode]:
    """Return what nobody holds of the connected cluster at the moment, by node."""
    return [_planned(node_id, free) for node_id, free in available_resources_per_node().items()]


def nodes_of_cluster() -> list[PlannedNode]:
    """Return what the connected cluster has, by node that is alive."""
    return [_planned(node["NodeID"], node["Resources"]) for node in ray.nodes() if node["Alive"]]


def _planned(node_id: str, resources: Mapping[str, float]) -> PlannedNode:
    """Return a node by the amounts that Ray tells of it; the type of its GPUs is the name of one of these."""
    types = [name.removeprefix(_GPU_TYPE) for name in resources if name.startswith(_GPU_TYPE)]
    gpu_type = types[0] if types and resources.get("GPU") else ""
    return PlannedNode(
        cpus=resources.get("CPU", 0.0),
        gpus=resources.get("GPU", 0.0),
        id=node_id,
        head=_HEAD in resources,
        gpu_type=gpu_type,
        gpu_memory_gb=GPU_MEMORY_GB.get(gpu_type.upper(), 0),
    )
