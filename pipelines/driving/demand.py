"""Hand-out by demand: how many units go out next, from what engines and workers say. Pure: no clock, no Ray.

Engines are kept a little more than full: the next unit goes out while one of them has less to do than its slots and
`AHEAD` of them more, and what is on its way to them does not fill that. Hunger of one engine counts though another has
too much, so that a slow one does not starve the others. Engines of the policy and of the model that makes the
labeller's rollouts are counted. Those of other roles are not: full ones hold up their questions, of which there is a
limited number, and hungry ones get no work from more questions while the policy is busy.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

# Samples that shall wait in an engine, as a share of its slots: what ends until the next look is replaced at once.
AHEAD = 0.25
# Samples in all engines, as a multiple of what keeps them full, from which on nothing goes out though one is hungry.
MOST_SAMPLES = 2.0
# Unfinished questions per slot. Each has a sample in an engine, waits for a check, or for its worker's CPU; with so
# many waiting elsewhere, more of them fill no engine.
MOST_QUESTIONS = 4.0
# Looks at the engines until they show what a unit asks for: one may have been under way when the unit was begun.
LOOKS_UNTIL_SHOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLoad:
    """Load of one engine, in samples: `slots` it computes at a time (0 where it cannot say), `running`, `waiting`."""

    slots: int
    running: int
    waiting: int

    @property
    def full(self) -> int:
        """Samples that keep the engine busy until the next look."""
        return self.slots + max(1, math.ceil(self.slots * AHEAD))

    @property
    def samples(self) -> int:
        """Samples that run or wait."""
        return self.running + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of the hand-out.

    * `window`: units in flight where no engine says how much it holds.
    * `units`: units in flight at most, over all workers; 0 for as many as the engines ask for.
    * `first_samples`: samples that a question asks for when it is begun.
    * `questions`: unfinished questions from which on a worker gets no further unit.
    """

    window: int
    units: int = 0
    first_samples: int = 1
    questions: int = 4096


@dataclass(slots=True)
class _Handed:
    """Unit that was handed out: its worker, its questions that are not finished, and looks since it was begun."""

    worker: int
    unfinished: int
    looks: int | None = None


class Demand:
    """Account of what is handed out against what engines can take. Every method takes what was heard; none waits.

    `engines` is their number; 0 leaves the window alone to decide.
    """

    def __init__(self, bounds: Bounds, engines: int = 0) -> None:
        self._bounds = bounds
        self._loads: list[EngineLoad | None] = [None] * engines
        self._handed: dict[str, _Handed] = {}

    @property
    def engines(self) -> int:
        """Number of engines that are counted."""
        return len(self._loads)

    def hear_engine(self, index: int, load: EngineLoad | None) -> None:
        """Take the load of an engine; None for one that does not answer, which asks for nothing."""
        self._loads[index] = load

    def looked(self) -> None:
        """Note that all engines were asked once more."""
        for handed in self._handed.values():
            if handed.looks is not None:
                handed.looks += 1

    def hear_worker(self, worker: int, unfinished: Mapping[str, int]) -> None:
        """Take from a worker how many questions of each unit that it has begun are not finished."""
        for unit_id, questions in unfinished.items():
            handed = self._handed.get(unit_id)
            if handed is not None and handed.worker == worker:
                handed.unfinished = questions
                handed.looks = handed.looks or 0

    def hand(self, unit_id: str, worker: int, questions: int) -> None:
        """Count a unit as handed out."""
        self._handed[unit_id] = _Handed(worker, questions)

    def take_back(self, unit_id: str) -> None:
        """Count a unit as ended, one way or the other."""
        del self._handed[unit_id]

    def idlest(self, up: Iterable[int]) -> int | None:
        """Return the worker among `up` with the fewest unfinished questions; None where none has room for more."""
        questions = dict.fromkeys(up, 0)
        units = dict.fromkeys(questions, 0)
        for handed in self._handed.values():
            if handed.worker in questions:
                questions[handed.worker] += handed.unfinished
                units[handed.worker] += 1
        # A unit whose last rows are being committed is work, too.
        idlest = min(questions, key=lambda worker: (questions[worker], units[worker]), default=None)
        return None if idlest is None or questions[idlest] >= self._bounds.questions else idlest

    def wants_more(self) -> bool:
        """Return whether one more unit should go out now."""
        in_flight = len(self._handed)
        if not in_flight:
            return True
        if self._bounds.units and in_flight >= self._bounds.units:
            return False
        known = [load for load in self._loads if load is not None and load.slots]
        if not known:
            # Engines that are silent may be dead. Those that answer and hold any number are kept busy by the window.
            return in_flight < self._bounds.window and (not self._loads or any(self._loads))
        return self._hungry(known)

    def _hungry(self, known: Collection[EngineLoad]) -> bool:
        """Return whether engines lack work beyond what is on its way, and more questions would bring it."""
        full, samples = sum(load.full for load in known), sum(load.samples for load in known)
        coming = unfinished = 0
        for handed in self._handed.values():
            unfinished += handed.unfinished
            if handed.looks is None or handed.looks < LOOKS_UNTIL_SHOWN:
                coming += handed.unfinished * self._bounds.first_samples
        lacking = sum(max(0, load.full - load.samples) for load in known)
        slots = sum(load.slots for load in known)
        return lacking > coming and samples + coming < MOST_SAMPLES * full and unfinished < MOST_QUESTIONS * slots
