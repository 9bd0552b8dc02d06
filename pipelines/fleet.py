"""The actors of a run: started together, checked before the first unit, gone at the end whatever happened."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

import factory
from actors.answer_checker import AnswerChecker
from actors.checker_pool import limits_of
from actors.generator import Generator, generator_options
from actors.remote_models import CheckFlow, Patience, brief, plain
from actors.rollout_worker import RolloutWorker
from actors.shard_writer import ShardWriter
from cluster.connect import nodes_of_cluster
from cluster.plan import Demand, demands, shortfall
from factory.config import fingerprint
from factory.errors import BadInput, FactoryError
from factory.prompting import load_prompt
from factory.recipe import Recipe
from factory.records import Provenance
from factory.storage.opening import absolute
from pipelines.settings import Settings

COMMITS_AT_A_TIME = 4  # per writer: what a commit to S3 mostly does is wait
CLOSE_TIMEOUT_S = 20.0
STATS_TIMEOUT_S = 5.0
CHECK_TIME_USED = 0.75  # of a call's time-out, by checks that all take as long as they may
HURRIED_CLOSE_S = 2.0  # after a Ctrl-C that wants an end at once; what is left then is killed


@dataclass(frozen=True)
class Fleet:
    """Handles by role, and what the engines said about themselves."""

    generators: list[Any]
    checkers: list[Any]
    writers: list[Any]
    workers: list[Any]
    engine: dict[str, Any]


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


@contextlib.contextmanager
def launched(settings: Settings) -> Iterator[Fleet]:
    """A ready fleet for the block. Raises `BadInput` when it does not fit, or its model cannot be had."""
    wanted = demands_of(settings)
    problem = shortfall(wanted, nodes_of_cluster())
    if problem:
        raise BadInput(problem)
    cpus = {demand.role: demand.cpus for demand in wanted}
    size = settings.cluster
    kind, engine_config = settings.engine.name, asdict(settings.engine.config)
    checker_config = asdict(settings.checker.config)
    roles: dict[str, dict[str, Any]] = {"generators": {}, "checkers": {}, "writers": {}, "workers": {}}

    def start(role: str, actor: type, options: dict[str, Any], *arguments: Any, **keywords: Any) -> None:
        for _ in range(getattr(size, role)):
            name = f"{actor.__name__}-{uuid.uuid4().hex[:12]}"  # a Ray session may see several fleets
            made = ray.remote(actor).options(**options, name=name)
            roles[role][name] = made.remote(*arguments, **keywords)

    def restarted(role: str) -> dict[str, Any]:
        return {"num_cpus": cpus[role], "max_restarts": -1}

    limit_s = CLOSE_TIMEOUT_S
    try:
        start("generators", Generator, generator_options(kind, engine_config), kind, engine_config, settings.model)
        checker = (settings.checker.name, checker_config)
        if not hasattr(settings.checker.module, "judge"):  # which asks the generators
            start("checkers", AnswerChecker, restarted("answer checker"), *checker, workers=size.checker_processes)
        where = (absolute(settings.run.dir), settings.storage)
        start("writers", ShardWriter, restarted("shard writer") | {"max_concurrency": COMMITS_AT_A_TIME}, *where)
        [engine, *_] = answers([actor.ready.remote() for actor in roles["generators"].values()], size.start_timeout_s)
        answers([actor.ready.remote() for actor in roles["checkers"].values()], size.start_timeout_s)
        answers([actor.__ray_ready__.remote() for actor in roles["writers"].values()], size.start_timeout_s)
        start(
            "workers",
            RolloutWorker,
            restarted("rollout worker"),
            recipe_of(settings),
            provenance_of(settings, engine),
            Patience(
                request_s=size.request_timeout_s,
                restart_s=size.start_timeout_s,
                attempts=size.attempts,
                commit_s=size.request_timeout_s + 2 * settings.storage.patience_s,  # a commit may wait for another
            ),
            *(list(roles[role]) for role in ("generators", "checkers", "writers")),
            check_flow(settings),
            *where,
        )
        for imported in answers([actor.ready.remote() for actor in roles["workers"].values()], size.start_timeout_s):
            _refuse_other_factory(imported)
        yield Fleet(**{role: list(actors.values()) for role, actors in roles.items()}, engine=engine)
    except KeyboardInterrupt:
        limit_s = HURRIED_CLOSE_S
        raise
    finally:
        close(**{role: list(actors.values()) for role, actors in roles.items()}, limit_s=limit_s)


def close(generators: list[Any], checkers: list[Any], writers: list[Any], workers: list[Any], limit_s: float) -> None:
    """End every actor: workers first, so that nothing asks any more; engines and checkers end their processes."""
    for actor in workers:
        ray.kill(actor)
    closing = [actor.close.remote() for actor in (*generators, *checkers)]
    if closing:
        ray.wait(closing, num_returns=len(closing), timeout=limit_s)
    for actor in (*generators, *checkers, *writers):
        ray.kill(actor)


def check_flow(settings: Settings) -> CheckFlow:
    """Large batches for a fast checker, small ones for one that may take minutes: all that can be on their way to it at
    once should be done within a call's time-out, even if each takes as long as it may."""
    size = settings.cluster
    limit_s = limits_of(settings.checker.module, settings.checker.config).timeout_s
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


def provenance_of(settings: Settings, engine: dict[str, Any]) -> Provenance:
    """What the records say made them."""
    template = load_prompt(settings.prompt.template, settings.prompt.style)
    checker = getattr(settings.checker.module, "NAME_VERSION", settings.checker.name)
    return Provenance(
        run_id=settings.fingerprint,
        engine=engine["engine"],
        model=engine["model"],
        model_revision=engine["revision"] or "",
        prompt_id=template.id,
        checker=checker,
        checker_policy=fingerprint({"checker": checker, **settings.plain["checker"]}),
        labeller=settings.supervision.name,
        sampling=settings.sampling_with(template.stop),
        seed=settings.run.seed,
    )


def answers(refs: list[Any], timeout_s: float) -> list[Any]:
    """What the actors answer, or the user's mistake behind their silence."""
    try:
        return ray.get(refs, timeout=timeout_s)
    except GetTimeoutError:
        raise FactoryError(f"actors did not start within cluster.start_timeout_s = {timeout_s:.0f} s") from None
    except RayTaskError as error:
        raise plain(error) from None
    except RayActorError as error:
        raise FactoryError(f"an actor died while starting: {brief(error)}") from None


def _refuse_other_factory(imported: str) -> None:
    if Path(imported).parent.name != "factory" or not (Path(imported).parent / "recipe.py").is_file():
        raise BadInput(
            f"workers import another package called factory ({imported}). Expected selfplay-factory's; "
            f"here it is {factory.__file__}. Use a virtual environment of its own."
        )
