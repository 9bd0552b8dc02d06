"""End of a drive that somebody has interrupted: the workers are told once, and nobody waits for ever."""

from __future__ import annotations

import pytest

from pipelines.driving import drive
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Bounds
from pipelines.driving.drive import DriveOptions, _Loop
from pipelines.driving.interrupt import Interrupt

GRACE_S = 100.0


class Told(Crew):
    """Crew without workers that notes what it is told."""

    def __init__(self) -> None:
        super().__init__([], None, restart_s=1.0)
        self.told: list[float] = []

    def stop(self, grace_s: float) -> None:
        """Note the grace."""
        self.told.append(grace_s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time of the drive, to be set."""
    now = [0.0]
    monkeypatch.setattr(drive.time, "monotonic", lambda: now[0])
    return now


def loop(crew: Crew) -> tuple[_Loop, Interrupt]:
    """A drive with one unit in flight that never comes back."""
    interrupt = Interrupt()
    started = _Loop([], crew, DriveOptions(bounds=Bounds(window=1), attempts=1, interrupt=interrupt, grace_s=GRACE_S))
    started._in_flight["receipt"] = object()  # type: ignore[assignment]  # nobody looks into it
    return started, interrupt


def test_workers_are_told_once_and_get_the_grace_and_time_to_keep_what_is_finished(clock: list[float]) -> None:
    crew = Told()
    running, interrupt = loop(crew)
    assert not running.is_over()
    assert crew.told == []
    interrupt.count = 1
    assert not running.is_over()
    clock[0] = GRACE_S + drive.KEEP_S - 1
    assert not running.is_over()
    assert crew.told == [GRACE_S]
    clock[0] = GRACE_S + drive.KEEP_S + 1
    assert running.is_over()


def test_a_drive_whose_units_are_all_back_does_not_wait_for_the_end_of_the_grace(clock: list[float]) -> None:
    running, interrupt = loop(Told())
    interrupt.count = 1
    assert not running.is_over()
    running._in_flight.clear()
    assert running.is_over()


def test_a_remark_is_said_once_whichever_worker_it_comes_from(clock: list[float]) -> None:
    said: list[str] = []
    running = _Loop([], Told(), DriveOptions(bounds=Bounds(window=1), attempts=1, on_remark=said.append))
    for remarks in ((), ("could not be kept: disk full in a",), ("could not be kept: disk full in b", "ignored: c")):
        running._hear(remarks)
    assert said == ["could not be kept: disk full in a", "ignored: c"]
