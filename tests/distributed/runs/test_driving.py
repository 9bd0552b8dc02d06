"""Shares of work: the driver's window, the engines' questions, a worker that is away."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from support.runs import SlowWorker, driven, settings_for, units_of
from support.waiting import HANGS_S

from pipelines.driving.demand import Bounds
from pipelines.driving.drive import DriveOptions, Progress, drive
from pipelines.driving.interrupt import Interrupt

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

ANY = SimpleNamespace(id="any")


def workers(count: int, **arguments: Any) -> list[Any]:
    actor = ray.remote(SlowWorker).options(num_cpus=0, max_restarts=-1)
    return [actor.remote(**arguments) for _ in range(count)]


def test_never_more_than_the_window_is_in_flight(tmp_path: Path) -> None:
    units = units_of(settings_for(tmp_path, source={"n": 40}))
    crew = workers(2)
    seen: list[int] = []
    options = DriveOptions(
        bounds=Bounds(window=3), attempts=1, on_progress=lambda progress: seen.append(progress.in_flight)
    )
    done = drive(units, crew, ANY, options)
    assert done.done.questions == 40
    assert max(seen, default=0) <= 3
    assert sorted(ray.get([worker.most.remote() for worker in crew])) == [1, 2]


def test_units_are_drawn_from_the_source_only_when_there_is_room(tmp_path: Path) -> None:
    units = units_of(settings_for(tmp_path, source={"n": 20}))
    interrupt, drawn = Interrupt(), []

    def source() -> Any:
        for unit in units:
            drawn.append(unit)
            if len(drawn) == 4:
                interrupt.count = 1  # as a Ctrl-C would
            yield unit

    progress = drive(source(), workers(1), ANY, DriveOptions(bounds=Bounds(window=2), attempts=1, interrupt=interrupt))
    assert len(drawn) == 4
    assert progress.units == 4  # what was in flight was finished, nothing was begun any more


def test_a_unit_that_kills_its_worker_every_time_ends_the_run_with_its_name(tmp_path: Path) -> None:
    units = units_of(settings_for(tmp_path))
    with pytest.raises(Exception, match=f"{units[1].id} was given up: its worker died 2 times"):
        drive(units, workers(1, dies_of=units[1].id), ANY, DriveOptions(bounds=Bounds(window=1), attempts=2))


def test_both_engines_work_and_a_question_stays_with_one(tmp_path: Path) -> None:
    engine = {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, "latency_s": 0.2}
    settings = settings_for(tmp_path, engine=engine, cluster={"generators": 2, "workers": 2})
    asked: list[Counter[str]] = []

    def look(fleet: Any, _: Any) -> None:
        calls = [actor.__ray_call__.remote(lambda self: self._engine.asked) for actor in fleet.generators]
        asked[:] = map(Counter, ray.get(calls, timeout=HANGS_S))

    driven(settings, look)
    first, second = asked
    assert first
    assert second
    assert not set(first) & set(second)
    assert max(first.values()) > 1


def test_engines_that_say_their_size_get_the_units_that_fill_them_and_no_more(tmp_path: Path) -> None:
    engine = {"kind": "simulated", "steps": 5, "words": 3, "slots": 40, "token_s": 0.01}
    settings = settings_for(tmp_path / "run", engine=engine, source={"n": 40}, cluster={"generators": 1})
    seen: list[tuple[int, int]] = []

    def look(_: Any, progress: Progress) -> None:
        [figures] = progress.engines
        seen.append((progress.in_flight, figures.slots))

    driven(settings, look)
    # A unit begins with 8 samples; four units are what engines of unknown size get.
    assert 4 < max(in_flight for in_flight, _ in seen) < 20
    assert {slots for _, slots in seen} <= {0, 40}
