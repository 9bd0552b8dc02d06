"""Work on every question of a run: check the given solutions, search for more, label their steps, write the row.

A recipe is plain data and crosses processes. `QuestionWork` is the state of one question; it is complete at any moment,
so that after an error the solutions made before it are not lost.

A question can be taken up again from its row when amounts were raised (`factory/question_pipeline/effort.py`). What is
there stays: solutions that were cut off are continued, search and labeller add what is missing, and labels stand unless
an amount of the labeller was raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from factory.answers.extraction.spoken import answer_place
from factory.contracts.checkers import CHECKERS
from factory.contracts.search import SEARCH
from factory.contracts.supervision import SUPERVISION
from factory.interfaces import Models
from factory.labelling.experience import Experience
from factory.labelling.learning import learn
from factory.labelling.step_labels import SolutionLabels
from factory.question_pipeline.billed import BilledModels
from factory.question_pipeline.blind_reader import BlindReader
from factory.question_pipeline.continued import finish
from factory.question_pipeline.effort import SEARCH_KEYS, SUPERVISION_KEYS, effort_of
from factory.question_pipeline.judged import JudgedModels
from factory.question_pipeline.restored import Restored, cost_in, restored
from factory.reasoning.thoughts import ends_thinking
from factory.records.record import Failure, Provenance, Resumption, dearer, question_row
from factory.records.role_costs import earlier_entries
from factory.rollouts.asking import moved
from factory.rollouts.cost import Cost
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import PromptTemplate, render
from factory.rollouts.step_rule import StepRule
from factory.rollouts.tree import Tree
from factory.seeds import seed_for
from factory.types import POLICY, Question, Sampling, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings for the work on each question.

    * `search`, `supervision`, `checker`: names of the plug-ins, each with its filled `Config`.
    * `template`, `sampling`: how the policy is prompted and sampled.
    * `separator`: what ends a step (`factory/rollouts/steps.py`). `steps`: whole rule; None for the separator alone.
    * `seed`: seed of the run.
    * `prices`: of a million tokens that a role reads, and that it samples; of roles that have some.
    * `learn`: True when questions teach the prior of the labeller (`factory/labelling/experience.py`).
    """

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
    steps: StepRule | None = None
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def completer(self) -> str:
        """Role of the model that makes the rollouts of the labels: the labeller's setting of that name."""
        return str(getattr(self.supervision_config, "completer", POLICY))

    @property
    def effort(self) -> dict[str, int]:
        """Amounts per question, by config key (`factory/question_pipeline/effort.py`)."""
        search, supervision = SEARCH.load(self.search), SUPERVISION.load(self.supervision)
        return effort_of(search, self.search_config, supervision, self.supervision_config, self.sampling)


@dataclass(slots=True)
class QuestionWork:
    """State of one question that is being worked on.

    * `experience`: prior that the worker has learnt, and will teach with this question.
    * `labels`: labels of the solutions, once the labeller is done.
    * `effort`: amounts by config key that this work is for.
    * `before`: the question as an earlier record has it, where it is taken up again; else None.
    * `failed`: its row of work that failed, where it begins anew: what that has cost stays in its record; else None.
    """

    tree: Tree
    policy: Policy
    experience: Experience
    labels: dict[Solution, SolutionLabels] = field(default_factory=dict)
    effort: Mapping[str, int] = field(default_factory=dict)
    before: Restored | None = None
    failed: Mapping[str, Any] | None = None

    @property
    def earlier(self) -> Mapping[str, Any] | None:
        """Row whose cost is part of this work's; None where there is none."""
        return self.before.row if self.before else self.failed

    @property
    def changed(self) -> bool:
        """True when models were asked for anything beyond what the earlier record holds."""
        return self.before is None or self.policy.cost != self.before.cost


def begin(
    recipe: Recipe,
    question: Question,
    models: Models,
    experience: Experience,
    before: Mapping[str, Any] | None = None,
    failed: Mapping[str, Any] | None = None,
) -> QuestionWork:
    """Return the state of a question before any work, or as its row in an earlier record has it.

    Args:
      recipe: plug-ins and settings.
      question: the question.
      models: models and checker; a checker that judges with a model is put in front of them.
      experience: prior that the worker has learnt of the policy so far.
      before: row of the question in an earlier record, to continue from; None begins from the start.
      failed: its row of work that failed, where it begins from the start; None where there is none.

    Raises:
      BadInput: the prompt template needs a gold answer and the question has none.
      ValueError: `can_be_continued` refuses the row.
    """
    # Phase 1: the tree, empty or restored.
    effort = recipe.effort
    earlier = None if before is None else restored(question, before, effort, recipe.completer)
    tree = earlier.tree if earlier else Tree(question, recipe.completer)
    paid = before or failed
    cost = cost_in(paid) if paid else Cost()
    # Phase 2: the policy that samples into it. A judging model is not asked again about the texts that are there.
    billed = BilledModels(models, cost)
    checker = CHECKERS.load(recipe.checker)
    judge = checker.judge
    prompt = render(recipe.template, question)
    tree.begun = tree.begun or (isinstance(prompt, str) and ends_thinking(prompt))
    known = dict(_judged(tree)) if judge else {}
    policy = Policy(
        tree=tree,
        models=JudgedModels(billed, judge, recipe.checker_config, cost, known) if judge else billed,
        cost=cost,
        prompt=prompt,
        template=recipe.template,
        sampling=recipe.sampling,
        separator=recipe.separator,
        steps=recipe.steps,
        seed=recipe.seed if recipe.sampling.seed is None else recipe.sampling.seed,
        reader=BlindReader.of(checker, recipe.checker_config, question),
        prices=recipe.prices,
    )
    taught = experience if recipe.learn else Experience(learns=False)
    return QuestionWork(tree, policy, taught, effort=effort, before=earlier, failed=failed)


def _judged(tree: Tree) -> Iterator[tuple[str, Verdict]]:
    """Yield what a judge was shown of the solutions that are there, with its verdicts on that."""
    for solution in tree.solutions:
        place = answer_place(solution.text, begun=solution.begun)
        if place is not None:
            yield solution.text[place[0] : place[1]], moved(solution.verdict, -place[0])


async def work(recipe: Recipe, question_work: QuestionWork) -> None:
    """Adopt, search, then label; for a question that is taken up again, only what is missing of these.

    Raises what the models raise; `question_work` keeps everything made until then.
    """
    experience, key = question_work.experience, question_work.tree.question.key
    try:
        await _work(recipe, question_work)
        learn(experience, question_work.tree)
        experience.finish(key)
    finally:
        # Where the work failed; one that is finished stays.
        experience.forget(key)


async def _work(recipe: Recipe, question_work: QuestionWork) -> None:
    """Adopt, search and label, as `work` says."""
    question, before = question_work.tree.question, question_work.before
    # Phase 1: the solutions that came with the question, or the endings of those that were cut off.
    if before is None:
        await question_work.policy.adopt(*question.given)
    else:
        await finish(question_work.policy, before)
    # Phase 2: search, with random draws that depend on run and question only.
    if before is None or before.asks_more(SEARCH_KEYS):
        search = SEARCH.load(recipe.search)
        rng = Random(seed_for(recipe.seed, question.key, "search"))
        await search.search(question_work.tree, question_work.policy, recipe.search_config, rng)
    # The first samples tell the other questions under way how strong the policy is.
    learn(question_work.experience, question_work.tree)
    # Phase 3: label. New solutions need labels even where no amount of the labeller was raised.
    if before is None or before.asks_more(SUPERVISION_KEYS) or question_work.changed:
        await _label(recipe, question_work)


async def _label(recipe: Recipe, question_work: QuestionWork) -> None:
    """Run the labeller and count what it cost, also where it fails."""
    if question_work.before is not None:
        question_work.before.reopen()
    labeller = SUPERVISION.load(recipe.supervision)
    rng = Random(seed_for(recipe.seed, question_work.tree.question.key, "label"))
    cost = question_work.policy.cost
    calls, tokens = cost.policy_calls, cost.completion_tokens
    try:
        labels = await labeller.label(
            question_work.tree, question_work.policy, recipe.supervision_config, rng, question_work.experience
        )
    finally:
        cost.label_calls += cost.policy_calls - calls
        cost.label_tokens += cost.completion_tokens - tokens
    question_work.labels = {
        # The labels of an earlier run have cost rollouts, too.
        solution: replace(label, policy_calls=solution.label_calls + label.policy_calls)
        if solution.label_calls
        else label
        for solution, label in labels.items()
        if not solution.labelled
    }


def finished_row(
    question_work: QuestionWork,
    made_by: Provenance,
    *,
    failure: Failure | None = None,
    unit_id: str = "",
    seconds: float = 0.0,
    created_at: datetime | None = None,
) -> dict[str, Any]:
    """Return the record of a question.

    A question that was taken up again keeps its earlier row where nothing was added to it, with the new effort. Where
    the work on it failed it keeps that row, too, but for what the work has cost: a complete earlier row is worth more
    than half of a new one.

    Args:
      question_work: the question after `work`, or after an error in it.
      made_by: run, engine, model, checker and labeller.
      failure: the error, where the work ended in one.
      unit_id: unit of the run that the question belongs to.
      seconds: wall-clock time of this work; that of earlier runs is added.
      created_at: time stamp of the row, in UTC; None leaves it empty.

    Returns:
      The row, in the columns of `factory/records/schema.py`.
    """
    before = question_work.before
    if before is not None:
        if not question_work.changed:
            return dict(before.row) if failure else {**before.row, "effort": list(question_work.effort.items())}
        if failure is not None:
            seconds += before.row["cost"]["seconds"]
            return dearer(before.row, question_work.policy.cost, made_by, seconds)
    earlier = question_work.earlier
    seconds += earlier["cost"]["seconds"] if earlier else 0.0
    return question_row(
        question_work.tree,
        question_work.labels,
        question_work.policy.cost,
        made_by,
        failure=failure,
        unit_id=unit_id,
        seconds=seconds,
        created_at=created_at,
        resumption=Resumption(
            effort=question_work.effort,
            kept=before.kept if before else {},
            roles=earlier_entries(earlier) if earlier else (),
        ),
    )
