"""Fleet of a run: its actors, started together, checked before the first unit, gone at the end whatever happened."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

import factory
from actors.answer_checker import AnswerChecker
from actors.calls import CallPatience, brief, original_error
from actors.generator import Generator, generator_arguments, generator_options
from actors.rollout_worker import Assignment, PeerNames, RolloutWorker
from actors.shard_writer import ShardWriter
from cluster.connect import nodes_of_cluster
from cluster.plan import Demand, demands, shortfall
from factory.errors import BadInput, FactoryError, WeightsRefused
from factory.storage.opening import Location, absolute
from factory.types import POLICY
from pipelines.driving.lifetimes import WRITTEN_S, actor_scope, answers
from pipelines.run.recipes import check_flow, provenance_of, recipe_of
from pipelines.run.settings import Settings

# Commits that a writer makes at the same time: a commit to S3 is mostly waiting.
COMMITS_AT_A_TIME = 4
STATS_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Fleet:
    """Actors that work for one run.

    Attributes:
      generators: handles.
      checkers: handles.
      writers: handles.
      workers: handles.
      assignment: what the workers are told with every unit.
      engine: facts that the engines said of themselves.
    """

    generators: list[Any]
    checkers: list[Any]
    writers: list[Any]
    workers: list[Any]
    assignment: Assignment
    engine: Mapping[str, Any]


def demands_of(settings: Settings) -> list[Demand]:
    """Return what `settings` asks of a cluster."""
    options = generator_options(settings.engine.name, asdict(settings.engine.config))
    size = settings.cluster
    return demands(
        generators=size.generators,
        workers=settings.workers,
        checkers=size.checkers,
        writers=size.writers,
        generator_cpus=options["num_cpus"],
        generator_gpus=options["num_gpus"],
    )


@dataclass(frozen=True)
class Engines:
    """Actors that are costly to start and may serve several fleets, one after the other.

    Attributes:
      generators: handles by actor name.
      checkers: handles by actor name; empty where the checker asks the generators.
      model: model that the generators were started with.
      facts: facts that the first generator said of itself.
    """

    generators: Mapping[str, Any]
    checkers: Mapping[str, Any]
    model: str
    facts: Mapping[str, Any]


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
        if shortfall(demands_of(sized), nodes) is None:
            break
    return sized


@contextlib.contextmanager
def launched(settings: Settings) -> Iterator[Fleet]:
    """Yield a ready fleet. Raises `BadInput` when it does not fit on the cluster, or its model cannot be had."""
    settings = staffed(settings)
    # Workers come up while the engines load their model.
    with starting(settings) as engines, hired(settings) as hands:
        yield assigned(settings, engines(), hands)


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Engines]:
    """Yield the generators and answer checkers of `settings`, ready. Raises `BadInput` as `launched` does."""
    with starting(settings) as engines:
        yield engines()


@contextlib.contextmanager
def starting(settings: Settings) -> Iterator[Callable[[], Engines]]:
    """Start generators and answer checkers; yield the function that waits until they are ready and returns them.

    Raises `BadInput` where there is no room for them; the function raises it when their model cannot be had.
    """
    # Without room Ray would wait for ever, so it is looked for first.
    problem = shortfall(demands_of(settings), nodes_of_cluster())
    if problem:
        raise BadInput(problem)
    size = settings.cluster
    kind, engine_config = settings.engine.name, asdict(settings.engine.config)
    checker = (settings.checker.name, asdict(settings.checker.config))
    with actor_scope() as started:
        options = generator_options(kind, engine_config)
        what = generator_arguments(kind, engine_config, named(settings.model), settings.storage)
        generators = started(size.generators, Generator, options, *what)
        checkers: dict[str, Any] = {}
        # A judge asks the generators and needs no actor of its own.
        if settings.checker.plugin.judge is None:
            options = _restarted(settings, "answer checker")
            checkers = started(size.checkers, AnswerChecker, options, *checker, workers=size.checker_processes)

        up = [actor.ready.remote() for actor in generators.values()]
        judging = [actor.ready.remote() for actor in checkers.values()]

        def ready() -> Engines:
            """Wait until all of them are ready."""
            facts = require_same_revision(answers(up, size.start_timeout_s))
            answers(judging, size.start_timeout_s)
            return Engines(generators, checkers, settings.model, facts)

        yield ready


@contextlib.contextmanager
def hired(settings: Settings) -> Iterator[Hands]:
    """Yield writers and workers, as many as `settings` asks for, ready. Raises `BadInput` for another factory's."""
    size = settings.cluster
    with actor_scope(WRITTEN_S) as started:
        # Start all at once: each takes seconds.
        options = _restarted(settings, "shard writer") | {"max_concurrency": COMMITS_AT_A_TIME}
        writers = started(size.writers, ShardWriter, options)
        workers = started(settings.workers, RolloutWorker, _restarted(settings, "rollout worker"))

        # Wait until they are ready, and look whether they run this code.
        answers([actor.__ray_ready__.remote() for actor in writers.values()], size.start_timeout_s)
        for imported in answers([actor.ready.remote() for actor in workers.values()], size.start_timeout_s):
            _refuse_other_factory(imported)
        yield Hands(writers, workers)


def assigned(settings: Settings, engines: Engines, hands: Hands) -> Fleet:
    """Return the fleet of a run of `settings`, made of actors that are there.

    The engines answer with the weights of `settings.model` from now on. Raises `WeightsRefused` when they cannot.
    """
    size = settings.cluster
    weights = answering(settings, engines)
    assignment = Assignment(
        id=uuid.uuid4().hex,
        recipe=recipe_of(settings),
        provenance=provenance_of(settings, weights.facts),
        patience=CallPatience(
            request_s=size.request_timeout_s,
            restart_s=size.start_timeout_s,
            attempts=size.attempts,
            # A commit may wait for another one, and each for a store that does not answer.
            commit_s=size.request_timeout_s + 2 * settings.storage.patience_s,
        ),
        peers=PeerNames(
            pools={POLICY: list(engines.generators)}, checkers=list(engines.checkers), writers=list(hands.writers)
        ),
        checking=check_flow(settings),
        folder=Location(absolute(settings.run.dir), settings.storage),
        weights=weights.path,
        spool_s=size.spool_s,
    )
    return Fleet(
        generators=list(engines.generators.values()),
        checkers=list(engines.checkers.values()),
        writers=list(hands.writers.values()),
        workers=list(hands.workers.values()),
        assignment=assignment,
        engine=weights.facts,
    )


@dataclass(frozen=True)
class ServedWeights:
    """Weights that the engines answer with: their path, None for those they were started with, and their facts."""

    path: str | None
    facts: Mapping[str, Any]


def answering(settings: Settings, engines: Engines) -> ServedWeights:
    """Have `engines` answer with `settings.model`, and return its weights. Raises `WeightsRefused` when they cannot."""
    if settings.model == engines.model:
        return ServedWeights(None, engines.facts)
    path = named(settings.model)
    return ServedWeights(path, load_weights(engines, path, settings.cluster.start_timeout_s))


def load_weights(engines: Engines, weights: str | None, timeout_s: float) -> Mapping[str, Any]:
    """Have every generator answer with other weights.

    Args:
      engines: generators that are running.
      weights: folder of the weights; None for those they were started with.
      timeout_s: seconds that loading may take.

    Returns:
      Facts that the first generator says of itself then.

    Raises:
      WeightsRefused: a generator cannot load them, or dies of it.
      FactoryError: loading takes too long, or the generators have loaded different weights.
    """
    loading = [actor.load_weights.remote(weights) for actor in engines.generators.values()]
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


def require_same_revision(facts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the facts of the first generator. Raises `FactoryError` where another one has other weights."""
    revisions = {one["revision"] for one in facts}
    if len(revisions) > 1:
        raise FactoryError(
            f"the generators have loaded different weights: revisions {', '.join(map(str, revisions))}. Expected the "
            "same: do all machines see the same folder?"
        )
    return facts[0]


def named(model: str) -> str:
    """Return `model` as actors on other machines find it: a folder as an absolute path, a name as it is."""
    return absolute(model) if "://" in model or Path(model).is_dir() else model


def _restarted(settings: Settings, role: str) -> dict[str, Any]:
    """Return options of an actor that Ray starts again when it dies, with the CPUs that `demands_of` plans for it."""
    [cpus] = [demand.cpus for demand in demands_of(settings) if demand.role == role]
    return {"num_cpus": cpus, "max_restarts": -1}


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
