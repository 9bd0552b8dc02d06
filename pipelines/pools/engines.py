"""Engines and hands of a run as demands on a cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from actors import json_log
from cluster.plan import Demand, PlannedNode, demands
from factory.types import POLICY
from pipelines.pools.launch import shape_of
from pipelines.pools.pool import Pool
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import Settings

Facts = Mapping[str, Any]
"""Facts that an engine says of itself (`Generator.ready`)."""


def demands_of(
    settings: Settings, roles: Collection[str] | None = None, nodes: Sequence[PlannedNode] = ()
) -> list[Demand]:
    """Return what `settings` asks of a cluster.

    Args:
      settings: the validated config.
      roles: roles whose engines count, beside the hands; None for all that somebody asks.
      nodes: nodes of the cluster, by which an engine that is too large for one lies over several.

    Raises:
      BadInput: parts of an engine cannot be spread evenly.
    """
    size = settings.cluster
    asked = asked_pools(settings)
    return demands(
        engines=[demand_of(pool, nodes) for role, pool in asked.items() if roles is None or role in roles],
        workers=settings.workers,
        # A judge asks an engine and needs no actor of its own.
        checkers=size.checkers if settings.checker.plugin.judge is None else 0,
        writers=size.writers,
    )


def demand_of(pool: Pool, nodes: Sequence[PlannedNode] = ()) -> Demand:
    """Return what the engines of a pool ask of a cluster of these nodes. Raises `BadInput` as `shape_of` does."""
    shape = shape_of(pool, nodes)
    return Demand(
        role="generator" if pool.role == POLICY else f"{pool.role} engine",
        count=pool.replicas,
        cpus=shape.cpus,
        gpus=shape.gpus,
        key=pool.key,
        nodes=shape.nodes,
    )


def restarted(settings: Settings, role: str) -> dict[str, Any]:
    """Return options of an actor that Ray starts again when it dies, with the CPUs that `demands_of` plans for it."""
    [cpus] = [demand.cpus for demand in demands_of(settings) if demand.role == role]
    variables = json_log.environment(settings.cluster.address, settings.fingerprint)
    # An environment of its own, be it empty, would keep it from a process that Ray has ready.
    own = {"runtime_env": {"env_vars": variables}} if variables else {}
    return {"num_cpus": cpus, "max_restarts": -1, **own}
