"""Options of a drive: its limits, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.shards.commits import Receipt
from factory.types import POLICY
from pipelines.driving.demand import Bounds
from pipelines.driving.events import Event
from pipelines.driving.interrupt import Interrupt
from pipelines.driving.membership import Membership
from pipelines.driving.progress import Progress
from pipelines.driving.run_experience import RunExperience


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
      membership: says who belongs to the run from time to time; None where the given workers and engines stay.
      questions: questions of all units together, for the membership; 0 where nobody knows.
      experience: what the run has learnt, which is told to all workers; None where it shall learn nothing.
      restart_s: seconds that a dead worker may take to come back while no other is up.
      effort: amounts asked for per question, by config key; a receipt that says less counts as short.
      on_progress: hears the state twice a second.
      on_receipt: hears of every committed unit.
      check: called about twice a second; may raise to end the run.
      interrupt: counter of Ctrl-C; from the first on, nothing new is handed out.
      grace_s: seconds that units in flight get to finish after the first Ctrl-C.
      on_remark: hears of what workers could not keep, or not take up again.
      on_event: hears what happens to single units, questions and actors, for a log.
    """

    bounds: Bounds
    attempts: int
    engines: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    counted: Collection[str] = (POLICY,)
    membership: Membership | None = None
    questions: int = 0
    experience: RunExperience | None = None
    restart_s: float = 900.0
    effort: Mapping[str, int] = field(default_factory=dict)
    on_progress: Callable[[Progress], None] = _ignore
    on_receipt: Callable[[Receipt], None] = _ignore
    check: Callable[[], None] = lambda: None
    interrupt: Interrupt = field(default_factory=Interrupt)
    grace_s: float = 30.0
    on_remark: Callable[[str], None] = _ignore
    on_event: Callable[[Event], None] = _ignore
