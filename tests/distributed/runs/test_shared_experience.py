"""Tests that lessons belong to the run: to its other workers, to one that was restarted, to the next attempt."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from support.runs import SHARED_FLEET, run, settings_for, units_of
from support.waiting import HANGS_S, wait_until

from actors.underway import Underway
from factory.labelling.experience import STRENGTH, Experience, Lessons, Sums
from factory.labelling.ledger import Ledger
from factory.records.tally import Tally
from factory.shards.commits import Receipt
from factory.shards.units import Unit
from pipelines.driving.demand import Bounds
from pipelines.driving.drive import DriveOptions, drive
from pipelines.driving.run_experience import FILE, RunExperience
from pipelines.maintenance.validate import validate

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


class Pupil:
    """Worker that learns from each question of a unit at once, and notes how many others it knew of before.

    Units end when `may_end` exists, where one is given; the first unit that finds `dies` kills its worker.
    """

    def __init__(self, may_end: Path | None = None, dies: Path | None = None) -> None:
        self._may_end, self._dies = may_end, dies
        self._experience = Experience()
        self._knew: list[int] = []

    def ready(self) -> str:
        return ""

    def run(self, unit: Unit, assignment: object, others: Lessons) -> Receipt:
        self._experience.hear(others)
        self._knew.append(self._experience.questions)
        if self._dies and self._dies.exists():
            self._dies.unlink()
            os._exit(1)
        for question in unit.questions:
            self._experience.teach(question.id, STRENGTH)
            self._experience.finish(question.id)
        if self._may_end:
            wait_until(self._may_end.exists)
        counted = Tally(questions=len(unit.questions))
        return Receipt(unit_id=unit.id, name="", n_bytes=0, tally=counted, added=counted, created=True)

    def underway(self, assignment_id: str, others: Lessons | None, *, lessons: bool) -> Underway:
        if others is not None:
            self._experience.hear(others)
        taught = self._experience.lessons() if lessons else None
        return Underway(tally=Tally(), unfinished={}, experience=self._experience.id, lessons=taught)

    def knows(self) -> int:
        return self._experience.questions

    def knew(self) -> list[int]:
        return self._knew


def pupil(**arguments: Any) -> Any:
    actor = ray.remote(Pupil).options(num_cpus=0, max_restarts=-1, max_concurrency=4)
    return actor.remote(**arguments)


def driven(folder: Path, pupils: list[Any], experience: RunExperience, on_progress: Any = None) -> None:
    """Drive a unit of two questions per pupil."""
    units = units_of(settings_for(folder, source={"n": 2 * len(pupils)}))
    options = DriveOptions(
        bounds=Bounds(window=len(pupils)),
        attempts=2,
        experience=experience,
        on_progress=on_progress or (lambda progress: None),
    )
    drive(units, pupils, SimpleNamespace(id="any"), options)


def test_what_one_worker_learns_reaches_the_other_while_both_are_at_work(tmp_path: Path) -> None:
    pupils = [pupil(may_end=tmp_path / "end"), pupil(may_end=tmp_path / "end")]

    def look(_: object) -> None:
        if all(known == 4 for known in ray.get([each.knows.remote() for each in pupils], timeout=HANGS_S)):
            (tmp_path / "end").touch()

    experience = RunExperience()
    driven(tmp_path, pupils, experience, look)
    assert experience.questions == 4


def test_a_worker_that_is_started_again_begins_with_what_the_run_knows(tmp_path: Path) -> None:
    dies = tmp_path / "dies"
    dies.touch()
    one = pupil(dies=dies)
    experience = RunExperience(Ledger(Sums(cells=STRENGTH, questions=3)))
    driven(tmp_path, [one], experience)
    assert ray.get(one.knew.remote(), timeout=HANGS_S) == [3]  # the first of its lives has left no trace
    assert experience.questions == 5


def test_a_resume_begins_with_what_was_learnt(tmp_path: Path) -> None:
    def known_to_the_worker() -> int:
        [worker] = SHARED_FLEET.workers
        return ray.get(worker.__ray_call__.remote(lambda self: self._work._experience.questions), timeout=HANGS_S)

    assert run(settings_for(tmp_path / "run")).complete
    kept = json.loads((tmp_path / "run" / FILE).read_text())
    assert kept["questions"] == known_to_the_worker() == 8
    assert run(settings_for(tmp_path / "run", search={"n": 5})).complete
    assert known_to_the_worker() == 16
    assert validate(str(tmp_path / "run")).sound
    # One that shall learn nothing keeps nothing.
    assert run(settings_for(tmp_path / "other", run={"unit_size": 2, "learn": False})).complete
    assert not (tmp_path / "other" / FILE).exists()
    assert known_to_the_worker() == 0
