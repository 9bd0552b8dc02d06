"""What is done to every question of a run: take in the given solutions, search for more, then label their steps.

A recipe is plain data and crosses processes; `QuestionWork` is one question on its way, readable at any moment, so that
what was found before an error is still found.

A question can be taken up again from its row when more is asked for than then (`factory/question_pipeline/effort.py`).
What is there stays: solutions that were cut off go on, search and labeller add what is missing, and labels stand unless
it is them that more is asked for of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from factory.contracts.checkers import CHECKERS
from factory.contracts.search import SEARCH
from factory.contracts.supervision import SUPERVISION
from factory.interfaces import Models
from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabels, learn
from factory.question_pipeline.continued import finish
from factory.question_pipeline.effort import SEARCH_KEYS, SUPERVISION_KEYS, effort_of
from factory.question_pipeline.judged import JudgedModels
from factory.question_pipeline.restored import Restored, restored
from factory.records.record import Failure, Provenance, question_row
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Cost, Policy
from factory.rollouts.prompting import PromptTemplate, render
from factory.rollouts.tree import Tree
from factory.seeds import seed_for
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

    @property
    def effort(self) -> dict[str, int]:
        """How much is asked for per question, by config key."""
        search, supervision = SEARCH.load(self.search), SUPERVISION.load(self.supervision)
        return effort_of(search, self.search_config, supervision, self.supervision_config, self.sampling)


@dataclass(slots=True)
class QuestionWork:
    """One question being worked on. `before`: what an earlier record holds of it, where it is taken up from one."""

    tree: Tree
    policy: Policy
    experience: Experience
    labels: dict[Solution, SolutionLabels] = field(default_factory=dict)
    effort: Mapping[str, int] = field(default_factory=dict)
    before: Restored | None = None

    @property
    def changed(self) -> bool:
        """Whether a model was asked for anything that the record it was taken up from does not hold."""
        return self.before is None or self.policy.cost != self.before.cost


def begin(
    recipe: Recipe,
    question: Question,
    models: Models,
    experience: Experience,
    before: Mapping[str, Any] | None = None,
) -> QuestionWork:
    """An attempt with nothing done yet, or with all that `before` holds, the question's row in an earlier record.

    `experience` is what its worker has learnt of the policy, and will go on to. Raises `ValueError` for a row that
    `can_be_continued` refuses.
    """
    effort = recipe.effort
    found = None if before is None else restored(question, before, effort)
    tree, cost = (found.tree, found.cost) if found else (Tree(question), Cost())
    judge = CHECKERS.load(recipe.checker).judge
    known = {solution.text: solution.verdict for solution in tree.solutions}
    policy = Policy(
        tree=tree,
        models=JudgedModels(models, judge, recipe.checker_config, cost, known) if judge else models,
        cost=cost,
        prompt=render(recipe.template, question),
        template=recipe.template,
        sampling=recipe.sampling,
        separator=recipe.separator,
        seed=recipe.seed,
    )
    return QuestionWork(tree, policy, experience, effort=effort, before=found)


async def work(recipe: Recipe, attempt: QuestionWork) -> None:
    """Adopt, search, then label; of a question that is taken up again, what is missing of that.

    Raises what the models raise; `attempt` keeps what was found until then.
    """
    question, before = attempt.tree.question, attempt.before
    if before is None:
        await attempt.policy.adopt(*question.given)
    else:
        await finish(attempt.policy, before)
    if before is None or before.asks_more(SEARCH_KEYS):
        search = SEARCH.load(recipe.search)
        rng = Random(seed_for(recipe.seed, question.key, "search"))
        await search.search(attempt.tree, attempt.policy, recipe.search_config, rng)
    if before is None or before.asks_more(SUPERVISION_KEYS) or attempt.changed:
        await _label(recipe, attempt)
    if recipe.learn:
        learn(attempt.experience, attempt.tree.solutions)


async def _label(recipe: Recipe, attempt: QuestionWork) -> None:
    if attempt.before is not None:
        attempt.before.reopen()
    labeller = SUPERVISION.load(recipe.supervision)
    rng = Random(seed_for(recipe.seed, attempt.tree.question.key, "label"))
    cost = attempt.policy.cost
    calls, tokens = cost.policy_calls, cost.completion_tokens
    try:
        labels = await labeller.label(attempt.tree, attempt.policy, recipe.supervision_config, rng, attempt.experience)
    finally:
        cost.label_calls += cost.policy_calls - calls
        cost.label_tokens += cost.completion_tokens - tokens
    attempt.labels = {
        solution: replace(found, policy_calls=solution.label_calls + found.policy_calls)
        for solution, found in labels.items()
        if not solution.labelled
    }


def finished_row(
    attempt: QuestionWork,
    made_by: Provenance,
    *,
    failure: Failure | None = None,
    unit_id: str = "",
    seconds: float = 0.0,
    created_at: datetime | None = None,
) -> dict[str, Any]:
    """The row of an attempt. One taken up from a record keeps that record's row where nothing was added to it, but for
    its effort, and to the letter where it failed: what was there is worth more than half of what was to come."""
    before = attempt.before
    if before is not None:
        if failure is not None:
            return dict(before.row)
        if not attempt.changed:
            return {**before.row, "effort": list(attempt.effort.items())}
        seconds += before.row["cost"]["seconds"]
    return question_row(
        attempt.tree,
        attempt.labels,
        attempt.policy.cost,
        made_by,
        failure=failure,
        unit_id=unit_id,
        seconds=seconds,
        created_at=created_at,
        effort=attempt.effort,
        kept=before.kept if before else None,
    )
