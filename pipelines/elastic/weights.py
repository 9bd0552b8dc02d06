"""Weights of a pool of engines: the pool's own model, or others of the same kind, swapped in where the engines run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from factory.errors import FactoryError, WeightsRefused
from pipelines.elastic.engine_group import EngineGroup
from pipelines.elastic.engine_state import EngineWorld
from pipelines.pools.engines import Facts
from pipelines.pools.launch import named

# Seconds between two looks at who has loaded them.
WAIT_S = 0.05


@dataclass(frozen=True)
class ServedWeights:
    """Weights that a pool answers with: their path, None for those it was started with, and its facts."""

    path: str | None
    facts: Facts


def answering(group: EngineGroup, world: EngineWorld, model: str, limit_s: float) -> ServedWeights:
    """Have a pool answer with a model from now on, also those that join later, and return its weights.

    Args:
      group: engines of the pool, some of them up.
      world: Ray.
      model: name or folder of the model; its weights fit into these engines.
      limit_s: seconds that loading may take.

    Raises:
      WeightsRefused: an engine cannot load them, or all die of it.
      FactoryError: loading takes too long, or the engines have loaded different weights.
    """
    if model == group.pool.model:
        group.serve(None)
        return ServedWeights(None, require_same_revision(group.facts))
    path = named(model)
    facts = _loaded(group, world, path, limit_s)
    group.serve(path, facts)
    return ServedWeights(path, facts)


def _loaded(group: EngineGroup, world: EngineWorld, weights: str, limit_s: float) -> Facts:
    """Have all engines that are up load weights, and return what they say of themselves; a dead one does it later."""
    asked = {world.ask_ready(member, weights): member for member in group.working}
    facts: list[Facts] = []
    how, deadline = "none is up", time.monotonic() + limit_s
    while asked:
        for ref, answer in world.answers(list(asked)).items():
            member = asked.pop(ref)
            if answer.error is not None:
                raise answer.error
            if answer.died or answer.away:
                # It died while nobody looked, or of these weights: Ray starts it again.
                how = answer.died or "it is being started again"
                group.heard(member.name, None, time.monotonic(), dead=True)
            else:
                facts.append(answer.value)
        if asked and time.monotonic() > deadline:
            raise FactoryError(
                f"the weights in {weights} were not loaded within cluster.start_timeout_s = {limit_s:.0f} s"
            )
        time.sleep(WAIT_S if asked else 0.0)
    if not facts:
        raise WeightsRefused(f"an engine died while it took the weights in {weights}: {how}")
    return require_same_revision(facts)


def require_same_revision(facts: Sequence[Facts]) -> Facts:
    """Return the facts of the first engine. Raises `FactoryError` where another one has other weights."""
    revisions = {one["revision"] for one in facts}
    if len(revisions) > 1:
        raise FactoryError(
            f"the generators have loaded different weights: revisions {', '.join(map(str, revisions))}. Expected the "
            "same: do all machines see the same folder?"
        )
    return facts[0]
