"""Opinions on the first error of a solution: a critic's votes, a reward model's scores, equations that do not hold.

Whatever a source is, it says at which step the first error is, or that there is none, and how sure it seems (its
`grade`). How far to believe that is learnt, by source and grade. Where there is an error, what is said hits it, is next
to it, too early, too late, or sees none. Each such kind has a weight: how many times as often it is said as by somebody
who guesses, by whom each step, and none, is said equally often. Of a source that guesses all weights are 1, however
long the solution. Where there is no error, the source agrees, or raises an alarm at any step.

Several votes of one critic see the same text and are no independent opinions: they are put together into one, whose
grade says how many agree. Opinions of different sources are taken as independent given the first error, and so are
opinions and rollouts; what they have in common, such as a step that misleads all of them, shows in their learnt
reliability only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from factory.labelling.arrays import Array

NONE = -1
"""What an opinion says that sees no error."""

HIT, NEAR, EARLY, LATE, MISSED = range(5)
"""Kinds of opinions where there is an error."""

# Places in an array of counts: opinions of each kind, then those that a guesser would have had, then where there is no
# error those that agreed and those that raised an alarm.
SAID, GUESSED, AGREED, ALARMED = slice(0, 5), slice(5, 10), 10, 11
# What is expected of a source that nobody knows yet, in solutions of eight steps: it counts as much as six of them.
_UNKNOWN: Array = np.array([2.7, 0.7, 0.6, 0.6, 1.4, 0.67, 1.17, 1.75, 1.75, 0.67, 1.5, 0.5])
_NOTHING: Array = np.zeros_like(_UNKNOWN)
COUNTS = len(_UNKNOWN)

Key = tuple[str, int]
Kinds = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Opinion:
    """Opinion of one source on one solution.

    * `source`: name of it, such as "critic".
    * `first_error`: 0-based index of the step, or `NONE`.
    * `grade`: how sure the source seems; each grade has a reliability of its own.
    """

    source: str
    first_error: int
    grade: int = 0

    @property
    def key(self) -> Key:
        """Source and grade."""
        return self.source, self.grade


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Knowledge of how far opinions are right.

    * `counts`: what was said and would have been guessed, in expected numbers of solutions, shape [12], by source and
      grade.
    """

    counts: Mapping[Key, Array] = field(default_factory=dict)

    def __add__(self, other: Reliability) -> Reliability:
        if not (self.counts and other.counts):
            return self if self.counts else other
        keys = self.counts.keys() | other.counts.keys()
        return Reliability({key: self.counts.get(key, _NOTHING) + other.counts.get(key, _NOTHING) for key in keys})

    def __sub__(self, other: Reliability) -> Reliability:
        """Return it without what `other`, a part of it, has taught."""
        if not other.counts:
            return self
        # Rounding may leave less than nothing.
        left = {key: np.maximum(self.counts.get(key, _NOTHING) - part, 0.0) for key, part in other.counts.items()}
        return Reliability({**self.counts, **left})

    def weights(self, key: Key) -> Array:
        """Return how many times as often as by guessing each kind is said of a solution with an error, shape [5]."""
        counts = _UNKNOWN + self.counts.get(key, 0.0)
        return np.asarray(counts[SAID] / counts[GUESSED])

    def alarms(self, key: Key) -> float:
        """Return P(an alarm | there is no error)."""
        counts = _UNKNOWN + self.counts.get(key, 0.0)
        return float(counts[ALARMED] / (counts[ALARMED] + counts[AGREED]))

    def log_likelihood(self, opinions: Iterable[Opinion], steps: int) -> Array:
        """Return log P(opinions | first error is step e) for e = 0..M-1, then for none: shape [M + 1].

        Args:
          opinions: at most one of each source.
          steps: M, the number of steps of the solution.
        """
        log, sizes = np.zeros(steps + 1), _sizes(steps)
        for opinion in opinions:
            weights, alarms = self.weights(opinion.key), self.alarms(opinion.key)
            chance = weights[kinds(opinion.first_error, steps)] / (sizes @ weights)
            none = 1 - alarms if opinion.first_error == NONE else alarms / steps
            log += np.log(np.append(chance, none))
        return log

    def taught_by(self, opinions: Iterable[Opinion], first_error: Array) -> Reliability:
        """Return what one solution teaches, to be added to what is known.

        Args:
          opinions: those on the solution.
          first_error: P(first error is step e) for e = 0..M-1, then P(none), by all that is known: shape [M + 1].
        """
        steps, taught = len(first_error) - 1, {}
        for opinion in opinions:
            counts = np.zeros(COUNTS)
            counts[SAID] = np.bincount(kinds(opinion.first_error, steps), first_error[:-1], minlength=MISSED + 1)
            counts[GUESSED] = first_error[:-1] @ _sizes(steps) / (steps + 1)
            counts[AGREED if opinion.first_error == NONE else ALARMED] = first_error[-1]
            taught[opinion.key] = counts
        return Reliability(taught)


def kinds(said: int, steps: int) -> Kinds:
    """Return the kind of an opinion for each first error that there may be, shape [M].

    Args:
      said: step that it says, or `NONE`.
      steps: M.
    """
    if said == NONE:
        return np.full(steps, MISSED)
    ahead = said - np.arange(steps)
    return np.where(ahead == 0, HIT, np.where(abs(ahead) == 1, NEAR, np.where(ahead < 0, EARLY, LATE)))


def _sizes(steps: int) -> Array:
    """Return how many opinions are of each kind for each true first error, shape [M, 5]."""
    error = np.arange(steps)
    near = (error > 0).astype(np.int64) + (error < steps - 1)
    early, late = np.maximum(0, error - 1), np.maximum(0, steps - 2 - error)
    one = np.ones(steps, dtype=np.int64)
    return np.stack([one, near, early, late, one], axis=1).astype(np.float64)
