"""Program that has two engines of 2 × 8 logical GPUs on a cluster of four nodes, and kills parts of them.

A process of its own, as the test's has another Ray: `python over_nodes.py` prints one line of JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError
from support.runs import settings_for
from support.waiting import wait_until

from cluster import session_guard
from cluster.connect import connected, free_of_cluster, nodes_of_cluster
from cluster.plan import placement
from factory.types import GenerateRequest
from pipelines.pools.engines import demands_of
from pipelines.run.engine_pools import launched
from tools.chaos.cluster import nodes
from tools.chaos.engine_over_nodes.parts import FOLLOWER, LEADER, parts_of, placed, planned, playing
from tools.chaos.processes import family

NODES, GPUS, ENGINES, SPAN = 4, 8, 2, 2
REPLACED_S = 300.0


def killed(part: str, engines: Sequence[Any]) -> dict[str, Any]:
    """Kill one part of an engine; return how many parts there are when both engines answer again, and from before."""
    before = {process.name for process in parts_of(family())}
    session_guard.kill({playing(part, family())[0].name})

    def kept(of: str) -> int:
        return sum(process.name in before for process in playing(of, family()))

    gone = within(lambda: kept(LEADER) + kept(FOLLOWER) <= (ENGINES - 1) * SPAN)
    # A new leader has its followers come up when it is asked.
    request = GenerateRequest(question_id="q", prompt="gold answer 7", n=1)
    answered = [within(lambda engine=engine: asked(engine.generate, [request])) for engine in engines]
    whole = within(lambda: len(parts_of(family())) == ENGINES * SPAN)
    return {
        "whole": gone and whole,
        "answered": answered,
        "kept": [kept(LEADER), kept(FOLLOWER)],
        "placed": placed(family()),
    }


def asked(method: Any, *arguments: Any) -> Any:
    """Return what an engine answers."""
    return ray.get(method.remote(*arguments), timeout=REPLACED_S)


def within(holds: Callable[[], object]) -> bool:
    """Return True once something holds, False when that takes too long; a dead engine does not answer yet."""

    def came() -> bool:
        try:
            return bool(holds())
        except RayActorError:
            return False

    try:
        wait_until(came, seconds=REPLACED_S)
    except AssertionError:
        return False
    return True


def figures() -> dict[str, Any]:
    """Return what came of two engines, by what was done to them."""
    size = {"num_cpus": 1, "num_gpus": GPUS}
    engine = {"kind": "simulated", "num_gpus": GPUS * SPAN, "nodes": 0}
    with nodes(workers=NODES - 1, size=size, head=size) as made, connected(made.address):
        settings = settings_for(Path("unused"), engine=engine, cluster={"generators": ENGINES})
        there = nodes_of_cluster()
        plan = placement(demands_of(settings, nodes=there), there)
        with launched(settings) as fleet:
            handles = fleet.generators
            came = {
                "planned": planned(plan, "generator"),
                "placed": placed(family()),
                "nodes": [asked(handle.ready)["nodes"] for handle in handles],
                "free_gpus": sum(node.gpus for node in free_of_cluster()),
                "follower": killed(FOLLOWER, handles),
                "leader": killed(LEADER, handles),
            }
        # Groups are taken down behind the call.
        freed = within(lambda: sum(node.gpus for node in free_of_cluster()) == NODES * GPUS)
        return came | {"freed": freed, "left": len(parts_of(family()))}


if __name__ == "__main__":
    began = time.monotonic()
    print(json.dumps(figures() | {"seconds": round(time.monotonic() - began, 1)}))
