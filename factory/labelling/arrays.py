"""Type of the arrays that probabilities are kept in, and their entropy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def entropy(p: Array) -> float:
    """Return the entropy of a distribution, in bits."""
    return float(-(p * np.log2(np.maximum(p, 1e-300))).sum())
