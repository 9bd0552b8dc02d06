"""Prior over how strong, how lucky and how uneven the policy is on a question, learnt during the run.

A cell is one hypothesis about the policy on one question (`factory/labelling/belief.py` says what its five numbers
mean). `Experience` learns how often each of them holds, by expectation maximisation of an empirical Bayes prior
(Dempster, Laird & Rubin, J. R. Stat. Soc. B 39(1), 1977, sec. 4.3; online: Cappé & Moulines, J. R. Stat. Soc. B 71(3),
2009): the prior is the mean of what questions say, each weighed under the prior that there is now.

A question teaches while it is under way: its contribution is replaced whenever it has new evidence, and never counts
for its own labels. What a worker has learnt is a sum (`Lessons`). Sums of different workers add up, and the run's
driver tells each what the others know (`factory/labelling/ledger.py`). Nothing here depends on the length of a run.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.opinions import Heard, Reliability, sum_of, taught_by

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
# Share of the first prior that stays: the next question may be unlike all before it, and real text is unlike any cell.
# On a real model labels that are sure hold more often with .2 than with .02 (factory/supervision/MEASURED.md).
_FIRST_PRIOR_SHARE = 0.2
# Questions that the first prior counts as, so that the first real one does not replace it.
_FIRST_PRIOR_QUESTIONS = 4
# Finished questions whose evidence is kept, to be weighed anew under what was learnt since.
_RECENT = 256
# All contributions are weighed anew when so large a share of them has new evidence.
_STALE_SHARE = 0.125
# Contributions that are weighed anew in one operation: measured four times as fast as one by one, and eight times as
# fast as all 320 of a worker at once, which no processor's cache holds.
_AT_ONCE = 32
# Contributions whose opinions are weighed anew each time a question teaches, all by turns: as many in the long run as
# by `_STALE_SHARE`. A worker's event loop stands still meanwhile: for up to .44 s when it was all at once, .02 s now
# (256 questions of 8 solutions, 3 sources, 50 keys).
_HEARD_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """Sums over questions.

    * `cells`: of P(cell | its evidence), shape [cells]. `questions`: of 1.
    * `opinions`: of what its solutions say of those who have judged them.
    """

    cells: Array = field(default_factory=lambda: np.zeros_like(_UNSEEN))
    questions: int = 0
    opinions: Reliability = field(default_factory=Reliability)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            cells=self.cells + other.cells,
            questions=self.questions + other.questions,
            opinions=self.opinions + other.opinions,
        )

    def __sub__(self, other: Sums) -> Sums:
        return Sums(
            cells=self.cells - other.cells,
            questions=self.questions - other.questions,
            opinions=self.opinions - other.opinions,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lessons:
    """Sums of what questions say about the policy: of the finished ones, and of those under way as far as they are."""

    finished: Sums = field(default_factory=Sums)
    underway: Sums = field(default_factory=Sums)

    def __add__(self, other: Lessons) -> Lessons:
        return Lessons(finished=self.finished + other.finished, underway=self.underway + other.underway)


class Experience:
    """Prior over cells, shape [cells], that learns from questions, own and others'.

    * `id`: token that names it among the experiences of a run.
    * `learns`: False for one that stays as it is, whatever it is told.
    * `holds`: True for one whose finished questions may be worked on again until `keep`, as their rows are not safe.
    """

    def __init__(self, learns: bool = True, holds: bool = False) -> None:
        self.id = secrets.token_hex(8)
        self.learns = learns
        self._holds = holds
        # Sums over the questions of others, and over its own; the latter goes along, as adding up a thousand anew costs
        # more than all else that a round does.
        self._others = Lessons()
        self._own = np.zeros_like(_UNSEEN)
        self._own_opinions = Reliability()
        # Sum over the finished questions whose evidence is no longer kept.
        self._old = Sums()
        # P(evidence | cell) up to a factor, and P(cell | evidence), of the questions under way by id, and of the last
        # finished ones.
        self._underway: dict[str, _Contribution] = {}
        self._recent: deque[_Contribution] = deque()
        # Those of finished questions that are held, by id; they are among the above, or in `_old`.
        self._held: dict[str, _Contribution] = {}
        self._taught = 0
        # Those whose opinions are to be weighed anew next.
        self._turns: deque[_Contribution] = deque()

    @property
    def questions(self) -> int:
        """Finished questions that it knows of, own and others'."""
        return self._old.questions + len(self._recent) + self._others.finished.questions

    @property
    def prior(self) -> Array:
        """P(cell) for a question that nothing is known about, shape [cells]; sums to 1."""
        return _prior_of(self._sum())

    def prior_without(self, question_id: str) -> Array:
        """Return P(cell) for a question that is under way, from all others: shape [cells]; sums to 1."""
        own = self._underway.get(question_id)
        return _prior_of(self._sum() - own.cells if own else self._sum())

    def reliability_without(self, question_id: str) -> Reliability:
        """Return how far opinions are right, from all questions but one that is under way."""
        own = self._underway.get(question_id)
        known = self._own_opinions - own.opinions if own else self._own_opinions
        return known + self._others.finished.opinions + self._others.underway.opinions

    def rollouts_of(self, question_id: str) -> int:
        """Return the number of rollouts that a question under way has taught from; 0 where it has not yet."""
        own = self._underway.get(question_id)
        return own.rollouts if own else 0

    def teach(self, question_id: str, likelihood: Array, rollouts: int = 0, heard: Sequence[Heard] = ()) -> None:
        """Learn from a question that is under way, in place of what it has taught before.

        Args:
          question_id: what tells it from all others (`Question.key`).
          likelihood: P(its evidence so far | cell), up to a factor, shape [cells].
          rollouts: how many these were, for `rollouts_of`.
          heard: opinions on its solutions, beside what rollouts say.
        """
        if not self.learns:
            return
        cells = _weighed(likelihood, self.prior_without(question_id))
        opinions = taught_by(heard, self.reliability_without(question_id))
        self.forget(question_id)
        self._underway[question_id] = _Contribution(likelihood, cells, rollouts, heard, opinions)
        self._own += cells
        self._own_opinions += opinions
        self._hear_anew()
        self._taught += 1
        if self._taught >= _STALE_SHARE * (len(self._underway) + len(self._recent)):
            self._weigh_anew()

    def finish(self, question_id: str) -> None:
        """Take what a question has taught as all that it will; one that has taught nothing is ignored."""
        if question_id not in self._underway:
            return
        self._recent.append(self._underway.pop(question_id))
        if self._holds:
            self._held[question_id] = self._recent[-1]
        if len(self._recent) > _RECENT:
            oldest = self._recent.popleft()
            oldest.is_kept = False
            self._old += oldest.sums

    def forget(self, question_id: str) -> None:
        """Unlearn a question that is under way and will not be finished."""
        if question_id in self._underway:
            own = self._underway.pop(question_id)
            own.is_kept = False
            self._own -= own.cells
            self._own_opinions -= own.opinions

    def keep(self, question_ids: Iterable[str]) -> None:
        """Hold these questions no longer: nobody will work on them again."""
        for question_id in question_ids:
            self._held.pop(question_id, None)

    def lessons(self) -> Lessons:
        """Return what its own questions have taught so far; those that are held count as under way."""
        finished = _sum_of(self._recent, self._old)
        underway = _sum_of(self._underway.values())
        # In the same order as above, so that rounding leaves no difference below 0.
        held = _sum_of(self._held.values())
        return Lessons(finished=finished - held, underway=underway + held)

    def hear(self, others: Lessons) -> None:
        """Take what all others have learnt, in place of what was heard before."""
        if self.learns:
            self._others = others

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

    def _sum(self) -> Array:
        """Return the sum over all questions, own and others', shape [cells]."""
        return self._own + self._others.finished.cells + self._others.underway.cells

    def _weigh_anew(self) -> None:
        """Weigh all evidence that is kept under the present prior: what was concluded under a vaguer one fades."""
        self._taught = 0
        total = self._sum()
        kept = [*self._underway.values(), *self._recent]
        for start in range(0, len(kept), _AT_ONCE):
            some = kept[start : start + _AT_ONCE]
            priors = _prior_of(total - np.array([each.cells for each in some]))
            for each, cells in zip(some, _weighed(np.array([each.likelihood for each in some]), priors), strict=True):
                # A copy, as a row would keep all others.
                each.cells = cells.copy()
        # Rounding errors of additions and subtractions end here, too.
        own = self.lessons()
        self._own = own.finished.cells + own.underway.cells
        self._own_opinions = own.finished.opinions + own.underway.opinions

    def _hear_anew(self) -> None:
        """Weigh opinions anew by what is known of their sources now: those whose turn it is."""
        if not self._turns and self._own_opinions.counts:
            self._turns.extend(each for each in (*self._underway.values(), *self._recent) if each.heard)
        if not self._turns:
            return
        total = self._own_opinions + self._others.finished.opinions + self._others.underway.opinions
        for _ in range(min(_HEARD_AT_ONCE, len(self._turns))):
            each = self._turns.popleft()
            if each.is_kept:
                opinions = taught_by(each.heard, total - each.opinions)
                self._own_opinions = self._own_opinions - each.opinions + opinions
                each.opinions = opinions


@dataclass(slots=True, eq=False)
class _Contribution:
    """Evidence of a question, P(evidence | cell) up to a factor, and what it says: P(cell | evidence).

    `heard` is the evidence on those who have judged its solutions, `opinions` what it says. `is_kept` is False once it
    was forgotten, or only its sums are kept.
    """

    likelihood: Array
    cells: Array
    rollouts: int
    heard: Sequence[Heard]
    opinions: Reliability
    is_kept: bool = True

    @property
    def sums(self) -> Sums:
        """Part of the sums that it adds."""
        return Sums(cells=self.cells, questions=1, opinions=self.opinions)


def _sum_of(contributions: Collection[_Contribution], start: Sums | None = None) -> Sums:
    """Return the sum of what contributions add, one after the other, on top of `start`."""
    start = start or Sums()
    cells = start.cells.copy()
    for each in contributions:
        cells += each.cells
    return Sums(
        cells=cells,
        questions=start.questions + len(contributions),
        opinions=sum_of([start.opinions, *(each.opinions for each in contributions)]),
    )


def _prior_of(total: Array) -> Array:
    """Return the prior that follows from a sum of P(cell | evidence) over questions, or those of several sums."""
    learnt = _FIRST_PRIOR_QUESTIONS * _UNSEEN + np.maximum(total, 0.0)
    prior: Array = (1 - _FIRST_PRIOR_SHARE) * learnt / learnt.sum(axis=-1, keepdims=True) + _FIRST_PRIOR_SHARE * _UNSEEN
    return prior


def _weighed(likelihood: Array, prior: Array) -> Array:
    """Return P(cell | evidence): of one question, shape [cells], or of several, shape [questions, cells]."""
    cells: Array = likelihood * prior
    return np.asarray(cells / cells.sum(axis=-1, keepdims=True))
