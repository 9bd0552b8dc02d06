"""Likelihood of the places of a first error and the cells together, apart from the rollouts of the bare question.

One more rollout is one factor for each place and cell, so it is multiplied into what is there, at a third of the
cost of weighing all rollouts anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.likelihood import Places, explanations, in_opinion, outcome, prefix, rows, state_of

# Rollouts that are multiplied into weights before these are computed anew: 32 of probability 1e-4, a rare one, do not
# come near what is too small for a float.
_ON_TOP = 32


class Joint(NamedTuple):
    """P(place or none, verdict, rollouts behind the bare question | cell). Nobody writes to its arrays.

    * `places`: runs of steps.
    * `weights`: the probability, shape [places + 1, cells], up to a factor for each cell.
    * `log_scale`: logarithm of these factors, shape [cells].
    * `on_top`: rollouts that were multiplied into weights that are there.
    * `opinions`: P(opinions | place or none, cell), shape [places + 1, cells]; None for no opinion. Apart from the
      weights, as rollouts alone tell whether they fit any first error.
    """

    places: Places
    weights: Array
    log_scale: Array
    on_top: int = 0
    opinions: Array | None = None

    def after(self, depth: int, trials: int, log: Array) -> Joint | None:
        """Return it after more rollouts of a prefix; None where it has to be computed anew.

        Args:
          depth: number of steps of the prefix, at least 1.
          trials: how many rollouts come on top.
          log: log P(these rollouts) in each state of the prefix, shape [3, cells].
        """
        on_top = self.on_top + trials
        if on_top > _ON_TOP or not self.tells((depth,)):
            return None
        weights = self.weights * np.exp(log).take(state_of(self.places, depth), axis=0)
        return self._replace(weights=weights, on_top=on_top)

    def hearing(self, steps: int, log: Array | None) -> Joint:
        """Return it with other opinions: log P(opinions | first error), shape [M + 1], or none."""
        return self._replace(opinions=None if log is None else in_opinion(steps, self.places, log))

    @property
    def judged(self) -> Array:
        """P(place or none, verdict, rollouts, opinions | cell), up to a factor for each cell: as `weights`."""
        return self.weights if self.opinions is None else self.weights * self.opinions

    def tells(self, depths: Places) -> bool:
        """Return True when a rollout of any of these prefixes means the same for all hypotheses of a place."""
        places = self.places
        return len(places) > places[-1] or all(
            depth in places and (not depth or depth - 1 in places) for depth in depths
        )


def weigh(steps: int, places: Places, counts: Mapping[int, tuple[int, int]], correct: bool, own: bool) -> Joint:
    """Return the joint likelihood, from the likelihoods of all prefixes.

    Args:
      steps: M, the number of steps of the solution.
      places: runs of steps that the rollouts tell apart.
      counts: (trials, successes) of the prefixes with rollouts, by their number of steps.
      correct: verdict on the whole solution.
      own: True when this policy sampled the solution.
    """
    depths = sorted(depth for depth in counts if depth)
    logs = [prefix(steps, depth, *counts[depth]).log for depth in depths]
    weights = explanations(logs).take(rows(places, tuple(depths)), axis=0)
    # Cell by cell, so that none is lost beside another one, however long the odds.
    log_scale = weights.max(axis=0)
    weights -= log_scale
    np.exp(weights, out=weights)
    weights *= outcome(steps, places, correct, own)
    return Joint(places, weights, log_scale)
