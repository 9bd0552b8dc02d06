"""Fleet of a run: its actors as the run knows them, and what they are told of it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

import factory
from actors.assigned_work import Assignment
from actors.calls import CallPatience
from actors.roster import Roster
from cluster.connect import nodes_of_cluster
from cluster.plan import shortfall
from factory.errors import BadInput
from factory.storage.opening import Location, absolute
from factory.types import POLICY
from pipelines.driving.membership import Membership
from pipelines.elastic.keeper import FleetKeeper
from pipelines.elastic.weights import ServedWeights
from pipelines.pools.engines import Facts, demands_of
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.run.recipes import check_flow, provenance_of, recipe_of
from pipelines.run.settings import Settings

STATS_TIMEOUT_S = 5.0


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


def assigned(settings: Settings, keeper: FleetKeeper, weights: ServedWeights) -> Fleet:
    """Return the fleet of a run of `settings`, of the actors that are ready.

    Args:
      settings: the validated config.
      keeper: keeper of these actors.
      weights: weights that the policy answers with.

    Raises:
      FactoryError: engines of a role have loaded different weights.
    """
    size = settings.cluster
    facts = {**keeper.facts, POLICY: weights.facts}
    workers, checkers, writers = (keeper.hands(role) for role in (WORKER, CHECKER, WRITER))
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
            pools={role: tuple(engines) for role, engines in keeper.pools.items()},
            checkers=tuple(checkers),
            writers=tuple(writers),
        ),
        checking=check_flow(settings),
        folder=Location(absolute(settings.run.dir), settings.storage),
        weights=weights.path,
        spool_s=size.spool_s,
    )
    return Fleet(
        pools={role: list(engines.values()) for role, engines in keeper.pools.items()},
        checkers=list(checkers.values()),
        writers=list(writers.values()),
        workers=list(workers.values()),
        assignment=assignment,
        facts=facts,
        membership=keeper,
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


def refuse_other_factory(imported: str) -> None:
    """Raise `BadInput` when a worker has imported somebody else's package called factory, from file `imported`."""
    if (
        Path(imported).parent.name != "factory"
        or not (Path(imported).parent / "question_pipeline" / "recipe.py").is_file()
    ):
        raise BadInput(
            f"workers import another package called factory ({imported}). Expected selfplay-factory's; "
            f"here it is {factory.__file__}. Use a virtual environment of its own."
        )
