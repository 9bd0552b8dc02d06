"""Loop that all pipelines share: hand out units as engines have room, collect receipts.

The driver never carries completions. A unit whose worker died is handed out again; a bug or a full disk ends the run.
Workers and engines may join and leave meanwhile (`DriveOptions.membership`): a worker that leaves gets nothing new, and
what it has not finished by then goes to another, which costs the unit no attempt.
The first Ctrl-C stops handing out and lets units in flight finish for `DriveOptions.grace_s`; then the workers keep the
questions that are finished and cancel the others. The second Ctrl-C stops at once. What is committed stays committed
either way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from actors.calls import brief, original_error
from factory.errors import FactoryError
from factory.question_pipeline.effort import raised
from factory.shards.commits import Receipt
from factory.shards.units import Unit
from pipelines.driving import events
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Demand
from pipelines.driving.drive_options import DriveOptions
from pipelines.driving.lookout import Lookout
from pipelines.driving.membership import Changes, members
from pipelines.driving.polls import News
from pipelines.driving.progress import NodeCounts, Progress, stop_when_nothing_works

__all__ = ["DriveOptions", "Progress", "drive"]

# Seconds between two looks at what engines and workers have said, and between two reports.
LOOK_S, POLL_S = 0.1, 0.5
# Seconds that workers get after the grace to keep what is finished.
KEEP_S = 60.0
# Seconds before the end of the driver's own node at which the workers begin to keep it.
KEPT_BEFORE_S = 15.0
# Seconds that they get at the end to say what they have learnt.
LAST_S = 10.0


@dataclass(frozen=True, slots=True)
class _Errand:
    """Unit in flight: which worker has it, its name, and how many workers have had it, this one included."""

    unit: Unit
    worker: int
    name: str
    attempt: int


def drive(units: Iterable[Unit], workers: list[Any], assignment: Any, options: DriveOptions) -> Progress:
    """Run `units` on `workers` until all are committed, or until somebody interrupts.

    Args:
      units: work to hand out, in order; drawn only when there is room for one more.
      workers: handles of the rollout workers; not asked where there is a membership, nor are `options.engines`.
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
    crew = Crew([] if options.membership else workers, assignment, options.restart_s)
    loop = _Loop(units, crew, options)
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
        pools = {} if options.membership else options.engines
        engines = {role: members(pool, f"{role}/") for role, pool in pools.items()}
        self._demand = Demand(options.bounds)
        self._lookout = Lookout(crew, engines, options.counted, self._demand, options.experience, self._hear_engine)
        self.progress.engines = self._lookout.engines
        # Questions that are not committed yet, and leaving workers whose idleness was told.
        self._left = options.questions
        self._told: set[int] = set()
        self._fresh = iter(units)
        self._drawn = False
        # Units whose worker died, with the number of the attempt to come.
        self._again: deque[tuple[Unit, int]] = deque()
        # Units in flight, by the reference to the receipt.
        self._in_flight: dict[Any, _Errand] = {}
        self._grace_s = options.grace_s
        self._deadline: float | None = None
        self._heard: set[str] = set()
        self._roster_events = events.RosterEvents()
        self._began = self._shown = time.monotonic()

    def hand_out(self) -> None:
        """Hand out what is wanted, units whose worker died first; hand out nothing once somebody wants an end."""
        now = time.monotonic()
        self._follow(now)
        self._lookout.look(now)
        # Units are drawn from the source one by one, so that memory does not grow with it.
        while not self._options.interrupt.count and self._demand.wants_more():
            worker = self._demand.idlest(self._crew.up)
            if worker is None:
                break
            unit, attempt = self._again.popleft() if self._again else (next(self._fresh, None), 1)
            if unit is None:
                self._drawn = True
                break
            self._demand.hand(unit.id, worker, len(unit.questions))
            # A worker that was just started begins with what the run knows.
            experience = self._options.experience
            ref = self._crew.hand(worker, unit, experience.others(worker) if experience else None)
            self._in_flight[ref] = _Errand(unit, worker, self._crew.name(worker), attempt)
        self.progress.in_flight = len(self._in_flight)

    def is_over(self) -> bool:
        """Return whether all is committed, or an interrupted drive has nothing left to wait for."""
        if self._options.interrupt.count and not self.progress.stopping:
            self.progress.stopping = True
            self._deadline = time.monotonic() + self._grace_s + KEEP_S
            self._crew.stop(self._grace_s)
        if self._deadline is not None and time.monotonic() > self._deadline:
            return True
        # With nobody up, nothing may be in flight though there is work left.
        return not self._in_flight and (self.progress.stopping or (self._drawn and not self._again))

    def end(self) -> None:
        """Hear what the workers have learnt since they were last asked, and the engines' last figures."""
        self._lookout.last_lessons(LAST_S)
        self._show_engines()
        self._tell_events()

    def collect(self) -> None:
        """Wait a moment for units to come back, and count them."""
        for ref in self._crew.wait(list(self._in_flight), LOOK_S):
            errand = self._in_flight.pop(ref)
            left = self._demand.take_back(errand.unit.id)
            try:
                receipt = ray.get(ref)
            except RayTaskError as error:
                raise original_error(error) from None
            except RayActorError as error:
                self._retry(errand, error, left)
                continue
            self._hear(receipt.remarks)
            if isinstance(receipt, Receipt):
                self._lookout.committed(errand.worker, errand.unit.id, receipt.added)
                self._left -= len(errand.unit.questions)
                self._count(receipt)
            elif not self.progress.stopping:
                self._move(errand, receipt.left)

    def report(self) -> None:
        """Tell the listener twice a second."""
        if time.monotonic() - self._shown < POLL_S:
            return
        self._shown = time.monotonic()
        self.progress.seconds = self._shown - self._began
        self._hear(self._lookout.remarks)
        self._lookout.remarks.clear()
        self._tell_events()
        self.progress.underway, self.progress.example = self._lookout.underway(), self._lookout.example
        self.progress.unfinished, self.progress.failures = self._lookout.unfinished, self._lookout.failures
        self._show_engines()
        self._options.on_progress(self.progress)

    def _show_engines(self) -> None:
        self.progress.engines, self.progress.gone = self._lookout.engines, self._lookout.gone

    def _tell_events(self) -> None:
        """Tell the listener what workers have said of single questions."""
        for event in self._lookout.events:
            self._options.on_event(event)
        self._lookout.events.clear()

    def _follow(self, now: float) -> None:
        """Take in who has joined, and hand nothing more to those that leave."""
        membership = self._options.membership
        if membership is None:
            return
        changes = membership.look(now, max(0, self._left))
        if changes is not None:
            self._change(changes, now)
        for worker in set(self._crew.leaving) - self._told:
            if not self._demand.units_of(worker):
                self._told.add(worker)
                membership.idle(self._crew.name(worker))

    def _change(self, changes: Changes, now: float) -> None:
        """Take it that exactly those named in `changes` belong to the run."""
        for event in self._roster_events.hear(changes):
            self._options.on_event(event)
        self._crew.assign(changes.roster)
        gone = self._crew.follow(changes.workers, changes.leaving, now)
        self._told.difference_update(gone)
        self._lookout.follow_crew(gone)
        self._lookout.follow_engines(changes.engines, changes.leaving.keys())
        self.progress.roster = changes.roster.version
        self.progress.nodes = NodeCounts(changes.nodes, changes.leaving_nodes)
        for sentence in changes.said:
            self._options.on_remark(sentence)
        if changes.driver_leaves and not self._options.interrupt.count:
            self._options.on_remark("this run's own machine is about to be taken away: it ends, and can be resumed")
            # As after a first Ctrl-C, in what time there is.
            self._options.interrupt.count = 1
            if changes.driver_deadline is not None:
                self._grace_s = max(0.0, min(self._grace_s, changes.driver_deadline - now - KEPT_BEFORE_S))

    def _hear_engine(self, news: News[str]) -> None:
        """Pass on what an engine has said."""
        if self._options.membership is not None:
            self._options.membership.heard(news.key, news.said, time.monotonic(), dead=news.dead)

    def _move(self, errand: _Errand, questions: int) -> None:
        """Put a unit aside that its worker could not finish as it had to leave: that is no fault of the unit."""
        self.progress.moved += questions
        self._options.on_event(events.moved(errand.unit.id, errand.name))
        self._again.append((errand.unit, errand.attempt))

    def _retry(self, errand: _Errand, error: RayActorError, left: int) -> None:
        """Put a unit aside whose worker died; raise `FactoryError` when it has cost too many.

        `left` is how many of its questions were not finished.
        """
        if not self._crew.stays(errand.worker):
            self._move(errand, left)
            return
        self._crew.lost(errand.worker)
        if self._options.experience:
            self._options.experience.lost(errand.worker)
        # At the end of a run nobody needs to know whose fault it was.
        if errand.attempt >= self._options.attempts and not self.progress.stopping:
            raise FactoryError(
                f"unit {errand.unit.id} was given up: its worker died {errand.attempt} times, last with {brief(error)}"
            ) from None
        self.progress.retried += 1
        self._options.on_event(events.retried(errand.unit.id, errand.name, brief(error)))
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
        stop_when_nothing_works(progress, receipt.trouble)
