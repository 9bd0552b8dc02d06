"""Candidates for a training set, what is decided about each of them, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from factory.rollouts.nodes import GIVEN, PROBE
from factory.text.wording import normalised
from factory.types import Outcome

COLUMNS = ["question_id", "solutions"]  # of a record: what `candidates` reads


class Reason(StrEnum):
    """Why a candidate was kept or not.

    `not_needed`: a hinted one of a question that was solved without. `over_cap`: as good as those that were kept, of
    which there were enough. The leaks are those of `factory/self_training/hints.py`.
    """

    KEPT = "kept"
    INCORRECT = "incorrect"
    UNPARSABLE = "unparsable"
    TIMEOUT = "timeout"
    ERROR = "error"
    TRUNCATED = "truncated"
    DUPLICATE = "duplicate"
    OVER_CAP = "over_cap"
    TOO_FEW_STEPS = "too_few_steps"
    LEAK_HINT = "leak_hint"
    LEAK_PHRASE = "leak_phrase"
    LEAK_ANSWER_FIRST = "leak_answer_first"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A solution on a record. `hinted`: whoever wrote it had been told the gold answer.

    `model` and `model_revision` are empty of a solution that came with its question.
    """

    question_id: str
    solution_id: str
    text: str
    steps: tuple[str, ...]
    hinted: bool
    verdict: str
    finish_reason: str
    occurrences: int = 1
    round: int = 0
    model: str = ""
    model_revision: str = ""

    @property
    def finished(self) -> bool:
        return self.finish_reason != "length"

    @property
    def right(self) -> bool:
        """Finished, and judged correct."""
        return self.finished and self.verdict == Outcome.CORRECT

    @property
    def key(self) -> tuple[str, bool, int, str]:
        """An order that has nothing to do with who was asked or answered first."""
        return self.solution_id, self.hinted, self.round, self.model_revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a candidate. `reason` is one of `Reason`; `kept` where it is `Reason.KEPT`."""

    candidate: Candidate
    reason: Reason

    @property
    def kept(self) -> bool:
        return self.reason is Reason.KEPT


def candidates(row: Mapping[str, Any]) -> list[Candidate]:
    """The solutions that a model has sampled of the bare question, on its record as `factory.shards.commits.records_of`
    gives it: no given ones, and no rollouts that a labeller asked for from a prefix."""
    return [
        Candidate(
            question_id=row["question_id"],
            solution_id=found["solution_id"],
            text=found["text"],
            steps=tuple(step["text"] for step in found["steps"]),
            hinted=bool(found["hinted"]),
            verdict=found["verdict"] or str(Outcome.ERROR),  # imported ones may never have been judged
            finish_reason=found["finish_reason"] or "",
            occurrences=found["occurrences"],
            round=found["round"] or 0,
            model=found["model"] or "",
            model_revision=found["model_revision"] or "",
        )
        for found in row["solutions"]
        if found["method"] not in (GIVEN, PROBE)
    ]


def is_solved(row: Mapping[str, Any]) -> bool:
    """Whether one of a record's candidates was finished and judged correct."""
    return any(candidate.right for candidate in candidates(row))


def unfit(candidate: Candidate, min_steps: int = 1) -> Reason | None:
    """Why a candidate is no right solution, or one of less than `min_steps` steps; None where it may be kept.

    What was cut off is `truncated`, whatever its last words were.
    """
    if not candidate.finished:
        return Reason.TRUNCATED
    if candidate.verdict != Outcome.CORRECT:
        return Reason(candidate.verdict)
    if sum(bool(step.strip()) for step in candidate.steps) < min_steps:
        return Reason.TOO_FEW_STEPS
    return None


def capped(
    fit: Iterable[Candidate], at_most: int, rng: Random, same: Callable[[str], object] = normalised
) -> list[Decision]:
    """Of candidates that may all be kept, `at_most` drawn ones, of those whose texts are the `same` the first by `key`.

    All are right, or all are wrong: folding two into one (`normalised`) costs variety at most, never a label.
    The draw hangs on which candidates there are, not on their order.
    """
    decided: list[Decision] = []
    distinct: dict[object, Candidate] = {}
    for candidate in sorted(fit, key=lambda one: one.key):
        if distinct.setdefault(same(candidate.text), candidate) is not candidate:
            decided.append(Decision(candidate=candidate, reason=Reason.DUPLICATE))
    drawn = rng.sample(list(distinct.values()), len(distinct))
    decided += [Decision(candidate=candidate, reason=Reason.KEPT) for candidate in drawn[:at_most]]
    decided += [Decision(candidate=candidate, reason=Reason.OVER_CAP) for candidate in drawn[at_most:]]
    return decided


def in_order(decisions: Sequence[Decision]) -> list[Decision]:
    """Decisions by their candidates' `key`."""
    return sorted(decisions, key=lambda one: one.candidate.key)
