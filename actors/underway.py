"""News of a rollout worker to its driver: what is not committed yet, what it has cost and taught so far."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.kept_rows import KeptRows
from factory.labelling.experience import Lessons
from factory.question_pipeline.recipe import QuestionWork
from factory.question_pipeline.restored import cost_in
from factory.records.example import Example
from factory.records.role_costs import MadeBy
from factory.records.tally import Tally
from factory.rollouts.cost import Cost

# Questions that a worker's news name of those that failed: the latest.
FAILED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedQuestion:
    """Question that failed.

    Attributes:
      number: 1 for the first that failed of its worker's assignment, and so on.
      unit, question: ids.
      why: type of the error, and what it says.
    """

    number: int
    unit: str
    question: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """Work of one worker that is not committed yet.

    Attributes:
      tally: what it has cost so far, and how many of its questions are finished.
      unfinished: by the id of each unit that was begun, its questions that are not finished.
      example: labelled solution of the first question that had one, whether its unit is committed or not.
      experience: id of what it learns with (`Experience.id`).
      lessons: what its own questions have taught it so far; None where nobody asked.
      remarks: what it had to say of the spool so far, a sentence of each kind.
      roster: version of the roster that it follows.
      failures: questions that failed since the worker's start, by the type of their error.
      failed: the latest questions of this assignment that failed, oldest first, at most `FAILED`.
      moved: requests that engines of this run had when they left, and that others got.
    """

    tally: Tally
    unfinished: Mapping[str, int]
    experience: str
    example: Example | None = None
    lessons: Lessons | None = None
    remarks: tuple[str, ...] = ()
    roster: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[FailedQuestion, ...] = ()
    moved: int = 0


def cost_so_far(attempts: Iterable[QuestionWork], maker: Callable[[str], MadeBy]) -> Tally:
    """Return what questions have cost, and their solutions by verdict, without what was there before.

    `maker` says which model has a role.
    """
    total = Tally()
    for attempt in attempts:
        # What an earlier revision has cost was reported with its receipt.
        before = cost_in(attempt.earlier) if attempt.earlier else Cost()
        total.policy_calls += attempt.policy.cost.policy_calls - before.policy_calls
        total.completion_tokens += attempt.policy.cost.completion_tokens - before.completion_tokens
        total.money += sum(maker(role).money(spent) for role, spent in attempt.policy.cost.roles.items())
        total.correct += attempt.tree.correct
        total.incorrect += attempt.tree.incorrect
    return total


@dataclass(frozen=True, slots=True)
class UnitUnderWay:
    """Unit that is worked on: its questions, what is kept of it, and the tasks of its questions."""

    attempts: list[QuestionWork]
    kept: KeptRows
    tasks: list[asyncio.Task[dict[str, Any]]]

    @property
    def unfinished(self) -> int:
        """Number of questions that are not finished."""
        return sum(not task.done() for task in self.tasks)

    def cancel(self) -> None:
        """Cancel the questions that are not finished."""
        for task in self.tasks:
            task.cancel()
