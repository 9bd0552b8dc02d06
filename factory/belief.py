"""Where is the first error of a solution, given all rollouts seen, and which rollout would tell most about that?

The model. A solution has M steps. The hypotheses are "the first error is step e" (e = 0..M-1) and "none". A policy of
strength v takes all of them without an error with probability v, and the ones behind the first t with v^f(t), where
f(t) = 1 - (t/M)^a is the share of the difficulty that still lies ahead (a = 1: every step is as hard as the others,
a > 1: the late ones are harder). From a prefix of t error-free steps a rollout reaches the gold answer with probability
r + (1-r)·v^f(t), behind an error with r: luck, a second error that cancels the first, or a policy that notices. v, r
and a belong to the question and are unknown. So is how evenly the policy behaves: the rate at a prefix (not at the
bare question, where v is what it is) is itself drawn around that mean, from a beta distribution of concentration c, so
that ten failures at one prefix are less evidence than ten failures at ten of them (c → ∞ is the even policy).

The posterior is joint over hypotheses and a grid of (v, r, c, a), with the prior `factory/experience.py` has learnt.
Choosing where to look next by expected information is probabilistic bisection (Horstein 1963; Burnashev & Zigangirov
1974; Waeber, Frazier & Henderson, SIAM J. Control Optim. 51(3), 2013) put to process supervision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from factory.experience import EVEN, LUCK_RATE, SHAPE, STRENGTH, Array

CHECKER_SLIP = 5e-4  # an answer that the checker judged wrongly
ANYTHING_GOES = 1e-3  # prior of "no hypothesis fits": every prefix has a rate of its own, unrelated to its neighbours

Evidence = Sequence[tuple[int, int]]
"""`evidence[t]` = (trials, successes) of rollouts from the prefix of t steps, each rollout counted once."""


class Belief:
    """The posterior of one solution. Grows with its evidence: `update` it, then read it.

    `steps`: M. `correct`: the verdict on the whole solution. `prior`: P(cell), shape (cells,).
    """

    def __init__(self, steps: int, correct: bool, prior: Array) -> None:
        self.steps = steps
        self._rates, self._evenness, outcome = _tables(steps, correct)
        self._start = outcome + np.log(prior)[:, None]
        self._holds = np.zeros((len(EVEN), steps))  # log P(evidence at t | no error in the first t steps, cell)
        self._broken = np.zeros((len(EVEN), steps))  # log P(evidence at t | an error in them, cell)
        self._unrelated = 0.0  # log P(evidence | anything goes)
        self._trials = np.zeros(steps, dtype=np.int64)
        self._successes = np.zeros(steps, dtype=np.int64)
        self._joint = self._posterior()

    def update(self, evidence: Evidence) -> None:
        """Take in what `evidence` has more than last time. Raises `ValueError` when it has less somewhere."""
        changed = False
        for depth, (trials, successes) in enumerate(evidence):
            more = trials - int(self._trials[depth])
            hits = successes - int(self._successes[depth])
            if not 0 <= hits <= more:
                raise ValueError(f"evidence shrank at depth {depth}: got {trials} trials with {successes} successes")
            for hit in (True,) * hits + (False,) * (more - hits):
                self._count(depth, hit)
            changed |= more > 0
        if changed:
            self._joint = self._posterior()

    @property
    def first_error(self) -> Array:
        """P(first error is step e) for e = 0..M-1, then P(none): shape (M + 1,), summing to 1."""
        return np.asarray(self._joint.sum(axis=0))

    @property
    def cells(self) -> Array:
        """P(cell), shape (cells,): what this solution says of the policy."""
        return np.asarray(self._joint.sum(axis=1))

    @property
    def contradiction(self) -> float:
        """P(no hypothesis fits the evidence)."""
        return 1 / (1 + math.exp(min(700.0, self._log_evidence - self._unrelated - math.log(ANYTHING_GOES))))

    def expected_information(self) -> Array:
        """Bits about the first error expected from one rollout of each prefix t = 0..M-1, shape (M,)."""
        joint, weights = self._joint, self.first_error
        success = np.where(_no_error_yet(self.steps), joint.T @ self._next(True), joint.T @ self._next(False))
        given = success / np.maximum(weights, 1e-300)[:, None]
        information: Array = _entropy(success.sum(axis=0)) - weights @ _entropy(given)
        return information

    def branches(self, depth: int) -> list[tuple[float, Belief]]:
        """What the belief would be after one more rollout of prefix `depth`: (probability, belief) for each outcome."""
        joint = self._joint
        before = joint[:, depth:].sum(axis=1) @ self._next(True)[:, depth]
        success = float(before + joint[:, :depth].sum(axis=1) @ self._next(False)[:, depth])
        return [(success, self._after(depth, True)), (1 - success, self._after(depth, False))]

    def _after(self, depth: int, hit: bool) -> Belief:
        other = object.__new__(Belief)
        other.__dict__.update(self.__dict__)
        for name in ("_holds", "_broken", "_trials", "_successes"):
            setattr(other, name, getattr(self, name).copy())
        other._count(depth, hit)
        other._joint = other._posterior()
        return other

    def _next(self, holds: bool) -> Array:
        """P(success of the next rollout from t | cell), given the ones seen there: Pólya's urn, shape (cells, M)."""
        mean = self._rates if holds else LUCK_RATE[:, None]
        rate: Array = (mean * self._evenness + self._successes) / (self._evenness + self._trials)
        return rate

    def _count(self, depth: int, hit: bool) -> None:
        trials, successes, even = self._trials[depth], self._successes[depth], self._evenness[:, depth]
        for log_rate, mean in ((self._holds, self._rates[:, depth]), (self._broken, LUCK_RATE)):
            success = (mean * even + successes) / (even + trials)
            log_rate[:, depth] += np.log(success if hit else 1 - success)
        self._unrelated += math.log((successes if hit else trials - successes) + 1) - math.log(trials + 2)
        self._trials[depth] += 1
        self._successes[depth] += hit

    def _posterior(self) -> Array:
        # Hypothesis e explains prefixes up to e as error-free and the later ones as broken; "none" explains all as
        # error-free, which is what e = M-1 does: a prefix holds no more than M-1 steps.
        gain = np.cumsum(self._holds - self._broken, axis=1)
        joint = np.concatenate([gain, gain[:, -1:]], axis=1) + self._start
        joint += self._broken.sum(axis=1)[:, None]
        top = joint.max()
        np.exp(joint - top, out=joint)
        total = joint.sum()
        self._log_evidence = float(top + np.log(total))
        joint /= total
        return np.asarray(joint)


@lru_cache(maxsize=512)
def _tables(steps: int, correct: bool) -> tuple[Array, Array, Array]:
    """Mean success rates of error-free prefixes and their concentrations, both (cells, M), and
    log P(first error, verdict | cell), (cells, M + 1)."""
    luck, log_strength = LUCK_RATE[:, None], np.log(STRENGTH)[:, None]
    ahead = 1 - (np.arange(steps + 1) / steps) ** SHAPE[:, None]
    rates = luck + (1 - luck) * np.exp(log_strength * ahead[:, :-1])
    survive = log_strength * (ahead[:, :-1] - ahead[:, 1:])
    by_luck = np.log(luck) if correct else np.log1p(-luck)
    errs = log_strength * (1 - ahead[:, :-1]) + np.log(-np.expm1(survive)) + by_luck
    none = log_strength + (math.log1p(-CHECKER_SLIP) if correct else math.log(CHECKER_SLIP))
    evenness = np.repeat(EVEN[:, None], steps, axis=1)
    evenness[:, 0] = EVEN.max()
    return rates, evenness, np.concatenate([errs, none], axis=1)


@lru_cache(maxsize=512)
def _no_error_yet(steps: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Whether the prefix of t steps is free of errors if the first one is step e: shape (M + 1, M)."""
    return np.arange(steps + 1)[:, None] >= np.arange(steps)[None, :]


def _entropy(p: Array) -> Array:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    entropy: Array = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return entropy
