"""Checks of a comparison before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from factory.errors import BadInput
from pipelines.method_comparison.parts import Comparison, comparison_of, named_method
from pipelines.planning.survey import Survey
from pipelines.pools.roles import asked_pools, idle_pools
from pipelines.run.session import check_model, check_prompt
from pipelines.run.settings import Settings


def checked(settings: Settings) -> tuple[Comparison, list[str]]:
    """Return the comparison that the settings describe, and remarks on its prompts and pools, a sentence each.

    Raises `BadInput` for what would end it hours later.
    """
    budget = settings.stop.budget
    if budget.policy_calls or budget.money:
        raise BadInput(
            "stop.policy_calls or stop.money is set. Expected stop.hours or stop.gpu_hours: what a comparison asks of "
            "its models is bounded by compare.tokens and by its questions."
        )
    comparison = comparison_of(settings)
    remarks: list[str] = []
    asked: set[str] = set()
    for name in comparison.methods:
        for part in comparison.given(name):
            with named_method(name):
                check_model(part.settings)
                remarks += check_prompt(part.settings)
            asked |= asked_pools(part.settings).keys()
    return comparison, list(dict.fromkeys([*idle_pools(settings, asked), *remarks]))


def check_size(comparison: Comparison, survey: Survey) -> None:
    """Raise `BadInput` where the source has too few questions for the pilot and the test."""
    compare, there = comparison.compare, survey.questions
    wanted = compare.pilot + max(1, compare.questions)
    if there < wanted:
        raise BadInput(
            f"the source has {there:,} usable questions, and {compare.pilot:,} of them are the pilot's. Expected "
            f"{wanted:,} at least, for {max(1, compare.questions):,} to compare on: raise source.n or source.limit, or "
            "lower compare.questions (--questions) or compare.pilot (--pilot)."
        )


def outline(settings: Settings) -> list[str]:
    """Return what a comparison of these settings would do, a line each. Raises `BadInput` where it would."""
    comparison, remarks = checked(settings)
    compare = comparison.compare
    if compare.calibrates:
        budget = f"{compare.tokens:,}" if compare.tokens else f"as many as {comparison.reference} spends"
        lines = [f"tokens per question: {budget}; amounts are chosen on {compare.pilot:,} pilot questions"]
    else:
        lines = [f"amounts: {', '.join(map(str, compare.amounts)) or 'as given'}; nothing makes the tokens equal"]
    asked = f"{compare.questions:,}" if compare.questions else "all other"
    lines.append(f"compared on {asked} questions, against {comparison.reference}")
    for name in comparison.methods:
        [first, *others] = comparison.given(name)
        keys = ", ".join(f"{key}={value}" for key, value in first.settings.plain["search"].items() if key != "method")
        more = f" ({first.amount_key} also {', '.join(str(part.amount) for part in others)})" * bool(others)
        lines.append(f"{name}: {first.settings.search.name} {keys}{more}".rstrip())
    return [*lines, *remarks]
