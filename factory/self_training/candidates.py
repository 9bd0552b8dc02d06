"""Candidates for a training set, the decision on each of them, and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from factory.records.thought_fields import whole_text
from factory.rollouts.nodes import GIVEN, PROBE
from factory.text.wording import normalised
from factory.types import CUT_SHORT, POLICY, Outcome

COLUMNS = ["question_id", "solutions"]
"""Columns of a record that `candidates` reads."""


class Reason(StrEnum):
    """Reason why a candidate was kept or dropped.

    * `not_needed`: it is hinted, and its question was solved without a hint.
    * `over_cap`: it is as good as those that were kept, but the cap of its question is reached.
    * `leak_…`: it gives away that its author knew the answer (`factory/self_training/hints.py`).
    * `truncated`: it was cut off at the token limit.
    * `flawed`: its answer is right, but an audit has located a wrong step.
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
    FLAWED = "flawed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Solution of a record that may become training data.

    * `hinted`: its author had been told the gold answer.
    * `verdict`, `finish_reason`: as in the record.
    * `occurrences`: how often this text was sampled.
    * `round`: round of self-training that sampled it.
    * `model`, `model_revision`: its author; empty where the record does not say.
    * `independent`: False where a search has guided or revised it.
    * `flawed`: True where its answer is right and an audit has located a wrong step.
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
    independent: bool = True
    flawed: bool = False

    @property
    def finished(self) -> bool:
        """True when it was not cut off at the token limit."""
        return self.finish_reason not in CUT_SHORT

    @property
    def right(self) -> bool:
        """True when finished and judged correct."""
        return self.finished and self.verdict == Outcome.CORRECT

    @property
    def key(self) -> tuple[str, bool, int, str]:
        """Sort key that does not depend on the order of requests or answers."""
        return self.solution_id, self.hinted, self.round, self.model_revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Decision on one candidate, with its reason."""

    candidate: Candidate
    reason: Reason

    @property
    def kept(self) -> bool:
        """True when the candidate becomes training data."""
        return self.reason is Reason.KEPT


def candidates(row: Mapping[str, Any]) -> list[Candidate]:
    """Return the solutions of a record that the policy wrote for the bare question.

    Solutions that a search has guided or revised are among them. Left out are given ones, rollouts that a labeller
    requested from a prefix, and what other roles wrote, such as a prover that is told to be wrong. `row` is a record as
    `factory.shards.commits.records_of` yields it.
    """
    return [
        Candidate(
            question_id=row["question_id"],
            solution_id=solution["solution_id"],
            text=whole_text(solution),
            steps=tuple(step["text"] for step in solution["steps"]),
            hinted=bool(solution["hinted"]),
            # Imported solutions may never have been judged.
            verdict=solution["verdict"] or str(Outcome.ERROR),
            finish_reason=solution["finish_reason"] or "",
            occurrences=solution["occurrences"],
            round=solution["round"] or 0,
            model=solution["model"] or "",
            model_revision=solution["model_revision"] or "",
            independent=solution.get("independent") is not False,
            flawed=bool(solution.get("flawed")),
        )
        for solution in row["solutions"]
        # Rows before schema 5 know of no other role.
        if solution["method"] not in (GIVEN, PROBE) and solution.get("role") in (None, POLICY)
    ]


def is_solved(row: Mapping[str, Any]) -> bool:
    """Return True when one of a record's candidates is finished and judged correct."""
    return any(candidate.right for candidate in candidates(row))


def unfit(candidate: Candidate, min_steps: int = 1) -> Reason | None:
    """Return why a candidate is no right solution, or has fewer than `min_steps` steps; None where it may be kept.

    A solution that was cut off is `truncated`, whatever its verdict.
    """
    if not candidate.finished:
        return Reason.TRUNCATED
    if candidate.verdict != Outcome.CORRECT:
        return Reason(candidate.verdict)
    if candidate.flawed:
        return Reason.FLAWED
    if sum(bool(step.strip()) for step in candidate.steps) < min_steps:
        return Reason.TOO_FEW_STEPS
    return None


def capped(
    fit: Iterable[Candidate], at_most: int, rng: Random, same: Callable[[str], object] = normalised
) -> list[Decision]:
    """Keep at most `at_most` candidates, drawn at random, and one of those with the same text.

    The draw depends on which candidates there are, not on their order.

    Args:
      fit: candidates that may all be kept; either all are right or all are wrong, so that merging two of them costs
        variety at most, never a label.
      at_most: how many are kept.
      rng: draws them.
      same: key of a text; of candidates with equal keys the first by `Candidate.key` stays.

    Returns:
      One decision per candidate: kept, duplicate or over the cap.
    """
    # Phase 1: merge duplicates.
    decided: list[Decision] = []
    distinct: dict[object, Candidate] = {}
    for candidate in sorted(fit, key=lambda one: one.key):
        if distinct.setdefault(same(candidate.text), candidate) is not candidate:
            decided.append(Decision(candidate=candidate, reason=Reason.DUPLICATE))
    # Phase 2: draw an order, and keep the first ones.
    drawn = rng.sample(list(distinct.values()), len(distinct))
    decided += [Decision(candidate=candidate, reason=Reason.KEPT) for candidate in drawn[:at_most]]
    decided += [Decision(candidate=candidate, reason=Reason.OVER_CAP) for candidate in drawn[at_most:]]
    return decided


def in_order(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions, sorted by their candidates' `key`."""
    return sorted(decisions, key=lambda one: one.candidate.key)
