"""What a run has learnt of its policy: a prior over how strong, how lucky and how uneven it is on a question.

A cell is one hypothesis about the policy on one question (see `factory/labelling/belief.py` for what its five numbers
mean). `Experience` holds a weight per cell and moves it towards what each finished question turned out to be: online
expectation maximisation (Cappé & Moulines, J. R. Stat. Soc. B 71(3), 2009, sec. 2) of an empirical Bayes prior. It is
a few hundred numbers whatever the length of the run; every rollout worker learns its own and begins anew when it is
restarted, so nothing is shared between machines and a label never waits for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Weights of a policy nobody has seen yet; a hundred questions later they no longer matter.
STRENGTHS = dict.fromkeys((0.01, 0.03, 0.08, 0.18, 0.3, 0.45, 0.6, 0.75, 0.88, 0.96, 0.99), 1 / 11)
LUCK = {0.002: 0.55, 0.02: 0.2, 0.06: 0.15, 0.15: 0.1}
REPAIR = {0.0: 0.7, 0.2: 0.3}
EVENNESS = {4.0: 0.15, 1e6: 0.85}
SHAPES = {0.4: 0.15, 1.0: 0.55, 3.0: 0.3}

_AXES = (STRENGTHS, LUCK, REPAIR, EVENNESS, SHAPES)
STRENGTH, LUCK_RATE, REPAIR_RATE, EVEN, SHAPE = (axis.ravel() for axis in np.meshgrid(*map(list, _AXES), indexing="ij"))
"""The cells: five arrays of shape (cells,)."""

_UNSEEN: Array = np.einsum("i,j,k,l,m->ijklm", *(np.array([*axis.values()]) for axis in _AXES)).ravel()
_OPEN_MIND = 0.02  # share of the first prior that stays: the next question may be unlike all before it
_HEAD_START = 4
_FORGETTING = 0.7  # step sizes n^-0.7: what was concluded under the first, vague prior fades


class Experience:
    """The prior over cells, shape (cells,), summing to 1, and how it learns."""

    def __init__(self) -> None:
        self.questions = 0
        self._learnt = _UNSEEN.copy()

    @property
    def prior(self) -> Array:
        """P(cell) for the next question."""
        return (1 - _OPEN_MIND) * self._learnt + _OPEN_MIND * _UNSEEN

    def learn(self, cells: Array) -> None:
        """Take in one finished question: `cells` is P(cell | its evidence), shape (cells,)."""
        self.questions += 1
        weight = (self.questions + _HEAD_START) ** -_FORGETTING
        self._learnt = (1 - weight) * self._learnt + weight * cells

    def expects(self) -> dict[str, float]:
        """Means of the prior: `strength`, `luck`, `repair`, `even` (P(no unevenness)), `shape`."""
        prior = self.prior
        return {
            "strength": float(prior @ STRENGTH),
            "luck": float(prior @ LUCK_RATE),
            "repair": float(prior @ REPAIR_RATE),
            "even": float(prior[max(EVENNESS) == EVEN].sum()),
            "shape": float(prior @ SHAPE),
        }
