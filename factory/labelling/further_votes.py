"""Information that one more vote of a critic is expected to give about the first error of a solution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from factory.labelling.arrays import Array, entropy
from factory.labelling.opinions import NONE, Reliability

# Votes that are foreseen: the most probable ones. The others are taken to tell nothing.
_FORESEEN = 12


def information_of_vote(source: str, votes: Sequence[int], first_error: Array, reliability: Reliability) -> float:
    """Return the bits about the first error that are expected from one more vote; at least 0.

    Args:
      source: role of the critic.
      votes: what it has said of the solution, in order.
      first_error: P(first error is step e) for e = 0..M-1, then P(none), by all that is known: shape [M + 1].
      reliability: what is known of the sources.
    """
    steps = len(first_error) - 1
    before, gained = entropy(first_error), 0.0
    likely = np.argsort(-first_error[:-1])[:_FORESEEN].tolist()
    for vote in {NONE, *likely, *votes}:
        said = reliability.next_vote(source, votes, vote, steps) * first_error
        chance = float(said.sum())
        gained += chance * (before - entropy(said / chance))
    return max(0.0, gained)
