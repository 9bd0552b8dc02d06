"""What is done to every question of a run: search for solutions, then label their steps.

A recipe is plain data and crosses processes; `Attempt` is one question on its way, readable at any moment, so that
what was found before an error is still found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from factory.interfaces import Models
from factory.plugins import plugin
from factory.policy import Policy
from factory.posterior import SolutionLabels
from factory.prompting import PromptTemplate, render
from factory.seeds import seed_for
from factory.tree import Solution, Tree
from factory.types import Question, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Names of the plug-ins with their filled `Config`s, and how to prompt and sample."""

    search: str
    search_config: Any
    supervision: str
    supervision_config: Any
    template: PromptTemplate
    sampling: Sampling
    separator: str = "newline"
    seed: int = 0


@dataclass(slots=True)
class Attempt:
    """One question being worked on."""

    tree: Tree
    policy: Policy
    labels: dict[Solution, SolutionLabels] = field(default_factory=dict)


def begin(recipe: Recipe, question: Question, models: Models) -> Attempt:
    """An attempt with nothing done yet."""
    tree = Tree(question)
    policy = Policy(
        tree=tree,
        models=models,
        prompt=render(recipe.template, question),
        sampling=recipe.sampling,
        separator=recipe.separator,
        seed=recipe.seed,
    )
    return Attempt(tree, policy)


async def work(recipe: Recipe, attempt: Attempt) -> None:
    """Search, then label. Raises what the models raise; `attempt` keeps what was found until then."""
    question_id = attempt.tree.question.id
    search = plugin("factory.search", recipe.search)
    labeller = plugin("factory.supervision", recipe.supervision)
    rng = Random(seed_for(recipe.seed, question_id, "search"))
    await search.search(attempt.tree, attempt.policy, recipe.search_config, rng)
    rng = Random(seed_for(recipe.seed, question_id, "label"))
    attempt.labels = await labeller.label(attempt.tree, attempt.policy, recipe.supervision_config, rng)
