"""Independent samples of the policy among the solutions of many records, as whole Arrow columns.

The rule of `factory.export.flat_rows.is_sampled`, which looks at one solution at a time: what was given, what a
labeller asked for, what a hint has led to, what a search has guided, and what another role wrote is no sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.rollouts.nodes import GIVEN, PROBE
from factory.types import POLICY

COLUMNS = ("method", "role", "independent", "hinted")
"""Fields of a solution that decide it."""
_NOT_SAMPLED = pa.array([GIVEN, PROBE], pa.string())


def are_sampled(column: Callable[[str], Any]) -> NDArray[np.bool_]:
    """Return which solutions are independent samples of the policy.

    Args:
      column: returns a field of all solutions by its name; nulls where an earlier schema lacks it.
    """
    others = pc.is_in(column("method").cast(pa.string()), value_set=_NOT_SAMPLED)
    hinted = pc.fill_null(column("hinted").cast(pa.bool_()), False)
    # Rows before schema 5 know of no role and of no guided solution: all of theirs are independent, of the policy.
    of_policy = pc.fill_null(pc.equal(column("role").cast(pa.string()), POLICY), True)
    independent = pc.fill_null(column("independent").cast(pa.bool_()), True)
    own = pc.and_(pc.invert(pc.or_(others, hinted)), pc.and_(of_policy, independent))
    return np.asarray(own.to_numpy(zero_copy_only=False), dtype=bool)
