"""Opinions on the first error of a solution: a critic's votes, a reward model's scores, equations that do not hold.

Whatever a source is, it says at which step the first error is, or that there is none, and how sure it seems (its
`grade`). How far to believe that is learnt, by source and grade. Where there is an error, what is said hits it, is next
to it, too early, too late, or sees none. Each such kind has a weight: how many times as often it is said as by somebody
who guesses, by whom each step, and none, is said equally often. Of a source that guesses all weights are 1, however
long the solution. Where there is no error, the source agrees, or raises an alarm at any step. As to name the step among
many is another thing than among few, weights are learnt by the number of steps, too: 3 or 4, 5 to 8, 9 to 16, …

Several votes of one critic see the same text and are no independent opinions: they are one. A further vote repeats one
of those before with a probability that is learnt, and tells nothing then, or it is a reading of its own, as the first
one was. So it does not matter when somebody stops asking: what a reading is worth is learnt from first votes, which all
solutions have. (A grade for each number of votes and share of agreement would be learnt from solutions where asking
stopped, as the votes agreed with the rollouts, and believe votes too much where it has not stopped yet.) Opinions of
different sources are taken as independent given the first error, and so are opinions and rollouts; what they have in
common, such as a step that misleads all of them, shows in their learnt reliability only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from factory.labelling.arrays import Array

NONE = -1
"""Step that an opinion names which sees no error."""

HIT, NEAR, EARLY, LATE, MISSED = range(5)
"""Kinds of opinions where there is an error."""

# Places in an array of counts: opinions of each kind, then those that a guesser would have had, then where there is no
# error those that agreed and those that raised an alarm; further votes that repeated one before, and that did not.
SAID, GUESSED, AGREED, ALARMED, REPEATED, FRESH = slice(0, 5), slice(5, 10), 10, 11, 12, 13
COUNTS = 14
_NOTHING: Array = np.zeros(COUNTS)
# What is said by a source that nobody knows yet, of solutions with an error and of those without.
_UNKNOWN_SAID: Array = np.array([0.45, 0.12, 0.1, 0.1, 0.23])
_UNKNOWN_NONE: Array = np.array([0.75, 0.25])
_UNKNOWN_VOTES: Array = np.array([0.7, 0.3])
# Solutions, with an error and without, and further votes, that this counts as.
_FIRST, _FIRST_NONE, _FIRST_VOTES = 6.0, 2.0, 6.0
_PARTS = slice(0, 10), slice(10, 12), slice(12, 14)

Key = tuple[str, int, int]
"""Source, grade, and size of the solution (`size_of`)."""
Kinds = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Opinion:
    """Opinion of one source on one solution.

    * `source`: name of it, such as "critic".
    * `first_error`: 0-based index of the step, or `NONE`.
    * `grade`: how sure the source seems; each grade has a reliability of its own.
    * `votes`: what it said in order, where it was asked more than once: `first_error` is what most of them say.
    """

    source: str
    first_error: int
    grade: int = 0
    votes: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """Source and grade."""
        return self.source, self.grade


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Opinions on one solution beside what its verdict and rollouts say: evidence on those who have said it.

    * `opinions`: at most one of each source.
    * `by_rollouts`: P(first error is step e) for e = 0..M-1, then P(none), by verdict and rollouts alone: shape
      [M + 1].
    """

    opinions: Sequence[Opinion]
    by_rollouts: Array


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Knowledge of how far opinions are right.

    * `counts`: what was said and would have been guessed, in expected numbers of solutions, shape [14], by source,
      grade and size.

    What `counts_of` works out is remembered, as long as it is not pickled.
    """

    counts: Mapping[Key, Array] = field(default_factory=dict)
    # Of each source the number of keys and the sum of their counts; and what was asked for by key and steps.
    _by_source: dict[str, tuple[int, Array]] = field(default_factory=dict, init=False, repr=False)
    _expected: dict[tuple[Key, int], Array] = field(default_factory=dict, init=False, repr=False)

    def __reduce__(self) -> tuple[type[Reliability], tuple[Mapping[Key, Array]]]:
        """Return how it is pickled: by its counts alone."""
        return Reliability, (self.counts,)

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

    def weights(self, opinion: Opinion, steps: int) -> Array:
        """Return how many times as often as by guessing each kind is said of a solution with an error, shape [5].

        Args:
          opinion: its source and grade count, not what it says.
          steps: M, the number of steps of the solution.
        """
        counts = self.counts_of(opinion, steps)
        return np.asarray(counts[SAID] / counts[GUESSED])

    def by_grade(self, source: str) -> dict[tuple[str, int], Array]:
        """Return the counts of a source over solutions of all sizes, shape [14], by source and grade."""
        counts: dict[tuple[str, int], Array] = {}
        for (name, grade, _), part in self.counts.items():
            if name == source:
                counts[name, grade] = counts.get((name, grade), _NOTHING) + part
        return counts

    def counts_of(self, opinion: Opinion, steps: int) -> Array:
        """Return the counts of a source and grade, on top of what is expected where nobody knows it yet.

        That is what the source has shown with other grades and sizes, and what is expected of any source, for as many
        solutions as an unknown one counts as.
        """
        key = (*opinion.key, size_of(steps))
        expected = self._expected.get((key, steps))
        if expected is None:
            expected = self._expected[key, steps] = self._counts_of(key, steps)
        return expected

    def _counts_of(self, key: Key, steps: int) -> Array:
        """Work out what `counts_of` returns."""
        if self.counts and not self._by_source:
            for (source, _, _), counts in self.counts.items():
                number, total = self._by_source.get(source, (0, _NOTHING))
                self._by_source[source] = (number + 1, total + counts)
        own = self.counts.get(key)
        number, total = self._by_source.get(key[0], (0, _NOTHING))
        expected = unknown = _unknown(steps)
        if number > (own is not None):
            # Rounding may leave less than nothing.
            expected = unknown + (total if own is None else np.maximum(total - own, 0.0))
            for part in _PARTS:
                expected[part] *= unknown[part].sum() / expected[part].sum()
        return np.asarray(expected if own is None else expected + own)

    def log_likelihood(self, opinions: Iterable[Opinion], steps: int) -> Array:
        """Return log P(opinions | first error is step e) for e = 0..M-1, then for none: shape [M + 1].

        Args:
          opinions: at most one of each source.
          steps: M, the number of steps of the solution.
        """
        log = np.zeros(steps + 1)
        for opinion in opinions:
            counts = self.counts_of(opinion, steps)
            first, *further = opinion.votes or (opinion.first_error,)
            log += np.log(_chance(counts, first, steps))
            for number, vote in enumerate(further, start=1):
                repeated, fresh = _further(counts, opinion.votes[:number], vote, steps)
                log += np.log(repeated + fresh)
        return log

    def next_vote(self, source: str, votes: Sequence[int], vote: int, steps: int) -> Array:
        """Return P(a source says this next | first error is step e) for e = 0..M-1, then for none: shape [M + 1].

        Args:
          source: its name.
          votes: what it has said, in order.
          vote: what it may say.
          steps: M.
        """
        counts = self.counts_of(Opinion(source, vote), steps)
        if not votes:
            return _chance(counts, vote, steps)
        repeated, fresh = _further(counts, votes, vote, steps)
        return repeated + fresh


def sum_of(parts: Iterable[Reliability]) -> Reliability:
    """Return the sum of several, as `+` one after the other gives it, and much faster."""
    counts: dict[Key, Array] = {}
    for part in parts:
        for key, more in part.counts.items():
            if key in counts:
                counts[key] += more
            else:
                counts[key] = more.copy()
    return Reliability(counts)


def _chance(counts: Array, said: int, steps: int) -> Array:
    """Return P(a first vote | first error), shape [M + 1]."""
    weights = counts[SAID] / counts[GUESSED]
    alarms = counts[ALARMED] / (counts[ALARMED] + counts[AGREED])
    none = 1 - alarms if said == NONE else alarms / steps
    return np.append(weights[kinds(said, steps)] / (_sizes(steps) @ weights), none)


def _further(counts: Array, votes: Sequence[int], vote: int, steps: int) -> tuple[float, Array]:
    """Return P(a further vote, as one before is repeated), and P(the vote, as a reading of its own | first error)."""
    repeats = counts[REPEATED] / (counts[REPEATED] + counts[FRESH])
    return float(repeats * votes.count(vote) / len(votes)), (1 - repeats) * _chance(counts, vote, steps)


def taught_by(heard: Iterable[Heard], known: Reliability) -> Reliability:
    """Return what solutions teach of sources, to be added to what is known.

    Each is weighed by verdict, rollouts and all opinions: one step of expectation maximisation. It is a fixed point
    only once it is repeated under what was learnt by then (`factory/labelling/experience.py` does), as an opinion that
    is believed speaks for itself.

    Args:
      heard: opinions on solutions, beside what rollouts say.
      known: what is known of the sources, from other questions.
    """
    taught: dict[Key, Array] = {}
    for each in heard:
        steps = len(each.by_rollouts) - 1
        first_error = each.by_rollouts * np.exp(known.log_likelihood(each.opinions, steps))
        first_error /= first_error.sum()
        guessed = first_error[:-1] @ _sizes(steps) / (steps + 1)
        for opinion in each.opinions:
            counts = taught.setdefault((*opinion.key, size_of(steps)), np.zeros(COUNTS))
            first, *further = opinion.votes or (opinion.first_error,)
            counts[SAID] += np.bincount(kinds(first, steps), first_error[:-1], minlength=MISSED + 1)
            counts[GUESSED] += guessed
            counts[AGREED if first == NONE else ALARMED] += first_error[-1]
            for number, vote in enumerate(further, start=1):
                repeated, fresh = _further(known.counts_of(opinion, steps), opinion.votes[:number], vote, steps)
                share = float(first_error @ (repeated / (repeated + fresh)))
                counts[[REPEATED, FRESH]] += share, 1 - share
    return Reliability(taught)


def size_of(steps: int) -> int:
    """Return which number doubles up to this number of steps: 0 for one, 1 for two, 2 up to four, 3 up to eight, …"""
    return max(0, steps - 1).bit_length()


@lru_cache(maxsize=128)
def _unknown(steps: int) -> Array:
    """Return what is expected of a source that nobody knows yet in solutions of so many steps, shape [14]."""
    guessed = _sizes(steps).mean(axis=0) / (steps + 1)
    # A kind that such a solution has no steps of is neither said nor guessed: any weight.
    said = np.where(guessed > 0, _UNKNOWN_SAID, 0.0)
    errors = _FIRST * np.concatenate([said / said.sum(), guessed])
    return np.concatenate([np.maximum(errors, 1e-3), _FIRST_NONE * _UNKNOWN_NONE, _FIRST_VOTES * _UNKNOWN_VOTES])


@lru_cache(maxsize=512)
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


@lru_cache(maxsize=128)
def _sizes(steps: int) -> Array:
    """Return how many opinions are of each kind for each true first error, shape [M, 5]."""
    error = np.arange(steps)
    near = (error > 0).astype(np.int64) + (error < steps - 1)
    early, late = np.maximum(0, error - 1), np.maximum(0, steps - 2 - error)
    one = np.ones(steps, dtype=np.int64)
    return np.stack([one, near, early, late, one], axis=1).astype(np.float64)
