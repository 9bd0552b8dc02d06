"""Hands of a run: its rollout workers, answer checkers and shard writers, and how Ray spreads them over the nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cluster.plan import PlannedNode, placement
from pipelines.pools.engines import demands_of, restarted
from pipelines.pools.launch import off
from pipelines.run.settings import Settings

WORKER, CHECKER, WRITER = "rollout worker", "answer checker", "shard writer"
"""Roles of hands, as the plan of a run names them."""

# Commits that a writer makes at the same time: a commit to S3 is mostly waiting.
COMMITS_AT_A_TIME = 4


def hand_options(settings: Settings, role: str, keep_off: Collection[str] = ()) -> dict[str, Any]:
    """Return Ray's options of a hand, which is spread: Ray puts the next one where most is free.

    Args:
      settings: the validated config.
      role: `WORKER`, `CHECKER` or `WRITER`.
      keep_off: ids of nodes where it is not to be.
    """
    options = restarted(settings, role) | {"scheduling_strategy": "SPREAD"}
    if role == WRITER:
        options["max_concurrency"] = COMMITS_AT_A_TIME
    if keep_off:
        options["label_selector"] = off(keep_off)
    return options


def heads_to_keep_off(settings: Settings, nodes: Sequence[PlannedNode]) -> frozenset[str]:
    """Return the ids of head nodes where hands have no business: all, unless no other node has room for every hand."""
    heads = frozenset(node.id for node in nodes if node.head and node.id)
    if len(heads) == len(nodes):
        return frozenset()
    plan = placement(demands_of(settings, nodes=nodes), nodes)
    return heads if plan.why_not_least is None and not plan.remarks else frozenset()
