"""Recipe of a run, from its settings: what workers do to a question, what records say of it, how checks are batched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from actors.remote_models import CheckFlow
from factory.added_fields import values_to_hash
from factory.config import fingerprint
from factory.question_pipeline.recipe import Recipe
from factory.records.record import Provenance
from factory.records.role_costs import MadeBy
from factory.rollouts.prompting import load_prompt
from factory.rollouts.step_rule import StepRule
from factory.types import POLICY
from pipelines.pools.pool import Pool
from pipelines.run.settings import Settings

# Share of a call's time-out that checks may use which all take as long as they may.
CHECK_TIME_USED = 0.75


def recipe_of(settings: Settings) -> Recipe:
    """Return what the workers do to each question: plug-ins with their settings, prompt, sampling, seed."""
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
        steps=StepRule(separator=settings.prompt.separator, **asdict(settings.steps)),
        seed=settings.run.seed,
        learn=settings.run.learn,
        prices={role: prices_of(pool) for role, pool in settings.pools.items() if any(prices_of(pool))},
    )


def provenance_of(settings: Settings, facts: Mapping[str, Mapping[str, Any]]) -> Provenance:
    """Return what the records say made them.

    `facts` holds by role what its engines said of themselves: "engine", "model" and "revision".
    """
    template = load_prompt(settings.prompt.template, settings.prompt.style)
    checker = settings.checker.plugin.NAME_VERSION
    checker_values = values_to_hash(settings.checker.config)
    pools = settings.pools
    roles = {role: made_by(pools[role], said) for role, said in facts.items()}
    policy = roles[POLICY]
    return Provenance(
        run_id=settings.fingerprint,
        engine=policy.engine,
        model=policy.model,
        model_revision=policy.revision,
        prompt_id=template.id,
        checker=checker,
        checker_policy=fingerprint({"checker": checker, "kind": settings.checker.name, **checker_values}),
        labeller=settings.supervision.name,
        roles=roles,
        sampling=settings.sampling_with(template.stop),
        seed=settings.run.seed,
        round=settings.run.round,
        hinted=template.hinted,
    )


def made_by(pool: Pool, facts: Mapping[str, Any]) -> MadeBy:
    """Return the model behind a role, as records name it.

    Args:
      pool: the role's pool; settings of its engine may be a `prompt_price` and a `completion_price`, in money per
        million tokens.
      facts: what its engines said of themselves.
    """
    prompt_price, completion_price = prices_of(pool)
    return MadeBy(
        engine=facts["engine"],
        model=facts["model"] or pool.model,
        revision=facts["revision"] or "",
        prompt_price=prompt_price,
        completion_price=completion_price,
    )


def prices_of(pool: Pool) -> tuple[float, float]:
    """Return the money for a million tokens that a pool's model reads, and that it samples; 0 where nobody says."""
    config = pool.engine.config
    return getattr(config, "prompt_price", 0.0), getattr(config, "completion_price", 0.0)


def check_flow(settings: Settings) -> CheckFlow:
    """Return how many checks a worker sends at a time: large batches for a fast checker, small ones for a slow one.

    All checks that can be on their way to a checker at once should be done within a call's time-out, even if each takes
    as long as it may.
    """
    size = settings.cluster
    limit_s = settings.checker.plugin.limits(settings.checker.config).timeout_s
    seconds_each = limit_s * settings.workers / (size.checker_processes * size.checkers) / CHECK_TIME_USED
    in_time = size.request_timeout_s / seconds_each
    most = CheckFlow()
    in_flight = max(1, min(most.in_flight, int(in_time)))
    batch = max(1, min(most.batch, int(in_time / in_flight)))
    return CheckFlow(
        batch=batch, in_flight=in_flight, request_s=max(size.request_timeout_s, in_flight * batch * seconds_each)
    )
