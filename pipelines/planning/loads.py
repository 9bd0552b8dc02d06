"""Loads of a config's engines, for the estimate of a plan: how large each model is, and what a question asks of it.

Nothing is started; of a model in a local folder, `config.json` and the sizes of the files are looked at.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cluster.estimate import UTILIZATION, EngineLoad
from cluster.model_size import ModelSize, size_of
from cluster.plan import Placement, PlannedNode
from factory.types import POLICY
from pipelines.pools.engines import demand_of
from pipelines.pools.pool import Pool
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import MEAN_LENGTH, SOLUTIONS_PER_FIRST, Settings

UNLABELLED = "none"
"""Name of the labeller that asks for nothing."""
# Further arguments of vLLM, by parts of their names, that change what its memory holds.
_ABOUT_MEMORY = ("quantization", "dtype", "offload", "kv_", "load_format", "memory", "max_model_len", "parallel")


def loads_of(settings: Settings, made: Placement, nodes: Sequence[PlannedNode]) -> list[EngineLoad]:
    """Return the load of each pool that is asked, the policy's first.

    Args:
      settings: the validated config.
      made: places of its actors.
      nodes: the nodes that these were made for.
    """
    return [_load(settings, pool, made, nodes) for pool in asked_pools(settings).values()]


def _load(settings: Settings, pool: Pool, made: Placement, nodes: Sequence[PlannedNode]) -> EngineLoad:
    demand, config = demand_of(pool, nodes), pool.engine.config
    places = [actor.nodes for actor in made.placed if actor.role == demand.role]
    memory: dict[str, float] = {}
    for node in (nodes[at] for place in places for at in place):
        memory[node.gpu_type] = min(memory.get(node.gpu_type, math.inf), node.gpu_memory_gb)
    tokens, tokens_source = _tokens(settings, pool.role)
    size = _size(pool.model, config)
    # Keys of vLLM's engine; another one has none of them, and computes on whatever it gets.
    parts = getattr(config, "tensor_parallel_size", math.inf) * getattr(config, "pipeline_parallel_size", 1)
    return EngineLoad(
        role=demand.role,
        engines=Counter(nodes[place[0]].gpu_type for place in places),
        gpus=min(demand.gpus * demand.nodes, parts),
        size=size,
        tokens=tokens,
        tokens_source=tokens_source,
        gpu_memory_gb=memory,
        utilization=getattr(config, "gpu_memory_utilization", None) or UTILIZATION,
        longest=getattr(config, "max_model_len", None) or size.longest,
    )


def _size(model: str, config: Any) -> ModelSize:
    """Return the size of a model in the memory of its engine, unknown where the engine's settings change it."""
    size = size_of(model, 4.0 if getattr(config, "dtype", None) in ("float32", "float") else 2.0)
    quantization = getattr(config, "quantization", None)
    changing = [key for key in getattr(config, "extra", {}) if any(part in key for part in _ABOUT_MEMORY)]
    if changing:
        why = f"engine.extra has {changing[0]}"
    elif quantization and not size.quantised:
        why = f"engine.quantization is {quantization}, and its files are not quantised"
    else:
        return size
    return replace(size, weight_gb=None, kv_bytes=None, source=f"{size.source}, but {why}")


def _tokens(settings: Settings, role: str) -> tuple[float | None, str]:
    """Return the tokens that a question has the engines of a role write, with where that is from; None if unknown."""
    search, labeller = settings.search, settings.supervision.name
    first = sum(getattr(search.config, name) for name in search.plugin.EFFORT) or 1
    further = 0 if labeller == UNLABELLED else first * (SOLUTIONS_PER_FIRST - 1)
    share = f"{MEAN_LENGTH:g} of sampling.max_tokens each, an assumption"
    written = MEAN_LENGTH * settings.sampling.max_tokens
    if role == settings.completer != POLICY:
        return further * written, f"{further:,} rollouts of {labeller}, as an assumption, and {share}"
    if role != POLICY:
        return None, "as what a question asks of it is known only when a run has begun"
    if not further or settings.completer != POLICY:
        return first * written, f"{first:,} solutions of {search.name}, {share}"
    whole = f"{first:,} solutions of {search.name} and {further:,} rollouts of {labeller}, as an assumption"
    return (first + further) * written, f"{whole}, and {share}"
