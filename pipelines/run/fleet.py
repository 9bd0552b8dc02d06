"""The actors of a run: started together, checked before the first unit, gone at the end whatever happened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

import factory
from actors.answer_checker import AnswerChecker
from actors.generator import Generator, generator_options
from actors.remote_models import CallPatience, CheckFlow, brief, original_error
from actors.rollout_worker import RolloutWorker
from actors.shard_writer import ShardWriter
from cluster.connect import nodes_of_cluster
from cluster.plan import Demand, demands, shortfall
from factory.config import fingerprint
from factory.errors import BadInput, FactoryError, WeightsRefused
from factory.question_pipeline.recipe import Recipe
from factory.records.record import Provenance
from factory.rollouts.prompting import load_prompt
from factory.storage.opening import absolute
from pipelines.driving.lifetimes import actor_scope, answers
from pipelines.run.settings import Settings

COMMITS_AT_A_TIME = 4  # per writer: what a commit to S3 mostly does is wait
STATS_TIMEOUT_S = 5.0
CHECK_TIME_USED = 0.75  # of a call's time-out, by checks that all take as long as they may


@dataclass(frozen=True)
class Fleet:
    """Handles by role, and what the engines said about themselves."""

    generators: list[Any]
    checkers: list[Any]
    writers: list[Any]
    workers: list[Any]
    engine: Mapping[str, Any]


def demands_of(settings: Settings) -> list[Demand]:
    """What `settings` asks of a cluster."""
    options = generator_options(settings.engine.name, asdict(settings.engine.config))
    size = settings.cluster
    return demands(
        generators=size.generators,
        workers=size.workers,
        checkers=size.checkers,
        writers=size.writers,
        generator_cpus=options["num_cpus"],
        generator_gpus=options["num_gpus"],
    )


@dataclass(frozen=True)
class Engines:
    """What is costly to start and may serve several fleets, one after the other: handles by actor name.

    `model` is what the generators were started with; `facts` is what they said about themselves.
    """

    generators: Mapping[str, Any]
    checkers: Mapping[str, Any]
    model: str
    facts: Mapping[str, Any]


@contextlib.contextmanager
def launched(settings: Settings) -> Iterator[Fleet]:
    """A ready fleet for the block. Raises `BadInput` when it does not fit, or its model cannot be had."""
    with running(settings) as engines, staffed(settings, engines) as fleet:
        yield fleet


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[Engines]:
    """The generators and answer checkers of `settings`, ready. Raises `BadInput` as `launched` does."""
    problem = shortfall(demands_of(settings), nodes_of_cluster())
    if problem:
        raise BadInput(problem)
    size = settings.cluster
    kind, engine_config = settings.engine.name, asdict(settings.engine.config)
    checker = (settings.checker.name, asdict(settings.checker.config))
    with actor_scope() as started:
        options = generator_options(kind, engine_config)
        what = (kind, engine_config, named(settings.model), settings.storage)
        generators = started(size.generators, Generator, options, *what)
        checkers: dict[str, Any] = {}
        if settings.checker.plugin.judge is None:  # a judge asks the generators
            options = _restarted(settings, "answer checker")
            checkers = started(size.checkers, AnswerChecker, options, *checker, workers=size.checker_processes)
        facts = require_same_revision(
            answers([actor.ready.remote() for actor in generators.values()], size.start_timeout_s)
        )
        answers([actor.ready.remote() for actor in checkers.values()], size.start_timeout_s)
        yield Engines(generators, checkers, settings.model, facts)


@contextlib.contextmanager
def staffed(settings: Settings, engines: Engines) -> Iterator[Fleet]:
    """Yield writers and workers of `settings` on engines that are there.

    The engines answer with the weights of `settings.model` from now on. Raises `WeightsRefused` when they cannot.
    """
    size = settings.cluster
    where = (absolute(settings.run.dir), settings.storage)
    weights = answering(settings, engines)
    with actor_scope() as started:
        options = _restarted(settings, "shard writer") | {"max_concurrency": COMMITS_AT_A_TIME}
        writers = started(size.writers, ShardWriter, options, *where)
        workers = started(
            size.workers,
            RolloutWorker,
            _restarted(settings, "rollout worker"),
            recipe_of(settings),
            provenance_of(settings, weights.facts),
            CallPatience(
                request_s=size.request_timeout_s,
                restart_s=size.start_timeout_s,
                attempts=size.attempts,
                commit_s=size.request_timeout_s + 2 * settings.storage.patience_s,  # a commit may wait for another
            ),
            list(engines.generators),
            list(engines.checkers),
            list(writers),
            check_flow(settings),
            *where,
            weights=weights.path,
        )
        answers([actor.__ray_ready__.remote() for actor in writers.values()], size.start_timeout_s)
        for imported in answers([actor.ready.remote() for actor in workers.values()], size.start_timeout_s):
            _refuse_other_factory(imported)
        yield Fleet(
            generators=list(engines.generators.values()),
            checkers=list(engines.checkers.values()),
            writers=list(writers.values()),
            workers=list(workers.values()),
            engine=weights.facts,
        )


@dataclass(frozen=True)
class Weights:
    """Weights that the engines answer with: their path, None for those they were started with, and their facts."""

    path: str | None
    facts: Mapping[str, Any]


def answering(settings: Settings, engines: Engines) -> Weights:
    """Have `engines` answer with `settings.model`, and return its weights. Raises `WeightsRefused` when they cannot."""
    if settings.model == engines.model:
        return Weights(None, engines.facts)
    path = named(settings.model)
    return Weights(path, load_weights(engines, path, settings.cluster.start_timeout_s))


def load_weights(engines: Engines, weights: str | None, timeout_s: float) -> Mapping[str, Any]:
    """Have every generator answer with other weights; what the first one says of itself then.

    Raises `WeightsRefused` when one cannot, or dies of it.
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
    """What the first generator says of itself. Raises `FactoryError` where another one answers with other weights."""
    revisions = {one["revision"] for one in facts}
    if len(revisions) > 1:
        raise FactoryError(
            f"the generators have loaded different weights: revisions {', '.join(map(str, revisions))}. Expected the "
            "same: do all machines see the same folder?"
        )
    return facts[0]


def named(model: str) -> str:
    """`model` as actors find it, who work elsewhere."""
    return absolute(model) if "://" in model or Path(model).is_dir() else model


def _restarted(settings: Settings, role: str) -> dict[str, Any]:
    """Options of an actor that Ray starts again, with the CPUs that `demands_of` plans for it."""
    [cpus] = [demand.cpus for demand in demands_of(settings) if demand.role == role]
    return {"num_cpus": cpus, "max_restarts": -1}


def check_flow(settings: Settings) -> CheckFlow:
    """Large batches for a fast checker, small ones for one that may take minutes: all that can be on their way to it at
    once should be done within a call's time-out, even if each takes as long as it may."""
    size = settings.cluster
    limit_s = settings.checker.plugin.limits(settings.checker.config).timeout_s
    seconds_each = limit_s * size.workers / (size.checker_processes * size.checkers) / CHECK_TIME_USED
    in_time = size.request_timeout_s / seconds_each
    most = CheckFlow()
    in_flight = max(1, min(most.in_flight, int(in_time)))
    batch = max(1, min(most.batch, int(in_time / in_flight)))
    return CheckFlow(
        batch=batch, in_flight=in_flight, request_s=max(size.request_timeout_s, in_flight * batch * seconds_each)
    )


def checker_stats(fleet: Fleet) -> list[dict[str, float]]:
    """What each checker has counted so far; of those that do not answer soon, nothing."""
    asked = [actor.stats.remote() for actor in fleet.checkers]
    answered, _ = ray.wait(asked, num_returns=len(asked), timeout=STATS_TIMEOUT_S) if asked else ([], [])
    found = []
    for ref in answered:
        with contextlib.suppress(RayActorError, RayTaskError):
            found.append(ray.get(ref))
    return found


def recipe_of(settings: Settings) -> Recipe:
    """What the workers do to each question."""
    template = load_prompt(settings.prompt.template, settings.prompt.style)
    return Recipe(
        search=settings.search.name,
        search_config=settings.search.config,
        supervision=settings.supervision.name,
        supervision_config=settings.supervision.config,
        checker=settings.checker.name,
        checker_config=settings.checker.config,
        template=template,
        sampling=settings.sampling_with(template.stop),
        separator=settings.prompt.separator,
        seed=settings.run.seed,
        learn=settings.run.learn,
    )


def provenance_of(settings: Settings, engine: Mapping[str, Any]) -> Provenance:
    """What the records say made them."""
    template = load_prompt(settings.prompt.template, settings.prompt.style)
    checker = settings.checker.plugin.NAME_VERSION
    return Provenance(
        run_id=settings.fingerprint,
        engine=engine["engine"],
        model=engine["model"] or settings.model,
        model_revision=engine["revision"] or "",
        prompt_id=template.id,
        checker=checker,
        checker_policy=fingerprint({"checker": checker, **settings.plain["checker"]}),
        labeller=settings.supervision.name,
        sampling=settings.sampling_with(template.stop),
        seed=settings.run.seed,
        round=settings.run.round,
        hinted=template.hinted,
    )


def _refuse_other_factory(imported: str) -> None:
    if (
        Path(imported).parent.name != "factory"
        or not (Path(imported).parent / "question_pipeline" / "recipe.py").is_file()
    ):
        raise BadInput(
            f"workers import another package called factory ({imported}). Expected selfplay-factory's; "
            f"here it is {factory.__file__}. Use a virtual environment of its own."
        )
