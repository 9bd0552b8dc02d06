"""Fleet of a run: its actors, started together, checked before the first unit, gone at the end whatever happened."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

import factory
from actors.assigned_work import Assignment
from actors.calls import CallPatience
from actors.rollout_worker import RolloutWorker
from actors.roster import Roster
from actors.shard_writer import ShardWriter
from cluster.connect import free_of_cluster, nodes_of_cluster
from cluster.plan import held_by_others, shortfall
from factory.errors import BadInput
from factory.storage.opening import Location, absolute
from factory.types import POLICY
from pipelines.driving.lifetimes import WRITTEN_S, actor_scope, answers
from pipelines.driving.membership import Membership
from pipelines.elastic.asks import has_autoscaler
from pipelines.elastic.keeper import FleetKeeper
from pipelines.elastic.room import hands_get_in_the_way
from pipelines.elastic.world import World, nodes_of_ray
from pipelines.pools.engines import Engines, Facts, answering, demands_of
from pipelines.pools.hands import WORKER, WRITER, hand_options, heads_to_keep_off
from pipelines.pools.roles import asked_pools
from pipelines.run.recipes import check_flow, provenance_of, recipe_of
from pipelines.run.settings import Settings

STATS_TIMEOUT_S = 5.0
# Seconds that others may take to give back what a run needs: an earlier run's actors end in less.
HELD_S, HELD_LOOK_S = 60.0, 0.5


@dataclass(frozen=True)
class Fleet:
    """Actors that work for one run.

    Attributes:
      pools: handles of the engines of each role, the policy's first.
      checkers: handles.
      writers: handles.
      workers: handles.
      assignment: what the workers are told with every unit.
      facts: facts that the engines of each role said of themselves.
      membership: says who belongs to the run later on; None where these actors stay.
    """

    pools: Mapping[str, Sequence[Any]]
    checkers: list[Any]
    writers: list[Any]
    workers: list[Any]
    assignment: Assignment
    facts: Mapping[str, Facts]
    membership: Membership | None = None

    @property
    def generators(self) -> list[Any]:
        """Handles of the policy's engines."""
        return list(self.pools[POLICY])

    @property
    def engine(self) -> Facts:
        """Facts that the policy's engines said of themselves."""
        return self.facts[POLICY]


@dataclass(frozen=True)
class Hands:
    """Writers and workers, handles by actor name. They belong to no run and may serve several, one after the other."""

    writers: Mapping[str, Any]
    workers: Mapping[str, Any]


def staffed(settings: Settings) -> Settings:
    """Return `settings` with the number of rollout workers where it is left open: fewer where CPUs are short."""
    if settings.cluster.workers:
        return settings
    nodes = nodes_of_cluster()
    for workers in range(settings.workers, 0, -1):
        sized = replace(settings, cluster=replace(settings.cluster, workers=workers))
        if shortfall(demands_of(sized, nodes=nodes), nodes) is None:
            break
    return sized


@contextlib.contextmanager
def launched(settings: Settings) -> Iterator[Fleet]:
    """Yield a fleet that can work, and changes while it does: engines that are not ready yet join as they come.

    Raises `BadInput` when it does not fit on the cluster, or its model cannot be had.
    """
    settings = staffed(settings)
    if not has_autoscaler():
        _require_room(settings)
    nodes = nodes_of_ray()
    world = World(settings, heads_to_keep_off(settings, nodes))
    first = hands_get_in_the_way(demands_of(settings, nodes=nodes), nodes)
    with FleetKeeper(settings, _refuse_other_factory, world=world, engines_first=first, nodes=nodes) as keeper:
        keeper.wait_for_quorum()
        fleet = assigned(settings, keeper.engines, Hands(keeper.writers, keeper.workers))
        yield replace(fleet, membership=keeper)


def _require_room(settings: Settings) -> None:
    """Raise `BadInput` where a run would never fit on the cluster, or does not beside others who do not end soon."""
    nodes = nodes_of_cluster()
    wanted = demands_of(settings, nodes=nodes)
    # Without room Ray would wait for ever, so it is looked for first.
    problem = shortfall(wanted, nodes)
    deadline = time.monotonic() + HELD_S
    while problem is None and (held := held_by_others(wanted, nodes, free_of_cluster())) is not None:
        if time.monotonic() > deadline:
            problem = held
        time.sleep(HELD_LOOK_S)
    if problem:
        raise BadInput(problem)


@contextlib.contextmanager
def hired(settings: Settings) -> Iterator[Hands]:
    """Yield writers and workers, as many as `settings` asks for, ready. Raises `BadInput` for another factory's."""
    size = settings.cluster
    keep_off = heads_to_keep_off(settings, nodes_of_ray())
    with actor_scope(WRITTEN_S) as started:
        # Start all at once: each takes seconds.
        writers = started(size.writers, ShardWriter, hand_options(settings, WRITER, keep_off))
        workers = started(settings.workers, RolloutWorker, hand_options(settings, WORKER, keep_off))

        # Wait until they are ready, and look whether they run this code.
        answers([actor.__ray_ready__.remote() for actor in writers.values()], size.start_timeout_s)
        for imported in answers([actor.ready.remote() for actor in workers.values()], size.start_timeout_s):
            _refuse_other_factory(imported)
        yield Hands(writers, workers)


def assigned(settings: Settings, engines: Engines, hands: Hands) -> Fleet:
    """Return the fleet of a run of `settings`, made of actors that are there.

    The policy answers with the weights of `settings.model` from now on. Raises `WeightsRefused` when they cannot.
    """
    size = settings.cluster
    weights = answering(settings, engines)
    # The same engines may serve runs of which some ask fewer roles.
    pools = {role: engines.pools[role] for role in asked_pools(settings)}
    facts = {**{role: engines.facts[role] for role in pools}, POLICY: weights.facts}
    assignment = Assignment(
        id=uuid.uuid4().hex,
        recipe=recipe_of(settings),
        provenance=provenance_of(settings, facts),
        patience=CallPatience(
            request_s=size.request_timeout_s,
            restart_s=size.start_timeout_s,
            attempts=size.attempts,
            # A commit may wait for another one, and each for a store that does not answer.
            commit_s=size.request_timeout_s + 2 * settings.storage.patience_s,
        ),
        roster=Roster(
            version=0,
            pools={role: tuple(names) for role, names in pools.items()},
            checkers=tuple(engines.checkers),
            writers=tuple(hands.writers),
        ),
        checking=check_flow(settings),
        folder=Location(absolute(settings.run.dir), settings.storage),
        weights=weights.path,
        spool_s=size.spool_s,
    )
    return Fleet(
        pools={role: list(actors.values()) for role, actors in pools.items()},
        checkers=list(engines.checkers.values()),
        writers=list(hands.writers.values()),
        workers=list(hands.workers.values()),
        assignment=assignment,
        facts=facts,
    )


def checker_stats(fleet: Fleet) -> list[dict[str, float]]:
    """Return what each checker has counted so far; checkers that do not answer soon are left out."""
    calls = [actor.stats.remote() for actor in fleet.checkers]
    answered, _ = ray.wait(calls, num_returns=len(calls), timeout=STATS_TIMEOUT_S) if calls else ([], [])
    stats = []
    for ref in answered:
        with contextlib.suppress(RayActorError, RayTaskError):
            stats.append(ray.get(ref))
    return stats


def _refuse_other_factory(imported: str) -> None:
    """Raise `BadInput` when a worker has imported somebody else's package called factory, from file `imported`."""
    if (
        Path(imported).parent.name != "factory"
        or not (Path(imported).parent / "question_pipeline" / "recipe.py").is_file()
    ):
        raise BadInput(
            f"workers import another package called factory ({imported}). Expected selfplay-factory's; "
            f"here it is {factory.__file__}. Use a virtual environment of its own."
        )
