"""Verifiers measured on solutions of records: first errors against labels, right against wrong solutions.

A verifier's scores come from a run of `search.method=score_given` on the solutions of another run: the same texts, so
that a solution has the same id in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from factory.evaluation.prm_scores import NO_ERROR, FirstErrors, ScoredSolution, first_error_f1, tuned
from factory.export.flat_rows import has_usable_labels, is_right, is_sampled
from factory.records.thought_fields import whole_text
from factory.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedFirstErrors:
    """First-error accuracies of a verifier at a threshold that was tuned on the solutions of other questions.

    * `threshold`, `tuned_on`: the threshold, and how many solutions it was tuned on.
    * `scores`: accuracies on the others.
    """

    threshold: float
    tuned_on: int
    scores: FirstErrors


def tuning_questions(questions: Iterable[str], share: float, seed: int) -> set[str]:
    """Return a random share of the questions."""
    # Sets have no order: sort, so that the same seed draws the same questions.
    ordered = sorted(set(questions))
    return set(Random(f"{seed}/tune").sample(ordered, round(share * len(ordered))))


def labelled_first_errors(records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, int]]:
    """Return (question id, first wrong step) of the sampled solutions whose first error is labelled, by solution id.

    The index is 0-based, -1 for no error. Solutions are left out where that contradicts the verdict on the whole.
    """
    known = {}
    for record in records:
        for solution in record["solutions"]:
            first = solution["first_error"]
            if first is None or not has_usable_labels(solution) or not is_sampled(solution):
                continue
            if first != NO_ERROR or solution["verdict"] in (None, Outcome.CORRECT):
                known[solution["solution_id"]] = record["question_id"], first
    return known


def step_scores(records: Iterable[Mapping[str, Any]]) -> dict[str, tuple[float, ...]]:
    """Return a verifier's scores of the steps of solutions, by solution id; those that lack one are left out."""
    scores = {}
    for record in records:
        nodes = {(node["parent"], node["text"]): node for node in record["tree"] if node["parent"] is not None}
        for solution in record["solutions"]:
            at, of_steps, whole = 0, [], whole_text(solution)
            for start, end in pairwise([0, *solution["step_ends"]]):
                node = nodes.get((at, whole[start:end]))
                if node is None or node["score"] is None:
                    break
                of_steps.append(node["score"])
                at = node["node"]
            if len(of_steps) == len(solution["step_ends"]) > 0:
                scores[solution["solution_id"]] = tuple(of_steps)
    return scores


def held_out_first_errors(
    truths: Mapping[str, tuple[str, int]], scores: Mapping[str, Sequence[float]], share: float, seed: int
) -> TunedFirstErrors | None:
    """Return how well scores name first errors, with the threshold tuned on a share of the questions.

    Args:
      truths: (question id, first wrong step) by solution id.
      scores: scores of all steps by solution id; solutions without any are left out.
      share: share of the questions that the threshold is tuned on, between 0 and 1.
      seed: draws these questions.

    Returns:
      None where there are no solutions to tune on, or none to measure on.
    """
    tuning = tuning_questions((question for question, _ in truths.values()), share, seed)
    sides: dict[bool, list[ScoredSolution]] = {True: [], False: []}
    for name, (question, first) in truths.items():
        if name in scores:
            sides[question in tuning].append(ScoredSolution(scores=tuple(scores[name]), first_error=first))
    if not sides[True] or not sides[False]:
        return None
    threshold = tuned(sides[True])
    return TunedFirstErrors(
        threshold=threshold, tuned_on=len(sides[True]), scores=first_error_f1(sides[False], threshold)
    )


def scored_outcomes(records: Iterable[Mapping[str, Any]]) -> list[tuple[float, bool]]:
    """Return (score, right) of every judged solution that a verifier has scored, as often as its text came."""
    outcomes = []
    for record in records:
        for solution in record["solutions"]:
            judged = solution["verdict"] in (Outcome.CORRECT, Outcome.INCORRECT)
            if judged and solution["score"] is not None:
                outcomes += [(solution["score"], is_right(solution))] * solution["occurrences"]
    return outcomes


def auc(outcomes: Sequence[tuple[float, bool]]) -> float | None:
    """Return the probability that a right solution has a higher score than a wrong one; equal scores count half.

    That is the area under the ROC curve (Hanley and McNeil, Radiology 143(1), 1982). None without both kinds.
    """
    ranked = sorted(outcomes)
    rights = sum(right for _, right in ranked)
    pairs = rights * (len(ranked) - rights)
    won, below, at = 0.0, 0, 0
    while at < len(ranked):
        # Equal scores together.
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        right = sum(kind for _, kind in ranked[at:end])
        wrong = end - at - right
        won += right * (below + wrong / 2)
        below += wrong
        at = end
    return won / pairs if pairs else None
