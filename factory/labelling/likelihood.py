"""Probabilities that a belief is made of, as arrays over the cells; `factory/labelling/belief.py` has the formulas.

Hypotheses that no rollout tells apart are one *place*: a run of consecutive steps, one of which is the first error.
`Places` are their first steps, ascending from 0; the last place ends with the solution, and "none" comes behind it.
Of v and a there are few pairs, so what depends on these alone is computed for pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, SHAPE, SHAPES, STRENGTH, STRENGTHS
from factory.labelling.kept import Kept

Places = tuple[int, ...]
Indices = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

# Prefixes that are put together in one matrix product: three of them take 4 µs, and 170 µs by cumulative sums, which
# grow with the number of prefixes and not with its square.
_AT_ONCE = 16
_LUCK = np.stack([LUCK_RATE, 1 - LUCK_RATE])
_MOST_EVEN = np.full_like(EVEN, EVEN.max())
LOG_VERDICT = {True: np.log(STRENGTH + (1 - STRENGTH) * LUCK_RATE), False: np.log((1 - STRENGTH) * (1 - LUCK_RATE))}
"""Log P(verdict on a solution of the policy | cell) by verdict, shape [cells] each."""
# Pairs of (v, a), and the pair of each cell.
_LOG_STRENGTHS = np.repeat(np.log([*STRENGTHS]), len(SHAPES))
_PAIR_SHAPES = np.tile([*SHAPES], len(STRENGTHS))
_PAIR = np.searchsorted([*STRENGTHS], STRENGTH) * len(SHAPES) + np.searchsorted([*SHAPES], SHAPE)
_IN_PAIR = (np.arange(len(_LOG_STRENGTHS)) == _PAIR[:, None]).astype(np.float64)


@lru_cache(maxsize=4096)
def log_unrelated(trials: int, successes: int) -> float:
    """Return log P(these rollouts, in one order) of a rate that may be anything: a uniform prior on it."""
    return math.lgamma(successes + 1) + math.lgamma(trials - successes + 1) - math.lgamma(trials + 2)


class Prefix(NamedTuple):
    """Likelihood of one prefix's rollouts, for its three states: without an error, with a fresh one, with an old one.

    * `log`: log P(these rollouts, in one order) of a beta-binomial, shape [3, cells].
    * `next`: P(the next rollout succeeds), a draw from Pólya's urn, shape [3, cells].
    """

    log: Array
    next: Array


def _error_within(steps: int, starts: Array) -> Array:
    """Return P(first error is from one of `starts` on, before the next of them | pair), shape [starts - 1, pairs]."""
    # v^(1 - f(t)) * (1 - v^(f(t) - f(t'))): exact also where the difference is tiny.
    behind = (starts[:, None] / steps) ** _PAIR_SHAPES
    errors: Array = np.exp(_LOG_STRENGTHS * behind[:-1]) * -np.expm1(_LOG_STRENGTHS * np.diff(behind, axis=0))
    return errors


def _outcome(steps: int, places: Places, correct: bool, own: bool) -> Array:
    """Return P(first error is in a place or none, verdict | cell), shape [places + 1, cells].

    Args:
      steps: M, the number of steps of the solution.
      places: runs of steps.
      correct: verdict on the whole solution.
      own: False for P(first error | verdict, cell) instead: the verdict on somebody else's solution says nothing about
        this policy.
    """
    # `take` leaves the cells of a row side by side, an index does not: a product takes two thirds of the time then.
    errors = _error_within(steps, np.array([*places, steps], dtype=np.float64)).take(_PAIR, axis=1)
    errors *= _LUCK[0 if correct else 1]
    first_error = np.concatenate([errors, [STRENGTH if correct else np.zeros_like(STRENGTH)]])
    return first_error if own else np.asarray(first_error / first_error.sum(axis=0))


def _rates(steps: int, depths: Places) -> Array:
    """Return P(success) of prefixes without an error, with a fresh one, with an old one: shape [depths, 3, cells].

    Args:
      steps: M.
      depths: numbers of steps of the prefixes, 0..M-1 each.
    """
    ahead = 1 - (np.array(depths, dtype=np.float64)[:, None] / steps) ** _PAIR_SHAPES
    able = np.exp(_LOG_STRENGTHS * ahead).take(_PAIR, axis=1)
    states = np.stack([able, REPAIR_RATE * able, np.zeros_like(able)], axis=1)
    return np.asarray(LUCK_RATE + (1 - LUCK_RATE) * states)


def _prefix(steps: int, depth: int, trials: int, successes: int) -> Prefix:
    """Return what rollouts say of the prefix of `depth` steps: `trials`, `successes` of which reached the answer."""
    # The bare question is always even.
    even = EVEN if depth else _MOST_EVEN
    mean = _rates(steps, (depth,))[0]
    urn = (mean * even)[:, :, None], ((1 - mean) * even)[:, :, None]
    hits = np.log(urn[0] + np.arange(successes)).sum(axis=-1)
    misses = np.log(urn[1] + np.arange(trials - successes)).sum(axis=-1)
    log = hits + misses - np.log(even[:, None] + np.arange(trials)).sum(axis=-1)
    return Prefix(log, (mean * even + successes) / (even + trials))


def _state_of(places: Places, depth: int) -> Indices:
    """Return the state of the prefix of `depth` steps if the first error is in each place, or none: shape [places + 1].

    0: it holds no error. 1: the error is its last step. 2: the error is an earlier step.
    """
    # A step behind the prefix stands for "none".
    return np.clip(depth - np.array([*places, depth + 1]), 0, 2)


def _states(places: Places, depths: Places) -> Indices:
    """Return where (hypothesis, state of a prefix under it, prefix) is in a flat array of [places + 1, depths, 3].

    The shape is [places + 1, depths]; `_state_of` says what the states are.
    """
    state = np.stack([_state_of(places, depth) for depth in depths], axis=1)
    row = np.arange(len(state))[:, None]
    return np.asarray(3 * (row * len(depths) + np.arange(len(depths))) + state)


def explanations(logs: Sequence[Array]) -> Array:
    """Return log P(evidence | cell) for each way in which hypotheses explain it, shape [2 * prefixes + 1, cells].

    A hypothesis explains the prefixes up to its own step as free of errors, the one right behind that as one with a
    fresh error, and all others as ones with an old error.

    Args:
      logs: log-likelihoods of the measured prefixes in each state, shape [3, cells] each, by ascending depth.

    Returns:
      Rows 2i and 2i + 1: all prefixes before the i-th are free of errors, those behind it hold an old one; the i-th
      holds an old one, or a fresh one. The last row: all are free of errors.
    """
    if not logs:
        return np.zeros((1, len(STRENGTH)))
    if len(logs) <= _AT_ONCE:
        explained: Array = ways(len(logs)) @ np.concatenate(logs)
        return explained
    free, fresh, old = np.stack(logs, axis=1)
    none = np.zeros((1, len(STRENGTH)))
    before = np.concatenate([none, np.cumsum(free, axis=0)])
    behind = np.concatenate([none, np.cumsum(old[::-1], axis=0)])[::-1]
    explained = np.empty((2 * len(logs) + 1, len(STRENGTH)))
    explained[::2] = before + behind
    explained[1::2] = before[:-1] + fresh + behind[1:]
    return explained


def _ways(prefixes: int) -> Array:
    """Return 1 where a state is part of an explanation, else 0: shape [2 * prefixes + 1, 3 * prefixes]."""
    states = np.zeros((2 * prefixes + 1, prefixes, 3))
    for index in range(prefixes):
        states[2 * index + 2 :, index, 0] = states[2 * index + 1, index, 1] = states[: 2 * index + 1, index, 2] = 1
    return states.reshape(len(states), -1)


def _rows(places: Places, depths: Places) -> Indices:
    """Return the row of `explanations` by which each place, and none, explains the evidence: shape [places + 1].

    The prefixes of `depths` steps, ascending, are measured.

    With each of these, its step and the step before begin a place.
    """
    # Each row up to the place behind it: the one right before a measured prefix, or that prefix.
    marks = [places.index(depth) for depth in depths]
    ends = [end for mark in marks for end in (max(0, mark - 1), mark)]
    return np.repeat(np.arange(len(ends) + 1), np.diff([0, *ends, len(places) + 1]))


def in_opinion(steps: int, places: Places, log: Array) -> Array:
    """Return P(opinions | first error is in a place, or none, and cell), shape [places + 1, cells].

    Args:
      steps: M.
      places: runs of steps.
      log: log P(opinions | first error is step e, or none), shape [M + 1].
    """
    # Within a place it is the mean over its steps, each as probable as v and a say.
    chance = np.exp(log)
    each = _error_within(steps, np.arange(steps + 1, dtype=np.float64))
    within = np.add.reduceat(each * chance[:-1, None], places) / np.add.reduceat(each, places)
    return np.concatenate([within.take(_PAIR, axis=1), np.full((1, len(STRENGTH)), chance[-1])])


def over_steps(steps: int, places: Places, in_places: Array, opinions: Array | None = None) -> Array:
    """Return P(first error is step e) for e = 0..M-1 and P(none), shape [M + 1].

    Args:
      steps: M.
      places: runs of steps.
      in_places: joint probability of places (and none) and cells, shape [places + 1, cells].
      opinions: log P(opinions | first error is step e, or none), shape [M + 1]; None for no opinion.
    """
    # Within a place only v and a, and opinions, say which step it is.
    starts = np.array([*places, steps])
    joint = in_places[:-1] @ _IN_PAIR
    each = _error_within(steps, np.arange(steps + 1, dtype=np.float64))
    if opinions is None:
        share = joint / _error_within(steps, starts.astype(np.float64))
    else:
        each = each * np.exp(opinions[:-1, None])
        share = joint / np.add.reduceat(each, places)
    within = np.repeat(np.arange(len(places)), np.diff(starts))
    return np.append((share[within] * each).sum(axis=1), in_places[-1].sum())


# Bounds in bytes. Solutions of a question share prefixes, and questions share counts: of 10,694 likelihoods asked for
# by 300 solutions of tools/bench/step_labels.py (M = 8) 213 were new, of 25 KB each.
outcome = Kept(_outcome, 4 << 20)
rates = Kept(_rates, 4 << 20)
prefix = Kept(_prefix, 16 << 20)
states = Kept(_states, 1 << 20)
state_of = Kept(_state_of, 1 << 20)
rows = Kept(_rows, 1 << 20)
ways = Kept(_ways, 1 << 20)
