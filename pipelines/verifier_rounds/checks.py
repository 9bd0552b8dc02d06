"""Checks of a verifier loop before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from pathlib import Path

from actors.generator import generator_options
from actors.trained_models.trained_model import check_base
from cluster.connect import nodes_of_this_machine
from factory.errors import BadInput
from pipelines.fine_tuning.training import check_room
from pipelines.method_comparison.parts import named_method
from pipelines.pools.keys import missing_keys
from pipelines.pools.roles import asked_pools, check_roles, idle_pools
from pipelines.run.session import check_model, check_prompt
from pipelines.run.settings import Settings
from pipelines.verifier_rounds import settings as sections
from pipelines.verifier_rounds.loop_runs import evaluation, held_out_run, scored_run, search_runs
from pipelines.verifier_rounds.settings import REFERENCE, LoopSettings


def parts(settings: LoopSettings) -> list[Settings]:
    """Return the kinds of runs that a loop is made of, in order; no verifier need exist yet.

    Raises `BadInput` where one of them could not be, or asks a role that nobody fills.
    """
    comparison = evaluation(settings, 0)
    of_methods = []
    for name in comparison.methods:
        of_methods += [part.settings for part in comparison.given(name)]
        with named_method(name):
            check_roles(of_methods[-1])
    runs = [held_out_run(settings), *search_runs(settings, 0), *search_runs(settings, 1), scored_run(settings, 0)]
    for part in runs:
        check_roles(part)
    return [*runs, *of_methods]


def checked(settings: Settings) -> tuple[LoopSettings, list[str]]:
    """Return the settings of a verifier loop, and remarks on prompts and pools, a sentence each.

    Raises `BadInput` for what would end the run hours later.
    """
    loop = sections.of(settings)
    loop.trainer_options()
    runs = parts(loop)
    held_out = runs[0]
    questions = held_out.source.plugin.questions(held_out.source.config)
    if sum(1 for _ in zip(questions, range(loop.loop.pilot + 1), strict=False)) <= loop.loop.pilot:
        raise BadInput(
            f"{loop.loop.pilot} held-out questions or fewer are there, and the first {loop.loop.pilot} of them are the "
            "pilot's. Expected more: raise held_out.share or held_out.limit, or add questions."
        )
    if held_out.supervision.name == "none":
        raise BadInput("supervision.method is none. Expected a labeller: the verifier is trained on step labels.")
    # The verifier does not exist yet; every other model can be looked at.
    check_model(held_out)
    if Path(settings.model).is_dir():
        check_base(settings.model)
    asked = {role for part in runs for role in asked_pools(part)}
    said = (remark for part in (held_out,) for remark in (*missing_keys(part), *check_prompt(part)))
    return loop, list(dict.fromkeys([*idle_pools(settings, asked), *said]))


def gpus_of(settings: LoopSettings) -> float:
    """Return the GPUs that the run holds: those of all engines, or those of the trainer where it needs more."""
    pools = asked_pools(scored_run(settings, 0))
    of_engines = sum(
        pool.replicas * generator_options(pool.engine.name, pool.engine_config)["num_gpus"] for pool in pools.values()
    )
    return float(max(of_engines, settings.trainer_options()["num_gpus"]))


def outline(settings: Settings) -> list[str]:
    """Return what a run of these settings would do, a line each. Raises `BadInput` where a run would."""
    loop, remarks = checked(settings)
    section, options = loop.loop, loop.trainer_options()
    [first] = search_runs(loop, 0)
    lines = [
        f"{section.rounds} rounds, each with a verifier for role {section.verifier} trained by {loop.trainer.name} on "
        "the labels of all rounds so far",
        f"{first.run.dir}: {first.search.name}, labelled by {first.supervision.name}",
    ]
    for part in search_runs(loop, 1):
        keys = ", ".join(f"{key}={value}" for key, value in part.plain["search"].items() if key != "method")
        asked = f"{section.questions:,}" if section.questions else "all"
        lines.append(f"{part.run.dir}: {part.search.name} {keys}, on {asked} training questions, labelled")
    budget = f"{section.tokens:,}" if section.tokens else f"as many as {REFERENCE} ({section.reference}) spends"
    lines.append(f"after every round: {', '.join(loop.methods)} on held-out questions; tokens per question: {budget}")
    lines.append(f"the trainer needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node")
    if settings.cluster.address == "local":
        check_room(options, nodes_of_this_machine())
    return [*lines, *remarks]
