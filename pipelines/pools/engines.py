"""Engines and answer checkers of a run: started together, with the same weights in each pool, and given other weights.

Only the policy's weights ever change. The other pools are what they were started as, as long as they live.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from actors.answer_checker import AnswerChecker
from actors.calls import brief, original_error
from cluster.connect import free_of_cluster, nodes_of_cluster
from cluster.plan import Demand, PlannedNode, demands, held_by_others, shortfall
from factory.errors import BadInput, FactoryError, WeightsRefused
from factory.types import POLICY
from pipelines.driving.lifetimes import CLOSE_TIMEOUT_S, HURRIED_CLOSE_S, actor_scope, answers
from pipelines.pools.launch import StartedEngine, end_engines, named, shape_of, start_engine
from pipelines.pools.pool import Pool, named_pool
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import Settings

# Seconds after which GPUs that others hold are said to be held; actors that have just ended take some to leave.
FREED_S = 30.0

Facts = Mapping[str, Any]
"""Facts that an engine says of itself (`Generator.ready`)."""


@dataclass(frozen=True)
class Engines:
    """Actors that are costly to start and may serve several fleets, one after the other.

    Attributes:
      pools: handles by actor name, of the engines of each role.
      checkers: handles by actor name; empty where the checker asks a model.
      model: model that the policy's engines were started with.
      facts: facts that the first engine of each role said of itself.
    """

    pools: Mapping[str, Mapping[str, Any]]
    checkers: Mapping[str, Any]
    model: str
    facts: Mapping[str, Facts]

    def beside(self, others: Engines) -> Engines:
        """Return these engines, with those that fill other roles."""
        return Engines(
            {**others.pools, **self.pools}, self.checkers or others.checkers, self.model, {**others.facts, **self.facts}
        )


@dataclass(frozen=True)
class ServedWeights:
    """Weights that the policy answers with: their path, None for those it was started with, and its facts."""

    path: str | None
    facts: Facts


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
    # A judge asks an engine and needs no actor of its own.
    checked = settings.checker.plugin.judge is None and (roles is None or POLICY in roles)
    return demands(
        engines=[demand_of(pool, nodes) for pool in _chosen(settings, roles).values()],
        workers=settings.workers,
        checkers=size.checkers if checked else 0,
        writers=size.writers,
    )


@contextlib.contextmanager
def running(settings: Settings, roles: Collection[str] | None = None) -> Iterator[Engines]:
    """Yield the engines and answer checkers of `settings`, ready. Raises `BadInput` as `starting` does."""
    with starting(settings, roles) as engines:
        yield engines()


@contextlib.contextmanager
def starting(settings: Settings, roles: Collection[str] | None = None) -> Iterator[Callable[[], Engines]]:
    """Start engines and answer checkers; yield the function that waits until they are ready and returns them.

    Args:
      settings: the validated config.
      roles: roles whose engines are started; the checkers come with the policy. None for all that somebody asks.

    Raises:
      BadInput: there is no room for them; the function raises it when a model cannot be had.
    """
    nodes = _with_room(settings, roles)
    size, pools = settings.cluster, _chosen(settings, roles)
    with _engines(pools, settings, nodes) as engines, actor_scope() as started:
        checkers: dict[str, Any] = {}
        # A judge asks a model and needs no actor of its own.
        if POLICY in pools and settings.checker.plugin.judge is None:
            checker = (settings.checker.name, asdict(settings.checker.config))
            options = restarted(settings, "answer checker")
            checkers = started(size.checkers, AnswerChecker, options, *checker, workers=size.checker_processes)

        up = {role: [actor.ready.remote() for actor in actors.values()] for role, actors in engines.items()}
        judging = [actor.ready.remote() for actor in checkers.values()]

        def ready() -> Engines:
            """Wait until all of them are ready."""
            return Engines(engines, checkers, settings.model, _facts_of(up, judging, size.start_timeout_s))

        yield ready


def _with_room(settings: Settings, roles: Collection[str] | None) -> Sequence[PlannedNode]:
    """Return the nodes of the cluster, which have room for all actors.

    Raises `BadInput` where they have none, or others hold the GPUs: Ray would wait for ever.
    """
    nodes = nodes_of_cluster()
    wanted = demands_of(settings, roles, nodes)
    problem = shortfall(wanted, nodes)
    # Nobody else is on a Ray of our own. CPUs are shared with our own actors that stay, and soon free.
    engines = [] if settings.cluster.address == "local" else [demand for demand in wanted if demand.gpus]
    deadline = time.monotonic() + FREED_S
    while not problem and engines and (held := held_by_others(engines, nodes, free_of_cluster())):
        if time.monotonic() > deadline:
            problem = held
        time.sleep(0.5)
    if problem:
        raise BadInput(problem)
    return nodes


def answering(settings: Settings, engines: Engines) -> ServedWeights:
    """Have the policy answer with `settings.model`, and return its weights. Raises `WeightsRefused` when it cannot."""
    if settings.model == engines.model:
        return ServedWeights(None, engines.facts[POLICY])
    path = named(settings.model)
    return ServedWeights(path, load_weights(engines, path, settings.cluster.start_timeout_s))


def load_weights(engines: Engines, weights: str | None, timeout_s: float) -> Facts:
    """Have every engine of the policy answer with other weights.

    Args:
      engines: engines that are running.
      weights: folder of the weights; None for those they were started with.
      timeout_s: seconds that loading may take.

    Returns:
      Facts that the first of them says of itself then.

    Raises:
      WeightsRefused: an engine cannot load them, or dies of it.
      FactoryError: loading takes too long, or the engines have loaded different weights.
    """
    loading = [actor.load_weights.remote(weights) for actor in engines.pools[POLICY].values()]
    try:
        return require_same_revision(ray.get(loading, timeout=timeout_s))
    except RayActorError as error:
        raise WeightsRefused(f"an engine died while it took the weights in {weights}: {brief(error)}") from None
    except GetTimeoutError:
        raise FactoryError(
            f"the weights in {weights} were not loaded within cluster.start_timeout_s = {timeout_s:.0f} s"
        ) from None
    except RayTaskError as error:
        raise original_error(error) from None


def require_same_revision(facts: Sequence[Facts]) -> Facts:
    """Return the facts of the first engine. Raises `FactoryError` where another one has other weights."""
    revisions = {one["revision"] for one in facts}
    if len(revisions) > 1:
        raise FactoryError(
            f"the generators have loaded different weights: revisions {', '.join(map(str, revisions))}. Expected the "
            "same: do all machines see the same folder?"
        )
    return facts[0]


def restarted(settings: Settings, role: str) -> dict[str, Any]:
    """Return options of an actor that Ray starts again when it dies, with the CPUs that `demands_of` plans for it."""
    [cpus] = [demand.cpus for demand in demands_of(settings) if demand.role == role]
    return {"num_cpus": cpus, "max_restarts": -1}


def _chosen(settings: Settings, roles: Collection[str] | None) -> dict[str, Pool]:
    """Return the pools that somebody asks; of these only those of `roles`, where some are given."""
    return {role: pool for role, pool in asked_pools(settings).items() if roles is None or role in roles}


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


@contextlib.contextmanager
def _engines(
    pools: Mapping[str, Pool], settings: Settings, nodes: Sequence[PlannedNode]
) -> Iterator[dict[str, dict[str, Any]]]:
    """Yield the engines of pools, by role and actor name, without waiting for them; they end with the block."""
    started: list[StartedEngine] = []
    limit_s = CLOSE_TIMEOUT_S
    try:
        for pool in pools.values():
            shape = shape_of(pool, nodes)
            started += [start_engine(pool, settings, shape) for _ in range(pool.replicas)]
        yield {role: {one.name: one.actor for one in started if one.role == role} for role in pools}
    except KeyboardInterrupt:
        limit_s = HURRIED_CLOSE_S
        raise
    finally:
        end_engines(started[::-1], limit_s)


def _facts_of(up: Mapping[str, list[Any]], checkers: list[Any], limit_s: float) -> dict[str, Facts]:
    """Return the facts of each pool, once all engines and checkers are ready.

    The first one that fails ends the wait, and the error says whose pool it is in: nobody waits for the large model of
    one role to hear that another's cannot be had.

    Args:
      up: references to what the engines of each role say of themselves.
      checkers: references to the checkers' sign of life.
      limit_s: seconds that all of it may take.
    """
    try:
        answers([*chain.from_iterable(up.values()), *checkers], limit_s)
    except FactoryError:
        for role, refs in up.items():
            with named_pool(role):
                answers(ray.wait(refs, num_returns=len(refs), timeout=0)[0], limit_s)
        raise
    facts = {}
    for role, refs in up.items():
        with named_pool(role):
            facts[role] = require_same_revision(answers(refs, limit_s))
    return facts
