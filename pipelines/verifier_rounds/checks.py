"""Checks of a verifier loop before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from factory.errors import BadInput
from pipelines.method_comparison.parts import named_method
from pipelines.pools.roles import check_roles
from pipelines.rounds.checks import check_start, gpus_held, remarks_on, trainer_lines
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
    loop.trainers()
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
    check_start(held_out)
    return loop, remarks_on(settings, runs, prompted=[held_out])


def gpus_of(settings: LoopSettings) -> float:
    """Return the GPUs that the run holds."""
    return gpus_held(settings, scored_run(settings, 0))


def outline(settings: Settings) -> list[str]:
    """Return what a run of these settings would do, a line each. Raises `BadInput` where a run would."""
    loop, remarks = checked(settings)
    section = loop.loop
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
    lines += trainer_lines(loop)
    return [*lines, *remarks]
