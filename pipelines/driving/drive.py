"""The loop all stories share: hand out units, keep a bounded window of them in flight, collect receipts.

The driver never carries completions. A unit whose worker died is handed out again; a bug or a full disk ends the run.
The first Ctrl-C stops handing out and lets units in flight finish for a while, the second stops at once; what is
committed stays committed either way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from actors.remote_models import brief, plain
from factory.errors import FactoryError
from factory.question_pipeline.effort import raised
from factory.records.tally import Tally
from factory.shards.commits import Receipt
from factory.shards.units import Unit
from pipelines.driving.crew import Crew
from pipelines.driving.interrupt import Interrupt

POLL_S = 0.5
GRACE_S = 30.0
HOPELESS_UNITS = 2


@dataclass
class Progress:
    """The state of a drive: `done` is committed by this attempt, `underway` what the workers have not committed yet.

    `seconds` is the time since the first unit was handed out. `short` units hold questions with less than was asked
    for, as going on with them failed (`trouble` is the last reason); they may be taken up again.
    """

    units: int = 0
    done: Tally = field(default_factory=Tally)
    underway: Tally = field(default_factory=Tally)
    in_flight: int = 0
    retried: int = 0
    seconds: float = 0.0
    stopping: bool = False
    short: int = 0
    trouble: str = ""


def drive(
    units: Iterable[Unit],
    workers: list[Any],
    *,
    window: int,
    attempts: int,
    restart_s: float = 900.0,
    asked: Mapping[str, int] = MappingProxyType({}),
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_receipt: Callable[[Receipt], None] = lambda receipt: None,
    check: Callable[[], None] = lambda: None,
    interrupt: Interrupt | None = None,
) -> Progress:
    """Run `units` on `workers`, at most `window` at a time. Returns when all are committed, or when interrupted.

    `asked` is how much is asked for, by config key. `check` is called often, and may raise to end the run. Raises
    `FactoryError` when a unit's worker died `attempts` times or when no worker came back for `restart_s`, and whatever
    a worker raised otherwise.
    """
    interrupt = interrupt or Interrupt()
    interrupt.patient = True
    progress = Progress()
    crew = Crew(workers, restart_s)
    in_flight: dict[Any, tuple[Unit, int, int]] = {}  # ref: (unit, worker, attempt)
    fresh = iter(units)
    again: deque[tuple[Unit, int]] = deque()  # units whose worker died, with the attempt to come
    deadline: float | None = None
    began = shown = time.monotonic()

    while True:
        check()
        while not interrupt.count and len(in_flight) < window and (worker := crew.idlest()) is not None:
            unit, attempt = again.popleft() if again else (next(fresh, None), 1)
            if unit is None:
                break
            in_flight[crew.hand(worker, unit)] = (unit, worker, attempt)
        progress.in_flight = len(in_flight)
        if interrupt.count:
            progress.stopping = True
            deadline = deadline or time.monotonic() + GRACE_S
        out_of_time = deadline is not None and time.monotonic() > deadline
        if out_of_time or (not in_flight and (progress.stopping or not again)):
            return progress
        for ref in crew.wait(list(in_flight), POLL_S):
            unit, worker, attempt = in_flight.pop(ref)
            crew.take_back(worker)
            try:
                receipt = ray.get(ref)
            except RayTaskError as error:
                raise plain(error) from None
            except RayActorError as error:
                crew.lost(worker)
                if attempt >= attempts:
                    raise FactoryError(
                        f"unit {unit.id} was given up: its worker died {attempt} times, last with {brief(error)}"
                    ) from None
                progress.retried += 1
                again.append((unit, attempt + 1))
                continue
            progress.units += 1
            progress.done.add(receipt.added)
            if raised(receipt.effort, asked):
                progress.short += 1
                progress.trouble = receipt.trouble or progress.trouble
            on_receipt(receipt)
            _stop_when_nothing_works(progress)
        if time.monotonic() - shown >= POLL_S:
            shown = time.monotonic()
            progress.seconds = shown - began
            progress.underway = crew.underway(POLL_S)
            on_progress(progress)


def _stop_when_nothing_works(progress: Progress) -> None:
    """A failed question is data, but two units of nothing else are a mistake that would go on all weekend."""
    done = progress.done
    if progress.units >= HOPELESS_UNITS and done.questions and done.failed == done.questions:
        raise FactoryError(
            f"all of the first {done.questions} questions failed{': ' * bool(progress.trouble)}{progress.trouble}. "
            "`factory inspect RUN_DIR QUESTION_ID` shows more; mend it, then `factory resume RUN_DIR --retry-failed`"
        )
