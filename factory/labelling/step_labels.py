"""Labels of a solution's steps, each with the probability that it is right.

A label says whether the solution is *still right after* a step, so no step behind the first error is +1. Two rules make
labels from the same evidence: `by_posterior`, from the belief about the first error, and `by_counts`, the hard estimate
of the papers. Either way `confidence` is the posterior probability that the label is right, and a label is withheld
(None) below the wanted confidence. Every step keeps its raw counts in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.audit import audited
from factory.labelling.belief import Belief
from factory.labelling.experience import Experience
from factory.labelling.opinions import NONE
from factory.labelling.question_evidence import QuestionEvidence
from factory.labelling.step_evidence import StepEvidence
from factory.rollouts.nodes import Solution

# Posterior of "no hypothesis fits" from which a solution is marked as contradicted instead of labelled.
CONTRADICTED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLabel:
    """Evidence on one step and the label that follows from it.

    * `n_trials`, `n_successes`: rollouts from behind the step, and those that reached the gold answer.
    * `mc_value`: their ratio, None without rollouts.
    * `label`: +1, -1, or None below the wanted confidence.
    * `confidence`: posterior probability that the label, given or withheld, is right; 0 without evidence.
    """

    n_trials: int
    n_successes: int
    mc_value: float | None
    label: int | None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionLabels:
    """Labels of one solution.

    * `first_error`: 0-based index of the first wrong step, -1 for none, None when it is not known with the wanted
      confidence.
    * `contradicted`: the evidence fits no single first error, so nothing is labelled (except by counts with confidence
      0, which withholds nothing).
    * `flawed`: whether a solution with the right answer holds a wrong step; None where nobody has audited it, or where
      that is not known with the wanted confidence.
    * `policy_calls`: completions requested and paid for on account of this solution.
    * `wishes`: completions it wanted, including those that another solution wanted too and paid for; None where the
      labeller does not record it.
    """

    steps: tuple[StepLabel, ...]
    first_error: int | None
    contradicted: bool = False
    policy_calls: int = 0
    wishes: int | None = None
    flawed: bool | None = None


def targets(solutions: Iterable[Solution], at_most: int) -> list[Solution]:
    """Return the solutions that a labeller may request rollouts for: the first `at_most`, without labelled ones.

    The limit counts labelled solutions too, so that a resumed run looks into no more solutions than a run from the
    start.
    """
    sought = [solution for solution in solutions if solution.sought]
    return [solution for solution in sought[:at_most] if not solution.labelled]


class SolutionLabeller:
    """Labeller of the solutions of one question, from evidence that is there.

    Equal evidence is labelled once: probes make many solutions with the same counts.
    """

    def __init__(
        self,
        experience: Experience,
        confidence: float,
        question_id: str = "",
        evidence: QuestionEvidence | None = None,
        progress: float = 0.0,
    ) -> None:
        """Take the prior that there is now.

        Args:
          experience: what is known of the policy.
          confidence: probability from which labels are given.
          evidence: what the solutions of the question say of its policy to each other; None weighs each by itself.
          progress: share of the soft estimate before a step that `by_counts` wants behind it; 0 for hard estimates.
          question_id: `Question.key` of the question, which may have taught `experience` already; its labels take that
            from its own evidence only.
        """
        self._prior = experience.prior_without(question_id)
        self._evidence = evidence or QuestionEvidence()
        self._reliability = experience.reliability_without(question_id)
        self._confidence, self._progress = confidence, progress
        self._known: dict[tuple[Any, ...], SolutionLabels] = {}

    def belief(self, solution: Solution) -> Belief:
        """Return a new belief about `solution`, which must have a verdict that is a label and at least one step."""
        belief = self._by_rollouts(solution)
        if solution.opinions:
            belief.hear(solution.opinions, self._reliability)
        return belief

    def _by_rollouts(self, solution: Solution) -> Belief:
        """Return a belief that has not heard any opinion."""
        evidence = solution.evidence()
        prior = self._evidence.prior(self._evidence.others(solution.prefixes()), self._prior)
        belief = Belief(len(evidence), solution.outcome is True, prior, own=solution.own)
        belief.update(evidence)
        return belief

    def by_posterior(self, solution: Solution, policy_calls: int = 0) -> SolutionLabels:
        """Return the most probable labels.

        Where the first error is located with the wanted confidence, all labels follow from it. Otherwise a step needs
        that confidence *and* evidence of its own (`StepEvidence.supports`): nothing is labelled by the prior alone.
        """
        return self._labels(self._by_posterior, solution, policy_calls)

    def by_audit(self, solution: Solution) -> SolutionLabels:
        """Return the labels of a solution with the right answer, and whether it is flawed all the same.

        Where that is known with the wanted confidence, the labels follow from it (`factory/labelling/audit.py`); which
        step of a flawed one is the first wrong one may be open. Otherwise they are those of `by_posterior`, and none
        where an opinion raises an alarm that convinces nobody.
        """
        labels = self.by_posterior(solution)
        if solution.outcome is not True or not solution.leaf.depth or labels.contradicted:
            return labels
        # Without opinions nothing tells a harmless error from none: rollouts alone call no solution sound.
        if not solution.opinions:
            return replace(labels, flawed=labels.first_error not in (None, NONE) or None)
        counts = [(node.trials, node.successes) for node in solution.prefixes()]
        evidence = StepEvidence(counts, True, solution.opinions)
        first_error = audited(self._by_rollouts(solution).first_error, solution.opinions, self._reliability)
        now = self._located(evidence, first_error)
        if now.first_error == NONE or first_error[-1] <= 1 - self._confidence:
            return replace(now, flawed=now.first_error != NONE)
        if all(opinion.first_error == NONE for opinion in solution.opinions):
            return labels
        return replace(now, steps=tuple(replace(step, label=None) for step in now.steps))

    def by_counts(self, solution: Solution, policy_calls: int = 0) -> SolutionLabels:
        """Return hard estimates (Math-Shepherd, arXiv 2312.08935, sec. 3.3, eq. 3).

        A step is right if any rollout from behind it reached the gold answer, wrong if none did; or by relative
        progress (`StepEvidence.by_progress`). A step without rollouts takes the estimate of the nearest measured steps
        before and behind it where these agree, and is unknown where they differ. Confidence 0 withholds none of them.
        """
        return self._labels(self._by_counts, solution, policy_calls)

    def _labels(
        self, rule: Callable[[StepEvidence, Belief], SolutionLabels], solution: Solution, policy_calls: int
    ) -> SolutionLabels:
        """Return what a rule says of a solution; the same object for all with the same evidence."""
        if solution.outcome is None or not solution.leaf.depth:
            return _unlabelled(solution, policy_calls)
        prefixes = solution.prefixes()
        counts = tuple([(node.trials, node.successes) for node in prefixes])
        others = self._evidence.others(prefixes)
        key = (rule, solution.outcome, solution.own, counts, solution.evidence(), solution.opinions, others)
        if key not in self._known:
            evidence = StepEvidence(counts, solution.outcome, solution.opinions)
            self._known[key] = rule(evidence, self.belief(solution))
        labels = self._known[key]
        return replace(labels, policy_calls=policy_calls) if policy_calls else labels

    def _by_posterior(self, evidence: StepEvidence, belief: Belief) -> SolutionLabels:
        """Return the labels of `by_posterior`."""
        return self._located(evidence, belief.first_error, contradicted=belief.contradiction > CONTRADICTED)

    def _located(self, evidence: StepEvidence, first_error: Array, contradicted: bool = False) -> SolutionLabels:
        """Return the labels that follow from P(first error is a step, or none), shape [M + 1]."""
        # Phase 1: is the most probable first error sure enough, and does any rollout support it?
        best, steps = int(first_error.argmax()), len(first_error) - 1
        founded = evidence.supports(1, steps) if best == steps else evidence.supports(-1, best + 1)
        located = founded and not contradicted and bool(first_error[best] >= self._confidence)
        # Phase 2: label each step, by the located error or by its own probability.
        labels = []
        for depth, wrong in enumerate(_wrong_by(first_error), start=1):
            sign = -1 if wrong > 0.5 else 1
            if located:
                sign = -1 if depth > best else 1
            confidence = wrong if sign == -1 else 1 - wrong
            given = located or (not contradicted and confidence >= self._confidence and evidence.supports(sign, depth))
            labels.append(_step(evidence.counts[depth], sign if given else None, confidence))
        return SolutionLabels(
            steps=tuple(labels),
            first_error=(best if best < steps else -1) if located else None,
            contradicted=contradicted,
        )

    def _by_counts(self, evidence: StepEvidence, belief: Belief) -> SolutionLabels:
        """Return the labels of `by_counts`."""
        contradicted = belief.contradiction > CONTRADICTED
        estimates = evidence.by_progress(self._progress) if self._progress else evidence.hard_estimates()
        labels = []
        for depth, (wrong, sign) in enumerate(zip(_wrong_by(belief.first_error), estimates, strict=True), start=1):
            confidence = wrong if sign == -1 else 1 - wrong if sign == 1 else max(wrong, 1 - wrong)
            given = self._confidence == 0 or (
                not contradicted and confidence >= self._confidence and evidence.supports(sign, depth)
            )
            labels.append(_step(evidence.counts[depth], sign if given else None, confidence))
        return SolutionLabels(
            steps=tuple(labels),
            first_error=first_error_of([step.label for step in labels]),
            contradicted=contradicted,
        )


def _wrong_by(first_error: Array) -> list[float]:
    """Return P(an error in the first t steps) for t = 1..M."""
    wrong_by: list[float] = np.minimum(1.0, first_error[:-1].cumsum()).tolist()
    return wrong_by


def first_error_of(labels: Sequence[int | None]) -> int | None:
    """Return the index of the first -1 if all labels before it are +1, -1 if all are +1, None if one is not known."""
    for index, label in enumerate(labels):
        if label != 1:
            return index if label == -1 else None
    return -1 if labels else None


def _unlabelled(solution: Solution, policy_calls: int) -> SolutionLabels:
    """Return the raw counts of every step without labels: the verdict is none, so no first error is known."""
    steps = tuple(_step((node.trials, node.successes), None, 0.0) for node in solution.leaf.path())
    return SolutionLabels(steps=steps, first_error=None, policy_calls=policy_calls)


def _step(counts: tuple[int, int], label: int | None, confidence: float) -> StepLabel:
    """Return the label of one step with its raw counts."""
    trials, successes = counts
    return StepLabel(
        n_trials=trials,
        n_successes=successes,
        mc_value=successes / trials if trials else None,
        label=label,
        confidence=confidence,
    )
