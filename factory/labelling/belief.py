"""Posterior over the first error of one solution, and the information that the next rollout is expected to give.

The model. A solution has M steps. The hypotheses are "the first error is step e" (e = 0..M-1) and "none". A policy of
strength v takes all of them without an error with probability v, and the ones behind the first t with v^f(t), where
f(t) = 1 - (t/M)^a is the share of the difficulty that still lies ahead (a = 1: every step is as hard as the others,
a > 1: the late ones are harder). From a prefix of t error-free steps a rollout reaches the gold answer with probability
r + (1-r)·v^f(t), and behind an error with r, by luck. Right behind the error step it is r + (1-r)·w·v^f(t): there the
policy may still repair it (w), before further steps build on it. v, r, w and a belong to the question and are unknown.
So is how evenly the policy behaves: the rate at a prefix (not at the bare question, where v is what it is) is itself
drawn around that mean, from a beta distribution of concentration c, so that ten failures at one prefix are less
evidence than ten failures at ten of them (c → ∞ is the even policy).

The posterior is joint over hypotheses and a grid of (v, r, w, c, a), with the prior `factory/labelling/experience.py`
has learnt. Hypotheses that no rollout tells apart are weighed together, as one place, without loss
(`factory/labelling/likelihood.py`). Under all of them the bare question holds no error, so its rollouts are a factor of
their own, which says something about the cells only. A solution of more than `_MOST_STEPS` steps looks for the most
informative rollout among some prefixes only, denser where the first error is probable.

Choosing where to look next by expected information is probabilistic bisection (Horstein 1963; Burnashev &
Zigangirov 1974; Waeber, Frazier & Henderson, SIAM J. Control Optim. 51(3), 2013) put to process supervision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.joint import Joint, weigh
from factory.labelling.likelihood import (
    LOG_VERDICT,
    Places,
    log_unrelated,
    over_steps,
    prefix,
    rates,
    states,
)
from factory.labelling.opinions import Opinion, Reliability

# Prior of "no hypothesis fits": every prefix has a rate of its own, unrelated to its neighbours.
ANYTHING_GOES = 1e-3
# Longest solution of which every step is a place of its own, and every prefix is considered for the next rollout.
_MOST_STEPS = 64
# Prefixes that are considered for the next rollout of a longer one.
_CANDIDATES = 48
# Bytes of a joint posterior up to which a belief at rest keeps it.
_KEPT_AT_REST = 64 * 1024

Evidence = Sequence[tuple[int, int]]
"""`evidence[t]` = (trials, successes) of rollouts from the prefix of t steps (`Solution.evidence`)."""


class Belief:
    """Posterior over the first error of one solution: `update` it with evidence, then read its properties.

    All probabilities are joint over the hypotheses e = 0..M-1 and "none", and the cells of `experience.py`. The verdict
    on the whole solution is taken at its word: an incorrect solution has an error somewhere.

    Nothing is computed before it is asked for, and what was is kept until evidence or prior change. The joint posterior
    is all that is large: shape [places + 1, cells], where there are M places, or at most twice as many as prefixes that
    have rollouts or are considered for one (see the module docstring); `rest` gives it up.
    """

    def __init__(self, steps: int, correct: bool, prior: Array, own: bool = True) -> None:
        """Start from the prior and the verdict, without any rollout.

        Args:
          steps: M, the number of steps of the solution; at least 1.
          correct: verdict on the whole solution.
          prior: P(cell), shape [cells]; sums to 1. It must not change while the belief has it.
          own: True when this policy sampled the solution, so that the verdict also says something about the policy.
        """
        self.steps = steps
        self._correct, self._own, self._prior = correct, own, prior
        # (trials, successes) of the prefixes with rollouts, by their number of steps.
        self._counts: dict[int, tuple[int, int]] = {}
        # Log P(opinions | first error), shape [M + 1].
        self._opinions: Array | None = None
        self._joint: Joint | None = None
        # What follows from the evidence alone, whatever the prior, and what does not.
        self._log_behind: Array | None = None
        self._likely: tuple[Array, float] | None = None
        self._posterior: _Posterior | None = None
        self._information: Array | None = None

    def update(self, evidence: Evidence) -> None:
        """Add the rollouts that `evidence` has beyond the last update; raises `ValueError` where it has fewer."""
        for depth, counts in enumerate(evidence):
            before = self._counts.get(depth, (0, 0))
            if counts != before:
                trials, successes = counts
                if not 0 <= successes - before[1] <= trials - before[0]:
                    raise ValueError(
                        f"evidence shrank at depth {depth}: got {trials} trials with {successes} successes"
                    )
                self._replace(depth, before, counts)

    def take_prior(self, prior: Array) -> None:
        """Take another prior, P(cell), shape [cells], in place of the one before; the evidence stays."""
        if prior is not self._prior:
            self._prior = prior
            self._posterior = self._information = None

    def hear(self, opinions: Sequence[Opinion], reliability: Reliability) -> None:
        """Take these opinions in place of those before, believed as far as `reliability` says."""
        self._opinions = reliability.log_likelihood(opinions, self.steps) if opinions else None
        if self._joint is not None:
            self._joint = self._joint.hearing(self.steps, self._opinions)
        self._log_behind = self._posterior = self._information = None

    def rest(self) -> None:
        """Give up what is large; it is computed again when it is needed."""
        if self._joint is not None and self._joint.weights.nbytes > _KEPT_AT_REST:
            self._joint = None

    @property
    def trials(self) -> int:
        """Rollouts that it has weighed."""
        return sum(trials for trials, _ in self._counts.values())

    @property
    def trials_at(self) -> dict[int, int]:
        """Rollouts that it has weighed, by the number of steps of the prefix they came from."""
        return {depth: trials for depth, (trials, _) in self._counts.items()}

    @property
    def log_likelihood(self) -> Array:
        """Log P(verdict and evidence | cell) up to a constant, shape [cells]: what they say, whatever the prior."""
        log = self._behind() + self._question()
        return np.asarray(log - log.max())

    @property
    def log_likelihood_behind_question(self) -> Array:
        """The same, but given the verdict and without the rollouts of the bare question: for what is behind it only."""
        return np.asarray(self._behind() - LOG_VERDICT[self._correct] if self._own else self._behind())

    @property
    def first_error(self) -> Array:
        """P(first error is step e) for e = 0..M-1, then P(none): shape [M + 1]; sums to 1."""
        return self._weighed().first_error

    @property
    def by_rollouts(self) -> Array:
        """The same by verdict and rollouts alone, without what anybody has said, shape [M + 1]; sums to 1."""
        return self._weighed().by_rollouts

    @property
    def contradiction(self) -> float:
        """P(no hypothesis fits the evidence): every prefix then has a rate of its own, unrelated to the others."""
        # The verdict has 1/2. Opinions contradict nothing: they may be wrong.
        unrelated = math.log(0.5) + sum(log_unrelated(*counts) for counts in self._counts.values())
        log_evidence = self._weighed().log_evidence
        # 700: e^710 overflows.
        return 1 / (1 + math.exp(min(700.0, log_evidence - unrelated - math.log(ANYTHING_GOES))))

    @property
    def expected_information(self) -> Array:
        """Bits about the first error expected from one rollout of each prefix t = 0..M-1, shape [M].

        Of a solution of more than `_MOST_STEPS` steps some are computed and the others interpolated.
        """
        if self._information is None:
            depths = self._candidates()
            success, weights = self._success_if(depths)
            # Mutual information of the rollout's outcome and the first error, from the probabilities of both together:
            # H(outcome) + H(first error) - H(both).
            failure = weights[:, None] - success
            outcomes = np.array([success.sum(axis=0), failure.sum(axis=0)])
            both = _entropy(np.concatenate([success, failure])).sum(axis=0)
            information = _entropy(outcomes).sum(axis=0) + _entropy(weights).sum() - both
            if len(depths) < self.steps:
                information = np.interp(np.arange(self.steps), depths, information)
            self._information = np.asarray(information)
        return self._information

    def branches(self, depth: int) -> list[tuple[float, Belief]]:
        """Return the two beliefs after one more rollout of prefix `depth`, each with the probability of its outcome."""
        success = float(self._success_if((depth,))[0].sum())
        trials, successes = self._counts.get(depth, (0, 0))
        hit, miss = (self._with(depth, (trials + 1, successes + more)) for more in (1, 0))
        return [(success, hit), (1 - success, miss)]

    def _with(self, depth: int, counts: tuple[int, int]) -> Belief:
        """Return a copy of this belief with other rollouts of one prefix."""
        other = Belief(self.steps, self._correct, self._prior, self._own)
        other._counts, other._joint = dict(self._counts), self._joint
        other._opinions = self._opinions
        other._replace(depth, self._counts.get(depth, (0, 0)), counts)
        return other

    def _replace(self, depth: int, before: tuple[int, int], counts: tuple[int, int]) -> None:
        """Put (trials, successes) of a prefix in the place of those before."""
        self._counts[depth] = counts
        self._posterior = self._information = self._likely = None
        if not depth:
            return
        self._log_behind = None
        if self._joint is not None:
            more = prefix(self.steps, depth, *counts).log - prefix(self.steps, depth, *before).log
            self._joint = self._joint.after(depth, counts[0] - before[0], more)

    def _candidates(self) -> Places:
        """Return the prefixes that are considered for the next rollout, ascending."""
        if self.steps <= _MOST_STEPS:
            return tuple(range(self.steps))
        # As many first errors are expected between any two of them, so every one where few steps are probable.
        reached = np.cumsum(self.first_error)
        spread = np.searchsorted(reached, (np.arange(_CANDIDATES - 2) + 0.5) / (_CANDIDATES - 2))
        return tuple(sorted({0, self.steps - 1, *np.minimum(spread + 1, self.steps - 1).tolist()}))

    def _success_if(self, depths: Places) -> tuple[Array, Array]:
        """Return P(first error is in place e, the next rollout from t succeeds), and P(first error is in place e).

        The shapes are [places + 1, depths] and [places + 1].
        """
        joint = self._told_apart(depths)
        weights = joint.judged * self._cells(joint)[0]
        # Given the rollouts seen at a prefix, the next one is a draw from Pólya's urn.
        urns = [
            prefix(self.steps, depth, *self._counts[depth]).next if depth in self._counts else unseen
            for depth, unseen in zip(depths, rates(self.steps, depths), strict=True)
        ]
        # Of the success in each state of a prefix, shape [places + 1, 3 * depths], that of its state under e.
        success = weights @ np.concatenate(urns).T
        first_error = weights.sum(axis=1)
        total = first_error.sum()
        return success.take(states(joint.places, depths)) / total, first_error / total

    def _weighed(self) -> _Posterior:
        """Return the posterior under the present prior."""
        if self._posterior is None:
            joint = self._told_apart()
            cells, log_scale = self._cells(joint)
            by_rollouts = self._over_steps(joint, joint.weights, cells, None)
            total = float(by_rollouts.sum())
            by_rollouts = first_error = by_rollouts / total
            if joint.opinions is not None:
                first_error = self._over_steps(joint, joint.judged, cells, self._opinions)
                first_error = first_error / float(first_error.sum())
            self._posterior = _Posterior(first_error, by_rollouts, log_scale + math.log(total))
        return self._posterior

    def _over_steps(self, joint: Joint, weights: Array, cells: Array, opinions: Array | None) -> Array:
        """Return the probability of every step, and of none, shape [M + 1], up to a factor."""
        if len(joint.places) == self.steps:
            return np.asarray(weights @ cells)
        return over_steps(self.steps, joint.places, weights * cells, opinions)

    def _cells(self, joint: Joint) -> tuple[Array, float]:
        """Return what the weights of each cell are to be multiplied by, shape [cells], and the log of its scale."""
        if self._likely is None:
            log = joint.log_scale + self._question()
            scale = float(log.max())
            self._likely = np.exp(log - scale), scale
        likely, scale = self._likely
        return self._prior * likely, scale

    def _question(self) -> Array:
        """Return log P(rollouts of the bare question | cell), shape [cells]."""
        return np.asarray(prefix(self.steps, 0, *self._counts.get(0, (0, 0))).log[0])

    def _behind(self) -> Array:
        """Return log P(verdict, all rollouts but those of the bare question | cell), shape [cells]."""
        if self._log_behind is None:
            joint = self._told_apart()
            self._log_behind = joint.log_scale + np.log(joint.judged.sum(axis=0))
        return self._log_behind

    def _told_apart(self, depths: Places = ()) -> Joint:
        """Return the joint likelihood, with places that the rollouts so far and those of `depths` tell apart."""
        if self._joint is None or not self._joint.tells(depths):
            if self.steps <= _MOST_STEPS:
                places = tuple(range(self.steps))
            else:
                # A rollout of t steps tells apart whether the first error is step t - 1, an earlier or a later one.
                marks = {0, *self._counts, *depths}
                places = tuple(sorted(marks | {mark - 1 for mark in marks if mark}))
            joint = weigh(self.steps, places, self._counts, self._correct, self._own)
            self._joint, self._likely = joint.hearing(self.steps, self._opinions), None
        return self._joint


class _Posterior(NamedTuple):
    """P(first error is a step or none), shape [M + 1], by all and by verdict and rollouts, and log P(the latter)."""

    first_error: Array
    by_rollouts: Array
    log_evidence: float


def _entropy(p: Array) -> Array:
    """Return -p log p in bits, element by element."""
    entropy: Array = -p * np.log2(np.maximum(p, 1e-300))
    return entropy
