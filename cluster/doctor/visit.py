"""Visit to every node of the connected cluster: one small task each, all at once, with a limit of time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError

from cluster.doctor.contract import Examined, NodeTest
from cluster.doctor.probes import probe

VISIT_S, CALL_S = 120.0, 30.0


def examined(folders: Sequence[str], tests: Sequence[NodeTest], limit_s: float = VISIT_S) -> list[Examined]:
    """Return all nodes that are alive, with what each says of itself.

    Args:
      folders: folders whose free space matters.
      tests: tests of the run's own code.
      limit_s: seconds that a node may take; one that takes longer has not answered.

    Returns:
      One for each node, sorted by name.
    """
    asked = time.time()
    left = {_ask(node, folders, tests): node for node in ray.nodes() if node["Alive"]}
    deadline = time.monotonic() + limit_s
    visited: list[Examined] = []
    while left:
        # One after the other as they come: the moment at which one has come tells what its clock may show.
        ready, _ = ray.wait([*left], num_returns=1, timeout=max(0.0, deadline - time.monotonic()))
        if not ready:
            break
        visited.append(_answered(left.pop(ready[0]), ready[0], asked))
    for answer, node in left.items():
        ray.cancel(answer, force=True)
        visited.append(replace(_silent(node), trouble=f"has not answered within {limit_s:.0f} s"))
    return sorted(visited, key=lambda node: node.name)


def _ask(node: dict[str, Any], folders: Sequence[str], tests: Sequence[NodeTest]) -> Any:
    """Send the task to a node; return the reference to its answer."""
    cpus, gpus = node["Resources"].get("CPU", 0.0), node["Resources"].get("GPU", 0.0)
    wanted = [test for test in tests if cpus >= test.cpus and gpus >= test.gpus]
    task = ray.remote(num_cpus=0, max_retries=0)(probe)
    # The node itself, by its label: it may have no processor free, or none at all.
    here = task.options(label_selector={"ray.io/node-id": node["NodeID"]})
    return here.remote(node["NodeManagerAddress"], list(folders), wanted)


def _answered(node: dict[str, Any], answer: Any, asked: float) -> Examined:
    """Return a node whose task has ended."""
    answered = time.time()
    try:
        return replace(_silent(node), probe=ray.get(answer, timeout=CALL_S), asked=asked, answered=answered)
    except RayError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = lines[-1][:300] if lines else type(error).__name__
        return replace(_silent(node), trouble=f"could not be examined: {said}")


def _silent(node: dict[str, Any]) -> Examined:
    """Return a node that has not said anything yet."""
    resources = node["Resources"]
    return Examined(name=node["NodeManagerAddress"], cpus=resources.get("CPU", 0.0), gpus=resources.get("GPU", 0.0))
