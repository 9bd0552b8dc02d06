"""Prior over how strong, how lucky and how uneven the policy is on a question, learnt during the run.

A cell is one hypothesis about the policy on one question (`factory/labelling/belief.py` says what its five numbers
mean). `Experience` holds a weight per cell and moves it towards the posterior of each finished question: online
expectation maximisation (Cappé & Moulines, J. R. Stat. Soc. B 71(3), 2009, sec. 2) of an empirical Bayes prior. Its
size does not depend on the length of the run. Every rollout worker learns its own and begins anew when it is
restarted, so nothing is shared between machines and no label waits for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Values of the five numbers with their prior weights, for a policy that nobody has seen yet; a hundred questions later
# the weights no longer matter.
STRENGTHS = dict.fromkeys((0.01, 0.03, 0.08, 0.18, 0.3, 0.45, 0.6, 0.75, 0.88, 0.96, 0.99), 1 / 11)
LUCK = {0.002: 0.55, 0.02: 0.2, 0.06: 0.15, 0.15: 0.1}
REPAIR = {0.0: 0.7, 0.2: 0.3}
EVENNESS = {4.0: 0.15, 1e6: 0.85}
SHAPES = {0.4: 0.15, 1.0: 0.55, 3.0: 0.3}

_AXES = (STRENGTHS, LUCK, REPAIR, EVENNESS, SHAPES)
STRENGTH, LUCK_RATE, REPAIR_RATE, EVEN, SHAPE = (axis.ravel() for axis in np.meshgrid(*map(list, _AXES), indexing="ij"))
"""Cells: five arrays of shape [cells], one per number."""

_UNSEEN: Array = np.einsum("i,j,k,l,m->ijklm", *(np.array([*axis.values()]) for axis in _AXES)).ravel()
# Share of the first prior that stays: the next question may be unlike all before it.
_FIRST_PRIOR_SHARE = 0.02
# Questions that the first prior counts as, so that the first real one does not replace it.
_FIRST_PRIOR_QUESTIONS = 4
# Step sizes are n^-0.7: what was concluded under the first, vague prior fades.
_STEP_SIZE_EXPONENT = 0.7


class Experience:
    """Prior over cells, shape [cells], that learns from finished questions."""

    def __init__(self) -> None:
        self.questions = 0
        self._learnt = _UNSEEN.copy()

    @property
    def prior(self) -> Array:
        """P(cell) for the next question, shape [cells]; sums to 1."""
        return (1 - _FIRST_PRIOR_SHARE) * self._learnt + _FIRST_PRIOR_SHARE * _UNSEEN

    def learn(self, cells: Array) -> None:
        """Learn one finished question; `cells` is P(cell | its evidence), shape [cells], summing to 1."""
        self.questions += 1
        weight = (self.questions + _FIRST_PRIOR_QUESTIONS) ** -_STEP_SIZE_EXPONENT
        self._learnt = (1 - weight) * self._learnt + weight * cells

    def expects(self) -> dict[str, float]:
        """Return the means of the prior: `strength`, `luck`, `repair`, `even` (P(no unevenness)), `shape`."""
        prior = self.prior
        return {
            "strength": float(prior @ STRENGTH),
            "luck": float(prior @ LUCK_RATE),
            "repair": float(prior @ REPAIR_RATE),
            "even": float(prior[max(EVENNESS) == EVEN].sum()),
            "shape": float(prior @ SHAPE),
        }
