"""Opinions on the first error of a solution: a critic's votes, a reward model's scores, equations that do not hold.

Whatever a source is, it says at which step the first error is, or that there is none, and how sure it seems (its
`grade`). How far to believe that is learnt: for every source and grade, how often it hits the true first error, is next
to it, too early, too late, sees none, or guesses, when it may say anything; and how often it raises an alarm where
there is no error. Within such a kind each step is as probable as the others.

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

HIT, NEAR, EARLY, LATE, MISSED, GUESSED, AGREED, ALARMED = range(8)
"""Kinds of opinions: the first six where there is an error, the last two where there is none."""

# What is expected of a source that nobody knows yet, in solutions: it counts as much as ten of them.
_UNKNOWN: Array = np.array([4.0, 1.0, 0.5, 0.5, 1.0, 1.0, 1.5, 0.5])
_NOTHING: Array = np.zeros_like(_UNKNOWN)
KINDS = len(_UNKNOWN)
_SEEN, _AT_ERROR, _AT_NONE = slice(HIT, GUESSED), slice(HIT, AGREED), slice(AGREED, ALARMED + 1)

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

    * `counts`: expected number of solutions in which an opinion was of each kind, shape [8], by source and grade.
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

    def rates(self, key: Key) -> Array:
        """Return P(kind | there is an error) and P(kind | there is none), shape [8]."""
        counts = _UNKNOWN + self.counts.get(key, 0.0)
        return np.concatenate([counts[part] / counts[part].sum() for part in (_AT_ERROR, _AT_NONE)])

    def log_likelihood(self, opinions: Iterable[Opinion], steps: int) -> Array:
        """Return log P(opinions | first error is step e) for e = 0..M-1, then for none: shape [M + 1].

        Args:
          opinions: at most one of each source.
          steps: M, the number of steps of the solution.
        """
        log = np.zeros(steps + 1)
        for opinion in opinions:
            log += np.log(self._chances(opinion, steps).sum(axis=0))
        return log

    def taught_by(self, opinions: Iterable[Opinion], first_error: Array) -> Reliability:
        """Return what one solution teaches, to be added to what is known.

        Args:
          opinions: those on the solution.
          first_error: P(first error is step e) for e = 0..M-1, then P(none), by all that is known: shape [M + 1].
        """
        steps = len(first_error) - 1
        counts = {}
        for opinion in opinions:
            chances = self._chances(opinion, steps)
            seen, guessed = first_error * chances / chances.sum(axis=0)
            kind = kinds(opinion.first_error, steps)
            counts[opinion.key] = np.bincount(kind, seen, minlength=KINDS).astype(np.float64)
            counts[opinion.key][GUESSED] = guessed.sum()
        return Reliability(counts)

    def _chances(self, opinion: Opinion, steps: int) -> Array:
        """Return P(opinion, of what it sees | e) and P(opinion, guessed | e), e as in `log_likelihood`: [2, M + 1]."""
        rates, sizes = self.rates(opinion.key), _sizes(steps)
        kind, errors = kinds(opinion.first_error, steps), np.arange(steps)
        # A kind that no step of this solution belongs to is not there to be chosen.
        there = rates[_SEEN] * (sizes > 0)
        seen = (1 - rates[GUESSED]) * there[errors, kind[:-1]] / there.sum(axis=1) / sizes[errors, kind[:-1]]
        none = rates[kind[-1]] / (steps if kind[-1] == ALARMED else 1)
        guessed = np.append(np.full(steps, rates[GUESSED] / (steps + 1)), 0.0)
        return np.stack([np.append(seen, none), guessed])


def kinds(said: int, steps: int) -> Kinds:
    """Return the kind of an opinion for each true first error, and for none: shape [M + 1].

    Args:
      said: step that it says, or `NONE`.
      steps: M.
    """
    if said == NONE:
        return np.append(np.full(steps, MISSED), AGREED)
    ahead = said - np.arange(steps)
    kind = np.where(ahead == 0, HIT, np.where(abs(ahead) == 1, NEAR, np.where(ahead < 0, EARLY, LATE)))
    return np.append(kind, ALARMED)


def _sizes(steps: int) -> Array:
    """Return how many opinions are of each kind for each true first error, shape [M, 5]."""
    error = np.arange(steps)
    near = (error > 0).astype(np.int64) + (error < steps - 1)
    early, late = np.maximum(0, error - 1), np.maximum(0, steps - 2 - error)
    one = np.ones(steps, dtype=np.int64)
    return np.stack([one, near, early, late, one], axis=1).astype(np.float64)
