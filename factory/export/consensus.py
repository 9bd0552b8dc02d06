"""Consensus rules of the papers: labels only where rollouts and critics agree (Qwen's PRM, Zhang et al., arXiv
2501.07301, sec. 3.1; GenPRM, Zhao et al., arXiv 2504.00891, sec. 3.3).

Rollouts speak by hard estimates, as in these papers, and every opinion on the solution by the step that it names. Rules
on what a record keeps of the evidence, so an export applies them (`factory export --agree`), whatever labels the run
itself gave: one run yields the data sets of all rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factory.labelling.opinions import NONE
from factory.labelling.sources import EQUATIONS
from factory.labelling.step_evidence import StepEvidence
from factory.labelling.step_labels import first_error_of
from factory.types import Outcome

POSTERIOR, DROP_STEP, DROP_SOLUTION = AGREE = ("posterior", "drop_step", "drop_solution")
"""Rules: labels as the run gave them; labels of steps on which all agree; labels of solutions on whose first error all
agree."""


def agreed(
    counts: Sequence[tuple[int, int]], correct: bool, first_errors: Sequence[int], rule: str
) -> list[int | None]:
    """Return the labels +1, -1 or None of a solution's steps on which rollouts and opinions agree.

    Args:
      counts: (trials, successes) of rollouts from behind each of its M steps; those of the last one are not read, as it
        has the verdict.
      correct: verdict on the solution.
      first_errors: steps that the opinions name, `NONE` for none. Without any, nobody agrees.
      rule: `DROP_STEP` or `DROP_SOLUTION`.
    """
    # The bare question is right, whatever its counts.
    by_rollouts = StepEvidence([(0, 0), *counts[:-1]], correct).hard_estimates()
    if not first_errors:
        return [None] * len(counts)
    said = [[-1 if NONE < named <= step else 1 for step in range(len(counts))] for named in first_errors]
    if rule == DROP_SOLUTION:
        located = first_error_of(by_rollouts)
        agree = located is not None and all(located == named for named in first_errors)
        # Behind the first error nothing is right again.
        return [*said[0]] if agree else [None] * len(counts)
    return [label if all(critic[step] == label for critic in said) else None for step, label in enumerate(by_rollouts)]


def relabelled(solution: Mapping[str, Any], rule: str) -> Mapping[str, Any]:
    """Return a record's solution with the labels of a rule; the same object for `POSTERIOR` and what has no verdict.

    Opinions of equations that see no error say nothing: there is more to a step than its arithmetic. A label that the
    run had withheld has no confidence: the record does not say of which sign it was. `--min-confidence` leaves it out.
    """
    if rule == POSTERIOR or solution["verdict"] not in (Outcome.CORRECT, Outcome.INCORRECT) or not solution["steps"]:
        return solution
    steps = solution["steps"]
    named = [
        opinion["first_error"]
        for opinion in solution.get("opinions") or ()
        if opinion["source"] != EQUATIONS or opinion["first_error"] != NONE
    ]
    counts = [(step["n_trials"] or 0, step["n_successes"] or 0) for step in steps]
    labels = agreed(counts, solution["verdict"] == Outcome.CORRECT, named, rule)
    kept = [
        step if label == step["label"] else {**step, "label": label, "confidence": _confidence(step, label)}
        for step, label in zip(steps, labels, strict=True)
    ]
    return {**solution, "steps": kept, "first_error": first_error_of(labels)}


def _confidence(step: Mapping[str, Any], label: int | None) -> float | None:
    """Return the posterior probability of a label; None where it is not known, as the run had withheld its own."""
    confidence: float | None = step["confidence"]
    if label is None or confidence is None:
        # A withheld label keeps that of the more probable sign, as the run's own do.
        return confidence
    return None if step["label"] is None else 1 - confidence
