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
has learnt. Choosing where to look next by expected information is probabilistic bisection (Horstein 1963; Burnashev &
Zigangirov 1974; Waeber, Frazier & Henderson, SIAM J. Control Optim. 51(3), 2013) put to process supervision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, SHAPE, STRENGTH, Array

# Logarithm that stands for a probability of 0, kept finite.
_NEVER = -1e9
# Prior of "no hypothesis fits": every prefix has a rate of its own, unrelated to its neighbours.
ANYTHING_GOES = 1e-3

Evidence = Sequence[tuple[int, int]]
"""`evidence[t]` = (trials, successes) of rollouts from the prefix of t steps (`Solution.evidence`)."""


class Belief:
    """Posterior over the first error of one solution: `update` it with evidence, then read its properties.

    All probabilities are joint over the hypotheses e = 0..M-1 and "none", and the cells of `experience.py`. The verdict
    on the whole solution is taken at its word: an incorrect solution has an error somewhere.
    """

    def __init__(self, steps: int, correct: bool, prior: Array, own: bool = True) -> None:
        """Start from the prior and the verdict, without any rollout.

        Args:
          steps: M, the number of steps of the solution; at least 1.
          correct: verdict on the whole solution.
          prior: P(cell), shape [cells]; sums to 1.
          own: True when this policy sampled the solution, so that the verdict also says something about the policy.
        """
        self.steps = steps
        outcome = _tables(steps, correct).outcome
        # P(first error | verdict, cell) for a solution of others: without P(verdict | cell), which is about the policy.
        if not own:
            outcome = outcome - np.logaddexp.reduce(outcome, axis=1, keepdims=True)
        self._outcome, self._prior = outcome, prior
        self._start = outcome + np.log(prior)[:, None]
        # log P(evidence at t | the first t steps hold no error, the t-th is the error, an earlier one is; cell)
        self._log = np.zeros((3, len(EVEN), steps))
        # Rows: trials, successes.
        self._counts = np.zeros((2, steps), dtype=np.int64)
        self._information: Array | None = None
        # Weighed when first asked for: evidence mostly comes before the first question does.
        self._weighed: _Weighed | None = None

    def update(self, evidence: Evidence) -> None:
        """Add the rollouts that `evidence` has beyond the last update; raises `ValueError` where it has fewer."""
        changed = False
        for depth, (trials, successes) in enumerate(evidence):
            more, hits = (int(n) for n in (trials, successes) - self._counts[:, depth])
            if not 0 <= hits <= more:
                raise ValueError(f"evidence shrank at depth {depth}: got {trials} trials with {successes} successes")
            if more:
                self._set(depth, trials, successes)
                changed = True
        if changed:
            self._weighed = self._information = None

    def take_prior(self, prior: Array) -> None:
        """Take another prior, P(cell), shape [cells], in place of the one before; the evidence stays."""
        self._start = self._outcome + np.log(prior)[:, None]
        if self._weighed is not None:
            # As if it were weighed anew, for a tenth of the time.
            joint = self._weighed.joint * (prior / self._prior)[:, None]
            total = joint.sum()
            self._weighed = _Weighed(joint / total, self._weighed.log_evidence + float(np.log(total)))
        self._prior, self._information = prior, None

    @property
    def trials(self) -> int:
        """Rollouts that it has weighed."""
        return int(self._counts[0].sum())

    @property
    def likelihood(self) -> Array:
        """P(verdict and evidence | cell) up to a factor, shape [cells]: what they say whatever was believed before."""
        return self.cells / self._prior

    @property
    def first_error(self) -> Array:
        """P(first error is step e) for e = 0..M-1, then P(none): shape [M + 1]; sums to 1."""
        return np.asarray(self._posterior.joint.sum(axis=0))

    @property
    def cells(self) -> Array:
        """P(cell), shape [cells]; sums to 1: what this solution says about the policy."""
        return np.asarray(self._posterior.joint.sum(axis=1))

    @property
    def contradiction(self) -> float:
        """P(no hypothesis fits the evidence): every prefix then has a rate of its own, unrelated to the others."""
        # Under a uniform prior on each rate, h hits in n trials have the probability B(h + 1, n - h + 1); the verdict
        # has 1/2.
        unrelated = math.log(0.5) + sum(
            math.lgamma(hits + 1) + math.lgamma(trials - hits + 1) - math.lgamma(trials + 2)
            for trials, hits in self._counts.T.tolist()
        )
        # 700: e^710 overflows.
        return 1 / (1 + math.exp(min(700.0, self._posterior.log_evidence - unrelated - math.log(ANYTHING_GOES))))

    @property
    def expected_information(self) -> Array:
        """Bits about the first error expected from one rollout of each prefix t = 0..M-1, shape [M]."""
        # Mutual information of the rollout's outcome and the first error: H(outcome) - H(outcome | first error).
        if self._information is None:
            weights, success = self.first_error, self._success_if()
            given = success / np.maximum(weights, 1e-300)[:, None]
            self._information = _entropy(success.sum(axis=0)) - weights @ _entropy(given)
        return self._information

    def branches(self, depth: int) -> list[tuple[float, Belief]]:
        """Return the two beliefs after one more rollout of prefix `depth`, each with the probability of its outcome."""
        success = float(self._success_if()[:, depth].sum())
        return [(success, self._after(depth, True)), (1 - success, self._after(depth, False))]

    def _after(self, depth: int, hit: bool) -> Belief:
        """Return a copy of this belief with one more rollout of prefix `depth`."""
        # A shallow copy without `__init__`: only the arrays that `_set` writes to are copied.
        other = object.__new__(Belief)
        other.__dict__.update(self.__dict__, _log=self._log.copy(), _counts=self._counts.copy())
        other._weighed = other._information = None
        trials, successes = (int(n) for n in self._counts[:, depth])
        other._set(depth, trials + 1, successes + hit)
        return other

    def _set(self, depth: int, trials: int, successes: int) -> None:
        """Set the counts of prefix `depth` and their likelihood."""
        self._counts[:, depth] = trials, successes
        self._log[:, :, depth] = _log_likelihood(self.steps, depth, trials, successes)

    def _success_if(self) -> Array:
        """Return P(first error is e, the next rollout from t succeeds), shape [M + 1, M]."""
        # Given the rollouts seen at a prefix, the next one is a draw from Pólya's urn.
        tables = _tables(self.steps, False)
        trials, successes = self._counts
        urn = (tables.rates * tables.evenness + successes) / (tables.evenness + trials)
        joint = self._posterior.joint.T
        return np.choose(_state(self.steps), [joint @ urn[0], joint @ urn[1], joint @ urn[2]])

    @property
    def _posterior(self) -> _Weighed:
        """The joint posterior on all evidence so far."""
        if self._weighed is None:
            self._weighed = self._weigh()
        return self._weighed

    def _weigh(self) -> _Weighed:
        """Return the joint posterior, from the likelihoods of all prefixes."""
        # Hypothesis e: no error in the prefixes up to e, a fresh one in that of e + 1 steps, an old one in the later.
        # "None" explains everything as free of errors. So each is a sum over a prefix of `none`, one entry of `fresh`,
        # and a sum over a suffix of `old`.
        none, fresh, old = self._log
        before = np.cumsum(none, axis=1)
        behind = np.cumsum(old[:, ::-1], axis=1)[:, ::-1]
        joint = np.concatenate([before, before[:, -1:]], axis=1) + self._start
        joint[:, : self.steps - 1] += fresh[:, 1:]
        joint[:, : max(0, self.steps - 2)] += behind[:, 2:]
        # Normalise in a way that cannot underflow.
        top = joint.max()
        np.exp(joint - top, out=joint)
        total = joint.sum()
        return _Weighed(joint / total, float(top + np.log(total)))


class _Weighed(NamedTuple):
    """Joint posterior, shape [cells, M + 1], and the log probability of the evidence."""

    joint: Array
    log_evidence: float


class _Tables(NamedTuple):
    """Arrays that depend only on the length of a solution and its verdict.

    * `rates`: mean success of prefixes without an error, with a fresh one, with an old one; shape [3, cells, M].
    * `evenness`: concentrations of the beta distributions around these means; shape [cells, M].
    * `outcome`: log P(first error, verdict | cell); shape [cells, M + 1].
    """

    rates: Array
    evenness: Array
    outcome: Array


@lru_cache(maxsize=64)
def _tables(steps: int, correct: bool) -> _Tables:
    """Return the arrays of all solutions with `steps` steps; the formulas are in the module docstring."""
    # Success rates: f(t), v^f(t), and the three states of a prefix. The bare question (t = 0) is always even.
    luck, log_strength = LUCK_RATE[:, None], np.log(STRENGTH)[:, None]
    ahead = 1 - (np.arange(steps + 1) / steps) ** SHAPE[:, None]
    able = np.exp(log_strength * ahead[:, :-1])
    rates = np.stack([able, REPAIR_RATE[:, None] * able, np.zeros_like(able)])
    evenness = np.repeat(EVEN[:, None], steps, axis=1)
    evenness[:, 0] = EVEN.max()
    # P(first error is step e) = v^(1 - f(e)) * (1 - v^(f(e) - f(e+1))), times r for a correct verdict, which is
    # then luck, or 1 - r for an incorrect one.
    survive = log_strength * (ahead[:, :-1] - ahead[:, 1:])
    by_luck = np.log(luck) if correct else np.log1p(-luck)
    errs = log_strength * (1 - ahead[:, :-1]) + np.log(-np.expm1(survive)) + by_luck
    none = log_strength if correct else np.full_like(log_strength, _NEVER)
    return _Tables(luck + (1 - luck) * rates, evenness, np.concatenate([errs, none], axis=1))


# Solutions of a question share prefixes, and questions share counts: of 10,694 likelihoods asked for by 300 solutions
# of tools/bench/step_labels.py (M = 8) 213 were new.
@lru_cache(maxsize=1024)
def _log_likelihood(steps: int, depth: int, trials: int, successes: int) -> Array:
    """Return log P(these rollouts, in one order) of a beta-binomial, for each state of the prefix: shape [3, cells].

    Args:
      steps: M, the length of the solution.
      depth: length of the prefix, 0..M-1.
      trials: rollouts of that prefix.
      successes: those of them that reached the gold answer.
    """
    tables = _tables(steps, False)
    even = tables.evenness[:, depth, None]
    mean = tables.rates[:, :, depth, None]
    hits = np.log(mean * even + np.arange(successes)).sum(axis=-1)
    misses = np.log((1 - mean) * even + np.arange(trials - successes)).sum(axis=-1)
    likelihood: Array = hits + misses - np.log(even + np.arange(trials)).sum(axis=-1)
    return likelihood


@lru_cache(maxsize=64)
def _state(steps: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return the state of each prefix under each hypothesis, shape [M + 1, M].

    0: the prefix of t steps holds no error if the first one is step e. 1: the error is its last step. 2: the error is
    an earlier step.
    """
    return np.clip(np.arange(steps)[None, :] - np.arange(steps + 1)[:, None], 0, 2)


def _entropy(p: Array) -> Array:
    """Return the entropy of a yes-or-no outcome with probability p, in bits, element by element."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    entropy: Array = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return entropy
