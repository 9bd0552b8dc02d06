"""Hand-out by demand: how many units go out next, from what engines and workers say. Pure: no clock, no Ray.

Engines are kept a little more than full: the next unit goes out while one of them has less to do than its slots and
`AHEAD` of them more, and what is on its way to them does not fill that. Hunger of one engine counts though another has
too much, so that a slow one does not starve the others. Engines of the policy and of the model that makes the
labeller's rollouts are counted. Those of other roles are not: full ones hold up their questions, of which there is a
limited number, and hungry ones get no work from more questions while the policy is busy.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

# Samples that shall wait in an engine, as a share of its slots: what ends until the next look is replaced at once.
AHEAD = 0.25
# Samples in all engines, as a multiple of what keeps them full, from which on nothing goes out though one is hungry.
MOST_SAMPLES = 2.0
# Unfinished questions per slot. Each has a sample in an engine, waits for a check, or for its worker's CPU; with so
# many waiting elsewhere, more of them fill no engine.
MOST_QUESTIONS = 4.0
# Looks at the engines until they show what a unit asks for: one may have been under way when the unit was begun.
LOOKS_UNTIL_SHOWN = 2
_Key = TypeVar("_Key", bound=Hashable)


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

    * `window`: units in flight where no engine says how much it holds; at least `window_each` per engine that answers.
    * `units`: units in flight at most, over all workers; 0 for as many as the engines ask for.
    * `first_samples`: samples that a question asks for when it is begun.
    * `questions`: unfinished questions from which on a worker gets no further unit.
    """

    window: int
    window_each: int = 0
    units: int = 0
    first_samples: int = 1
    questions: int = 4096


@dataclass(slots=True)
class _Handed:
    """Unit that was handed out: its worker, its questions that are not finished, and the look at which it was begun.

    * `shown`: True once the engines show what it asks for.
    """

    worker: Hashable
    unfinished: int
    begun: int | None = None
    shown: bool = False


@dataclass(slots=True)
class _Burden:
    """Work of one worker: questions that are not finished, and units."""

    questions: int = 0
    units: int = 0


@dataclass(slots=True)
class _Loads:
    """Loads of all engines, summed up as they are heard.

    * `answering`: engines that say anything; `known`: those that say how much they hold.
    * `slots`, `full`, `samples`, `lacking`: sums over the latter, `lacking` of what each has less than `full`.
    """

    answering: int = 0
    known: int = 0
    slots: int = 0
    full: int = 0
    samples: int = 0
    lacking: int = 0

    def add(self, load: EngineLoad | None, sign: int = 1) -> None:
        """Count the load of an engine; with `sign` -1, count it no more."""
        self.answering += sign * (load is not None)
        if load is None or not load.slots:
            return
        self.known += sign
        self.slots += sign * load.slots
        self.full += sign * load.full
        self.samples += sign * load.samples
        self.lacking += sign * max(0, load.full - load.samples)


class Demand:
    """Account of what is handed out against what engines can take. Every method takes what was heard; none waits.

    Engines and workers are known by any key that a caller chooses; they come and go. What is asked at each hand-out is
    summed up as it is heard, so that it costs the same however much is in flight.
    """

    def __init__(self, bounds: Bounds, engines: Iterable[Hashable] = ()) -> None:
        """Begin with these engines, none heard yet; without any, the window alone decides."""
        self._bounds = bounds
        self._loads: dict[Hashable, EngineLoad | None] = dict.fromkeys(engines)
        self._sums = _Loads()
        self._handed: dict[str, _Handed] = {}
        self._burdens: dict[Hashable, _Burden] = {}
        # Questions of all units that are not finished, and of those that the engines do not show yet.
        self._unfinished = self._hidden = 0
        self._looks = 0
        # Units by the look at which they were begun; what was taken back meanwhile is left out later.
        self._begun: deque[_Handed] = deque()

    def add_engine(self, engine: Hashable) -> None:
        """Count an engine that has joined, from when it is heard."""
        self._loads.setdefault(engine, None)

    def remove_engine(self, engine: Hashable) -> None:
        """Count an engine no more; one that is not counted is ignored."""
        self._sums.add(self._loads.pop(engine, None), -1)

    def hear_engine(self, engine: Hashable, load: EngineLoad | None) -> None:
        """Take the load of an engine; None for one that does not answer or leaves, which asks for nothing."""
        self._sums.add(self._loads[engine], -1)
        self._loads[engine] = load
        self._sums.add(load)

    def looked(self) -> None:
        """Note that all engines were asked once more."""
        self._looks += 1
        while self._begun and self._looks - (self._begun[0].begun or 0) >= LOOKS_UNTIL_SHOWN:
            handed = self._begun.popleft()
            if not handed.shown:
                handed.shown = True
                self._hidden -= handed.unfinished

    def hear_worker(self, worker: Hashable, unfinished: Mapping[str, int]) -> None:
        """Take from a worker how many questions of each unit that it has begun are not finished."""
        for unit_id, questions in unfinished.items():
            handed = self._handed.get(unit_id)
            if handed is not None and handed.worker == worker:
                self._count(handed, questions - handed.unfinished)
                if handed.begun is None:
                    handed.begun = self._looks
                    self._begun.append(handed)

    def hand(self, unit_id: str, worker: Hashable, questions: int) -> None:
        """Count a unit as handed out."""
        handed = self._handed[unit_id] = _Handed(worker, 0)
        self._burdens.setdefault(worker, _Burden()).units += 1
        self._count(handed, questions)

    def take_back(self, unit_id: str) -> int:
        """Count a unit as ended, one way or the other; return how many of its questions were not finished."""
        handed = self._handed.pop(unit_id)
        left = handed.unfinished
        self._count(handed, -left)
        handed.shown = True
        burden = self._burdens[handed.worker]
        burden.units -= 1
        # Workers come and go, so those with nothing are forgotten.
        if not burden.units:
            del self._burdens[handed.worker]
        return left

    def units_of(self, worker: Hashable) -> int:
        """Return how many units a worker has."""
        return self._burden(worker)[1]

    def idlest(self, up: Iterable[_Key]) -> _Key | None:
        """Return the worker among `up` with the fewest unfinished questions; None where none has room for more."""
        # A unit whose last rows are being committed is work, too.
        idlest = min(up, key=self._burden, default=None)
        return None if idlest is None or self._burden(idlest)[0] >= self._bounds.questions else idlest

    def wants_more(self) -> bool:
        """Return whether one more unit should go out now."""
        in_flight = len(self._handed)
        if not in_flight:
            return True
        if self._bounds.units and in_flight >= self._bounds.units:
            return False
        if not self._sums.known:
            # Engines that are silent may be dead. Those that answer and hold any number are kept busy by the window.
            window = max(self._bounds.window, self._bounds.window_each * self._sums.answering)
            return in_flight < window and (not self._loads or self._sums.answering > 0)
        return self._hungry()

    def _hungry(self) -> bool:
        """Return whether engines lack work beyond what is on its way, and more questions would bring it."""
        sums, coming = self._sums, self._hidden * self._bounds.first_samples
        return (
            sums.lacking > coming
            and sums.samples + coming < MOST_SAMPLES * sums.full
            and self._unfinished < MOST_QUESTIONS * sums.slots
        )

    def _burden(self, worker: Hashable) -> tuple[int, int]:
        """Return the unfinished questions and the units of a worker."""
        burden = self._burdens.get(worker)
        return (burden.questions, burden.units) if burden else (0, 0)

    def _count(self, handed: _Handed, more: int) -> None:
        """Count so many more questions of a unit as not finished."""
        handed.unfinished += more
        self._burdens[handed.worker].questions += more
        self._unfinished += more
        if not handed.shown:
            self._hidden += more
