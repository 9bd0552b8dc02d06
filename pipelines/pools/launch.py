"""Launch of one engine: on one node a plain actor, over several a leader in a group with room for all parts."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from actors import json_log
from actors.engine_runtime.launch import engine_shape_of, generator_arguments, generator_options
from actors.engine_runtime.shape import EngineShape
from actors.generator import Generator
from cluster.plan import PlannedNode
from factory.storage.opening import absolute
from pipelines.pools.pool import Pool, named_pool
from pipelines.run.settings import Settings

_TRACE_OF_A_CPU = 0.001


@dataclass(frozen=True, slots=True)
class StartedEngine:
    """Engine that was started; it may still be coming up, or wait for room.

    Attributes:
      name: name of its actor.
      actor: handle of the actor, of the leader where the engine has several parts.
      group: placement group that holds room for all parts; None on one node.
    """

    name: str
    actor: Any
    group: Any = None


def shape_of(pool: Pool, nodes: Sequence[PlannedNode]) -> EngineShape:
    """Return over how many of `nodes` each engine of a pool lies; as many as its config says where none are known.

    Raises `BadInput` for parts that cannot be spread evenly, and for a size that Ray cannot set aside.
    """
    kind, config = pool.engine.name, pool.engine_config
    with named_pool(pool.role):
        generator_options(kind, config)
        return engine_shape_of(kind, config, max((node.gpus for node in nodes), default=0.0))


def start_engine(pool: Pool, settings: Settings, shape: EngineShape, avoid: Collection[str] = ()) -> StartedEngine:
    """Start one engine of a pool, without waiting for it.

    Args:
      pool: what it is to be.
      settings: the run's, for the credentials of models in a store.
      shape: over how many nodes it lies (`shape_of`).
      avoid: ids of nodes where it is not to be; of an engine on several nodes, Ray chooses them.
    """
    kind, name = pool.engine.name, f"{Generator.__name__}-{uuid.uuid4().hex[:12]}"
    config = dict(pool.engine_config)
    if "nodes" in config:
        config["nodes"] = shape.nodes
    options = generator_options(kind, config) | {"name": name, "num_cpus": shape.cpus, "num_gpus": shape.gpus}
    # Its followers inherit the environment.
    options["runtime_env"]["env_vars"] |= json_log.environment(settings.cluster.address, settings.fingerprint)
    group = None
    if shape.nodes > 1:
        # Spread, as two parts on one node would leave room for none of another engine there.
        group = placement_group([_bundle(shape)] * shape.nodes, strategy="STRICT_SPREAD", name=name)
        options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=0)
    elif avoid:
        options["label_selector"] = off(avoid)
    arguments = generator_arguments(kind, config, named(pool.model), settings.storage)
    return StartedEngine(name, ray.remote(Generator).options(**options).remote(*arguments), group)


def give_back(groups: Iterable[Any]) -> None:
    """Give back the room of placement groups; None stands for one of an engine on one node, which has none."""
    for group in groups:
        if group is not None:
            # A cluster that is gone has no groups.
            with suppress(RayError):
                remove_placement_group(group)


def off(nodes: Collection[str]) -> dict[str, str]:
    """Return Ray's label selector that keeps an actor off these nodes."""
    names = ",".join(sorted(nodes))
    return {"ray.io/node-id": f"!in({names})" if len(nodes) > 1 else f"!{names}"}


def named(model: str) -> str:
    """Return `model` as actors on other machines find it: a folder as an absolute path, a name as it is."""
    return absolute(model) if "://" in model or Path(model).is_dir() else model


def _bundle(shape: EngineShape) -> dict[str, float]:
    """Return what one part of an engine asks of its node; Ray refuses a bundle of nothing."""
    wanted = {"CPU": shape.cpus, "GPU": shape.gpus}
    return {name: amount for name, amount in wanted.items() if amount} or {"CPU": _TRACE_OF_A_CPU}
