"""Loop that all pipelines share: hand out units as engines have room, collect receipts.

The driver never carries completions. A unit whose worker died is handed out again; a bug or a full disk ends the run.
The first Ctrl-C stops handing out and lets units in flight finish for `DriveOptions.grace_s`; then the workers keep the
questions that are finished and cancel the others. The second Ctrl-C stops at once. What is committed stays committed
either way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from actors.calls import brief, original_error
from factory.errors import FactoryError
from factory.question_pipeline.effort import raised
from factory.records.example import Example
from factory.records.tally import Tally
from factory.shards.commits import Receipt
from factory.shards.units import Unit
from factory.types import POLICY
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Bounds, Demand
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.interrupt import Interrupt
from pipelines.driving.lookout import Lookout
from pipelines.driving.run_experience import RunExperience

# Seconds between two looks at what engines and workers have said, and between two reports.
LOOK_S, POLL_S = 0.1, 0.5
# Seconds that workers get after the grace to keep what is finished.
KEEP_S = 60.0
# Seconds that they get at the end to say what they have learnt.
LAST_S = 10.0
# Units with nothing but failed questions that end a run; with one, a single odd question could.
HOPELESS_UNITS = 2


@dataclass
class Progress:
    """State of a drive, told to the display twice a second.

    Attributes:
      units: units committed by this attempt.
      done: counts of what they hold.
      underway: counts of what the workers have not committed yet; finished questions among it are counted, too.
      unfinished: questions that are begun and not finished.
      in_flight: units handed out and not back.
      retried: units handed out again, as their worker died.
      seconds: time since the first unit was handed out.
      stopping: True once somebody asked for an end.
      short: committed units with questions that hold less than was asked for, as an error stopped them; a later
        attempt takes them up again.
      trouble: the last such error.
      engines: figures of each engine, as it last said.
      example: labelled solution of a question that was among the first to be finished; None before that.
    """

    units: int = 0
    done: Tally = field(default_factory=Tally)
    underway: Tally = field(default_factory=Tally)
    unfinished: int = 0
    in_flight: int = 0
    retried: int = 0
    seconds: float = 0.0
    stopping: bool = False
    short: int = 0
    trouble: str = ""
    engines: Sequence[EngineFigures] = ()
    example: Example | None = None


def _ignore(_: Any) -> None:
    """Hear news that nobody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveOptions:
    """Limits and listeners of one drive.

    Attributes:
      bounds: how much may be in flight.
      engines: handles of the generators by role, which say how much they hold.
      counted: roles whose engines decide how many questions are under way; with none, `bounds.window` does.
      attempts: workers that a unit may cost before the run ends.
      experience: what the run has learnt, which is told to all workers; None where it shall learn nothing.
      restart_s: seconds that a dead worker may take to come back while no other is up.
      effort: amounts asked for per question, by config key; a receipt that says less counts as short.
      on_progress: hears the state twice a second.
      on_receipt: hears of every committed unit.
      check: called about twice a second; may raise to end the run.
      interrupt: counter of Ctrl-C; from the first on, nothing new is handed out.
      grace_s: seconds that units in flight get to finish after the first Ctrl-C.
      on_remark: hears of what workers could not keep, or not take up again.
    """

    bounds: Bounds
    attempts: int
    engines: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    counted: Collection[str] = (POLICY,)
    experience: RunExperience | None = None
    restart_s: float = 900.0
    effort: Mapping[str, int] = field(default_factory=dict)
    on_progress: Callable[[Progress], None] = _ignore
    on_receipt: Callable[[Receipt], None] = _ignore
    check: Callable[[], None] = lambda: None
    interrupt: Interrupt = field(default_factory=Interrupt)
    grace_s: float = 30.0
    on_remark: Callable[[str], None] = _ignore


@dataclass(frozen=True, slots=True)
class _Errand:
    """Unit in flight: which worker has it, and how many workers have had it, this one included."""

    unit: Unit
    worker: int
    attempt: int


def drive(units: Iterable[Unit], workers: list[Any], assignment: Any, options: DriveOptions) -> Progress:
    """Run `units` on `workers` until all are committed, or until somebody interrupts.

    Args:
      units: work to hand out, in order; drawn only when there is room for one more.
      workers: handles of the rollout workers.
      assignment: what they are told with every unit (`actors.assigned_work.Assignment`).
      options: limits and listeners.

    Returns:
      What this drive has committed.

    Raises:
      FactoryError: a unit's worker died `attempts` times, no worker came back for `restart_s`, or nothing works.
        What a worker raised otherwise is raised as it is.
    """
    # From here on there is something to finish, so the first Ctrl-C only asks for an end.
    options.interrupt.patient = True
    loop = _Loop(units, Crew(workers, assignment, options.restart_s), options)
    while True:
        options.check()
        loop.hand_out()
        if loop.is_over():
            loop.end()
            return loop.progress
        loop.collect()
        loop.report()


class _Loop:
    """State of one drive: what is in flight, what has to be handed out again, since when somebody wants an end."""

    def __init__(self, units: Iterable[Unit], crew: Crew, options: DriveOptions) -> None:
        self.progress = Progress()
        self._options = options
        self._crew = crew
        counted = {role: pool for role, pool in options.engines.items() if role in options.counted}
        self._demand = Demand(options.bounds, sum(map(len, counted.values())))
        self._lookout = Lookout(crew, counted | dict(options.engines), self._demand, options.experience)
        self.progress.engines = self._lookout.engines
        self._fresh = iter(units)
        # Units whose worker died, with the number of the attempt to come.
        self._again: deque[tuple[Unit, int]] = deque()
        # Units in flight, by the reference to the receipt.
        self._in_flight: dict[Any, _Errand] = {}
        self._deadline: float | None = None
        self._heard: set[str] = set()
        self._began = self._shown = time.monotonic()

    def hand_out(self) -> None:
        """Hand out what is wanted, units whose worker died first; hand out nothing once somebody wants an end."""
        self._lookout.look(time.monotonic())
        # Units are drawn from the source one by one, so that memory does not grow with it.
        while not self._options.interrupt.count and self._demand.wants_more():
            worker = self._demand.idlest(self._crew.up)
            if worker is None:
                break
            unit, attempt = self._again.popleft() if self._again else (next(self._fresh, None), 1)
            if unit is None:
                break
            self._demand.hand(unit.id, worker, len(unit.questions))
            # A worker that was just started begins with what the run knows.
            experience = self._options.experience
            ref = self._crew.hand(worker, unit, experience.others(worker) if experience else None)
            self._in_flight[ref] = _Errand(unit, worker, attempt)
        self.progress.in_flight = len(self._in_flight)

    def is_over(self) -> bool:
        """Return whether all is committed, or an interrupted drive has nothing left to wait for."""
        if self._options.interrupt.count and not self.progress.stopping:
            self.progress.stopping = True
            self._deadline = time.monotonic() + self._options.grace_s + KEEP_S
            self._crew.stop(self._options.grace_s)
        if self._deadline is not None and time.monotonic() > self._deadline:
            return True
        return not self._in_flight and (self.progress.stopping or not self._again)

    def end(self) -> None:
        """Hear what the workers have learnt since they were last asked."""
        self._lookout.last_lessons(LAST_S)

    def collect(self) -> None:
        """Wait a moment for units to come back, and count them."""
        for ref in self._crew.wait(list(self._in_flight), LOOK_S):
            errand = self._in_flight.pop(ref)
            self._demand.take_back(errand.unit.id)
            try:
                receipt = ray.get(ref)
            except RayTaskError as error:
                raise original_error(error) from None
            except RayActorError as error:
                self._retry(errand, error)
                continue
            self._hear(receipt.remarks)
            if isinstance(receipt, Receipt):
                self._lookout.committed(errand.worker, errand.unit.id, receipt.added)
                self._count(receipt)

    def report(self) -> None:
        """Tell the listener twice a second."""
        if time.monotonic() - self._shown < POLL_S:
            return
        self._shown = time.monotonic()
        self.progress.seconds = self._shown - self._began
        self._hear(self._lookout.remarks)
        self._lookout.remarks.clear()
        self.progress.underway, self.progress.example = self._lookout.underway(), self._lookout.example
        self.progress.unfinished = self._lookout.unfinished
        self._options.on_progress(self.progress)

    def _retry(self, errand: _Errand, error: RayActorError) -> None:
        """Put a unit aside whose worker died; raise `FactoryError` when it has cost too many."""
        self._crew.lost(errand.worker)
        if self._options.experience:
            self._options.experience.lost(errand.worker)
        # At the end of a run nobody needs to know whose fault it was.
        if errand.attempt >= self._options.attempts and not self.progress.stopping:
            raise FactoryError(
                f"unit {errand.unit.id} was given up: its worker died {errand.attempt} times, last with {brief(error)}"
            ) from None
        self.progress.retried += 1
        self._again.append((errand.unit, errand.attempt + 1))

    def _hear(self, remarks: Iterable[str]) -> None:
        """Pass remarks on; of one kind only the first, whichever worker it comes from."""
        for remark in remarks:
            kind = remark.partition(":")[0]
            if kind not in self._heard:
                self._heard.add(kind)
                self._options.on_remark(remark)

    def _count(self, receipt: Receipt) -> None:
        """Count a committed unit and pass its receipt on."""
        progress = self.progress
        progress.units += 1
        progress.done.add(receipt.added)
        if raised(receipt.effort, self._options.effort):
            progress.short += 1
            progress.trouble = receipt.trouble or progress.trouble
        self._options.on_receipt(receipt)
        _stop_when_nothing_works(progress, receipt.trouble)


def _stop_when_nothing_works(progress: Progress, trouble: str) -> None:
    """Raise `FactoryError` when the first units hold failed questions only; `trouble` is the last one's.

    A failed question is data. Two units of nothing else are a mistake that would go on all weekend.
    """
    done = progress.done
    if progress.units >= HOPELESS_UNITS and done.questions and done.failed == done.questions:
        raise FactoryError(
            f"all of the first {done.questions} questions failed{': ' * bool(trouble)}{trouble}. "
            "`factory inspect RUN_DIR QUESTION_ID` shows more; mend it, then `factory resume RUN_DIR --retry-failed`"
        )
