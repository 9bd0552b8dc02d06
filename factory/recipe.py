"""What is done to every question of a run: take in the given solutions, search for more, then label their steps.

A recipe is plain data and crosses processes; `Attempt` is one question on its way, readable at any moment, so that
what was found before an error is still found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from factory.experience import Experience
from factory.interfaces import Models
from factory.judged import JudgedModels
from factory.plugins import plugin
from factory.policy import Cost, Policy
from factory.prompting import PromptTemplate, render
from factory.seeds import seed_for
from factory.step_labels import SolutionLabels, learn
from factory.tree import Solution, Tree
from factory.types import Question, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Names of the plug-ins with their filled `Config`s, how to prompt and sample, and whether to learn on the way."""

    search: str
    search_config: Any
    supervision: str
    supervision_config: Any
    checker: str
    checker_config: Any
    template: PromptTemplate
    sampling: Sampling
    separator: str = "newline"
    seed: int = 0
    learn: bool = True


@dataclass(slots=True)
class Attempt:
    """One question being worked on."""

    tree: Tree
    policy: Policy
    experience: Experience
    labels: dict[Solution, SolutionLabels] = field(default_factory=dict)


def begin(recipe: Recipe, question: Question, models: Models, experience: Experience) -> Attempt:
    """An attempt with nothing done yet. `experience` is what its worker has learnt of the policy, and will go on to."""
    tree, cost = Tree(question), Cost()
    judge = getattr(plugin("factory.checkers", recipe.checker), "judge", None)
    policy = Policy(
        tree=tree,
        models=JudgedModels(models, judge, recipe.checker_config, cost) if judge else models,
        cost=cost,
        prompt=render(recipe.template, question),
        template=recipe.template,
        sampling=recipe.sampling,
        separator=recipe.separator,
        seed=recipe.seed,
    )
    return Attempt(tree, policy, experience)


async def work(recipe: Recipe, attempt: Attempt) -> None:
    """Adopt, search, then label. Raises what the models raise; `attempt` keeps what was found until then."""
    question = attempt.tree.question
    search = plugin("factory.search", recipe.search)
    labeller = plugin("factory.supervision", recipe.supervision)
    await attempt.policy.adopt(*question.given)
    rng = Random(seed_for(recipe.seed, question.key, "search"))
    await search.search(attempt.tree, attempt.policy, recipe.search_config, rng)
    rng = Random(seed_for(recipe.seed, question.key, "label"))
    cost = attempt.policy.cost
    calls, tokens = cost.policy_calls, cost.completion_tokens
    try:
        attempt.labels = await labeller.label(
            attempt.tree, attempt.policy, recipe.supervision_config, rng, attempt.experience
        )
    finally:
        cost.label_calls, cost.label_tokens = cost.policy_calls - calls, cost.completion_tokens - tokens
    if recipe.learn:
        learn(attempt.experience, attempt.tree.solutions)
