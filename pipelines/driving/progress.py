"""Progress of a drive: what its display hears twice a second, and when it is hopeless. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from factory.errors import FactoryError
from factory.records.example import Example
from factory.records.tally import Tally
from pipelines.driving.engine_figures import EngineFigures

# Units with nothing but failed questions that end a run; with one, a single odd question could.
HOPELESS_UNITS = 2


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """Machines that work for a run, and those of them that are about to be taken away."""

    up: int = 0
    leaving: int = 0


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
      moved: questions that had to be begun anew elsewhere, as their worker had to leave before they were finished.
      seconds: time since the first unit was handed out.
      stopping: True once somebody asked for an end.
      short: committed units with questions that hold less than was asked for, as an error stopped them; a later
        attempt takes them up again.
      trouble: the last such error.
      engines: figures of each engine, as it last said.
      gone: sums of the figures of engines that have left the run, one of each role that has lost any.
      nodes: machines that work for the run; none where nobody watches them.
      failures: questions that failed, by the type of their error, as the workers last said.
      roster: version of the list of who belongs to the run; 0 where that never changes.
      example: labelled solution of a question that was among the first to be finished; None before that.
    """

    units: int = 0
    done: Tally = field(default_factory=Tally)
    underway: Tally = field(default_factory=Tally)
    unfinished: int = 0
    in_flight: int = 0
    retried: int = 0
    moved: int = 0
    seconds: float = 0.0
    stopping: bool = False
    short: int = 0
    trouble: str = ""
    engines: Sequence[EngineFigures] = ()
    gone: Sequence[EngineFigures] = ()
    nodes: NodeCounts = field(default_factory=NodeCounts)
    failures: Mapping[str, int] = field(default_factory=dict)
    roster: int = 0
    example: Example | None = None


def stop_when_nothing_works(progress: Progress, trouble: str) -> None:
    """Raise `FactoryError` when the first units hold failed questions only; `trouble` is the last one's.

    A failed question is data. Two units of nothing else are a mistake that would go on all weekend.
    """
    done = progress.done
    if progress.units >= HOPELESS_UNITS and done.questions and done.failed == done.questions:
        raise FactoryError(
            f"all of the first {done.questions} questions failed{': ' * bool(trouble)}{trouble}. "
            "`factory inspect RUN_DIR QUESTION_ID` shows more; mend it, then `factory resume RUN_DIR --retry-failed`"
        )
