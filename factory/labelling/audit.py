"""Audit of right answers: a solution may hold a wrong step although its answer is right.

Such an error is of one of two kinds, and rollouts show only the first:

* by luck: behind the error the policy mostly fails, and this solution did not. The belief has it among its hypotheses
  (`factory/labelling/belief.py`, the policy's luck r), and rollouts that fail from there on show it.
* harmless: a slip that is mended, or that nothing rests on. Rollouts from behind it succeed as they do without it, so
  they tell it from a sound solution as little as the verdict does; opinions on its steps are all there is.

So beside "no error" stands "a harmless error at step e": `HARMLESS` of what the belief holds for free of errors, each
step equally often, and opinions decide between them. What an alarm is worth depends on how rare false ones are:

* How often a source says what, of wrong and of right solutions, is learnt (`factory/labelling/opinions.py`). Whatever
  it says of right ones counts as said of sound ones, so a true alarm counts as a false one: the audit sees fewer flaws
  then, never more. One source that raises alarms as often as there are flaws convinces nobody by itself, two that name
  the same step do.
* That of equations is measured instead (`python -m tools.evaluation.label_accuracy`): of 1,400 solutions of
  ProcessBench 74 raise an alarm. People call all 74 wrong, 44 of them at that step; of the equations of the other 30,
  which were read, none is known to hold (one may be meant modulo 2). Of 2,516 sound solutions of the embedded model one
  raises an alarm (`factory/supervision/MEASURED.md`).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.opinions import AGREED, ALARMED, NONE, SAID, Opinion, Reliability
from factory.labelling.sources import EQUATIONS
from factory.rollouts.nodes import Solution
from factory.seeds import seed_for

AUDITS = ("all", "sampled", "off")
"""Settings of which right solutions are audited: all, one of `_SAMPLED`, or none."""
_SAMPLED = 8

# Share of right solutions with an error, the smallest that ProcessBench found among its sets (arXiv 2412.06559, sec.
# 3.3: 3.5 % of GSM8K's, 52 % of Omni-MATH's): an alarm has to overcome more than it would elsewhere.
HARMLESS = 0.035
# Equations that are called wrong and hold, by solutions: none of 1,400, where half a one is held possible, and one of
# 2,516 that it was not chosen by: one of 2,800, and of 3,900.
_FALSE_ALARMS = 0.5 / 1400
# Solutions that a source counts as before it is known: as often says what it said, of wrong and of right ones.
_UNKNOWN = 6.0


def is_audited(solution: Solution, audit: str) -> bool:
    """Return whether a wrong step is looked for in a solution although its answer is right.

    Args:
      solution: any solution with a verdict or without.
      audit: one of `AUDITS`.
    """
    if audit == AUDITS[-1] or solution.outcome is not True or not solution.leaf.depth:
        return False
    # By the text, so that a resumed run audits the same ones.
    return audit == AUDITS[0] or seed_for(0, solution.text, "audit") % _SAMPLED == 0


def audited(by_rollouts: Array, opinions: Iterable[Opinion], reliability: Reliability) -> Array:
    """Return P(first error is step e, harmless or not) for e = 0..M-1, then P(none): shape [M + 1]; sums to 1.

    Args:
      by_rollouts: the same by verdict and rollouts alone, where an error makes rollouts fail: shape [M + 1].
      opinions: at most one of each source, at least one in all.
      reliability: what is known of the sources.
    """
    steps = len(by_rollouts) - 1
    log = np.zeros(steps + 1)
    for opinion in opinions:
        log += _log_likelihood(opinion, reliability, steps)
    said = np.exp(log - log.max())
    free = by_rollouts[-1]
    flawed = (by_rollouts[:-1] + free * HARMLESS / steps) * said[:-1]
    weighed = np.append(flawed, free * (1 - HARMLESS) * said[-1])
    return np.asarray(weighed / weighed.sum())


def _log_likelihood(opinion: Opinion, reliability: Reliability, steps: int) -> Array:
    """Return log P(opinion, its grade | first error is step e, or none) up to a constant, shape [M + 1]."""
    if opinion.source == EQUATIONS and opinion.first_error == NONE:
        # That arithmetic holds says little: most errors are none of arithmetic.
        return np.zeros(steps + 1)
    log = reliability.log_likelihood([opinion], steps)
    wrong, right = _grades(opinion, reliability)
    log[:-1] += np.log(wrong)
    if opinion.source == EQUATIONS:
        log[-1] = np.log(_FALSE_ALARMS / steps)
    else:
        log[-1] += np.log(right)
    return log


def _grades(opinion: Opinion, reliability: Reliability) -> tuple[float, float]:
    """Return how often a source is as sure as this of wrong solutions, and of right ones."""
    counts = reliability.by_grade(opinion.source)
    # A grade that nobody knows yet is as frequent here as there.
    share = 1 / (len(counts) + (opinion.key not in counts))
    wrong, right = (
        {key: float(one[part].sum()) for key, one in counts.items()} for part in (SAID, slice(AGREED, ALARMED + 1))
    )
    of_wrong, of_right = (
        (each.get(opinion.key, 0.0) + _UNKNOWN * share) / (sum(each.values()) + _UNKNOWN) for each in (wrong, right)
    )
    return of_wrong, of_right
