"""Wrong samples of a real model on procedural questions, whose first wrong step is known by exact arithmetic."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator

from factory.errors import BadInput
from factory.question_pipeline.recipe import Recipe
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import render
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.shards.commits import records_of
from factory.types import POLICY, Question
from pipelines.run.settings import Settings, from_mapping
from tools.bench.arithmetic_truth import first_wrong_step
from tools.bench.real_labels.shared_rollouts import SharedRollouts
from tools.evaluation.sampled_solutions import NAMED, names_of

COMPLETER = "completer"
"""Role of the model that makes the rollouts of labellers, where it is not the policy."""

AT_ONCE = 16
"""Questions in flight: a labeller learns from the others, so the number changes its labels."""


def settings_for(arguments: argparse.Namespace, folder: str) -> Settings:
    """Return the settings of a run on procedural questions, with the model's usual sampling."""
    engine = {"kind": arguments.engine}
    if arguments.completer:
        # Two engines share the machine.
        engine["num_cpus"] = 0.5
    completer = {"model": arguments.completer, "engine": engine}
    # Many more questions than solutions: most have no wrong sample of known truth.
    return from_mapping(
        {
            "run": {"dir": folder},
            "model": arguments.model,
            "source": {
                "kind": "procedural",
                "n": 100 * arguments.solutions,
                "levels": arguments.levels,
                "seed": arguments.seed,
            },
            "prompt": {"template": arguments.template},
            "sampling": {"temperature": 0.7, "max_tokens": 128},
            "engine": engine,
            **({"models": {COMPLETER: completer}} if arguments.completer else {}),
            "supervision": {"completer": COMPLETER if arguments.completer else POLICY},
        }
    )


def policy_for(question: Question, models: SharedRollouts, recipe: Recipe) -> Policy:
    """Return a policy over a fresh tree of `question`.

    Args:
      question: the question to sample.
      models: make rollouts and judge them.
      recipe: prompt template, sampling and seed.
    """
    prompt = render(recipe.template, question)
    tree = Tree(question, recipe.completer)
    return Policy(tree=tree, models=models, prompt=prompt, sampling=recipe.sampling, seed=recipe.seed)


async def wrong_samples(policy: Policy, samples: int, every: bool) -> dict[Solution, int]:
    """Return wrong samples whose first wrong step is known, with that step: the first one, or `every` one.

    Other wrong samples are dropped, so that they are not labelled; without `every` the right ones, too.
    """
    await policy.rollouts(policy.tree.root, samples, method="sample")
    # A question without any right sample has nothing to tell prefixes apart by.
    if not policy.tree.correct:
        return {}
    truths: dict[Solution, int] = {}
    for solution in policy.tree.solutions:
        truth = first_wrong_step(policy.tree.question, [n.step.text for n in solution.leaf.path() if n.step])
        if solution.is_wrong and truth is not None and truth >= 0 and (every or not truths):
            truths[solution] = truth
    policy.tree.solutions[:] = [
        solution for solution in policy.tree.solutions if solution in truths or (every and not solution.is_wrong)
    ]
    return truths


def unseen(questions: Iterable[Question], seen: Collection[str]) -> Iterator[Question]:
    """Yield the questions none of whose names (`names_of`) was seen: other texts, and other numbers."""
    for question in questions:
        if names_of({"question": question.text, "metadata": question.metadata}).isdisjoint(seen):
            yield question


async def find_wrong(
    settings: Settings, models: SharedRollouts, recipe: Recipe, arguments: argparse.Namespace
) -> list[Question]:
    """Return questions with a wrong sample whose first wrong step is known.

    Args:
      settings: settings of the run, with the source of the questions.
      models: make rollouts and judge them.
      recipe: prompt template, sampling and seed.
      arguments: the command line: number of questions, samples of each, runs whose questions are left out.

    Raises:
      BadInput: the source has too few such questions.
    """
    selected: list[Question] = []
    seen = {name for run in arguments.not_in for row in records_of(run, NAMED) for name in names_of(row)}
    questions = unseen(settings.source.plugin.questions(settings.source.config), seen)
    while len(selected) < arguments.solutions:
        batch = [question for question, _ in zip(questions, range(AT_ONCE), strict=False)]
        if not batch:
            raise BadInput(
                f"only {len(selected)} of {arguments.solutions} questions had a wrong solution that can be judged. "
                "Give fewer --solutions."
            )
        policies = (policy_for(question, models, recipe) for question in batch)
        answers = await together(wrong_samples(policy, arguments.samples, False) for policy in policies)
        selected += [question for question, answer in zip(batch, answers, strict=True) if answer]
    return selected[: arguments.solutions]
