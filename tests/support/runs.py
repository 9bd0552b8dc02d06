"""Small runs of `label_steps` with engines that need no model: their configs, and what they left."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import ray
from support.waiting import HANGS_S

from factory.records.tally import Tally
from factory.shards.commits import Receipt, read_rows
from factory.shards.units import Unit, cut
from pipelines.driving.drive import DriveOptions, Progress, drive
from pipelines.planning.plan import missing_units, plan
from pipelines.planning.screening import screening
from pipelines.pools.roles import asked_pools
from pipelines.run.engine_pools import EnginePools, launched
from pipelines.run.fleet import Fleet
from pipelines.run.label_report import LabelSummary
from pipelines.run.labelling import LabelOptions, label
from pipelines.run.listener import Listener
from pipelines.run.run_folder import bind, store_of
from pipelines.run.settings import Settings, from_mapping

CONFIG: dict[str, dict[str, Any]] = {
    "run": {"unit_size": 2},
    "source": {"kind": "simulated", "n": 8},
    "prompt": {"template": "zero_shot_cot"},
    "search": {"n": 4},
    "supervision": {"method": "omegaprm", "k": 4, "searches": 1},
    "engine": {"kind": "simulated", "steps": 5, "words": 3},
    "cluster": {"attempts": 3, "start_timeout_s": 600, "request_timeout_s": 600, "quorum": 1.0},
}


def merged(config: dict[str, dict[str, Any]], sections: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return `config` with `sections` merged in; one that picks a plug-in stands for itself."""
    own = {name: {} if {"kind", "method"} & set(sections[name]) else config.get(name, {}) for name in sections}
    return {**config, **{name: {**own[name], **sections[name]} for name in sections}}


def config_for(folder: Path, **sections: dict[str, Any]) -> dict[str, Any]:
    """`CONFIG` for a run in `folder`, with `sections` merged in."""
    config = merged(CONFIG, sections)
    return {"model": "none", **config, "run": {**config["run"], "dir": str(folder)}}


def settings_for(folder: Path, **sections: dict[str, Any]) -> Settings:
    """Return the settings of a run in `folder`, with these sections of the config."""
    return from_mapping(config_for(folder, **sections))


def rows_of(settings: Settings) -> list[dict[str, Any]]:
    """Return the rows of a run, sorted by question."""
    return sorted(read_rows(store_of(settings)), key=lambda row: row["question"])


class SharedFleet:
    """Actors that one run of a test file leaves to the next, which starts only what it asks otherwise.

    A user's run starts and ends its own, which is most of the time of a small one.

    * `workers`: handles of the run that is going on, or of the last one.
    """

    def __init__(self) -> None:
        self.workers: list[Any] = []
        self._pools = EnginePools(lambda line: None)
        self._engines = ""

    @contextmanager
    def staff(self, settings: Settings) -> Iterator[Fleet]:
        """Yield a fleet for a run of `settings`; it is given up when the run fails."""
        engines = repr((asked_pools(settings), settings.checker))
        if engines != self._engines:
            self.close()
        self._engines = engines
        try:
            with self._pools.staff("", settings) as fleet:
                self.workers = fleet.workers
                yield fleet
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the actors."""
        self._pools.__exit__(None)


SHARED_FLEET = SharedFleet()


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> LabelSummary:
    """Do a run as `pipelines.label_steps.run` does, on the shared fleet."""
    return label(settings, listener, LabelOptions(retry_failed=retry_failed, staff=SHARED_FLEET.staff))


def finished(settings: Settings) -> list[dict[str, Any]]:
    """Run to the end, and return the rows; fails if the run is not complete."""
    assert run(settings).complete
    return rows_of(settings)


def source_ids(settings: Settings) -> list[str]:
    """Return the ids of all questions of the source, sorted."""
    return sorted(question.id for question in settings.source.plugin.questions(settings.source.config))


def every_question_once(settings: Settings) -> bool:
    """Return True when the run has exactly one row per question of its source."""
    return sorted(row["question_id"] for row in rows_of(settings)) == source_ids(settings)


def driven(settings: Settings, at_work: Callable[[Fleet, Progress], None], *, own: bool = True) -> Progress:
    """Do all units of a run; `at_work` is called twice a second while they are in flight, and may kill what it likes.

    `own`: on a fleet of its own, else on the shared one. Either ends with the run.
    """
    if own:
        SHARED_FLEET.close()  # there is no room for both
    store = store_of(settings)
    bind(settings, store)
    with screening(settings) as screen:
        to_do = plan(settings, store, screen)
    fleets = launched(settings) if own else SHARED_FLEET.staff(settings)
    with closing(SHARED_FLEET), fleets as fleet:
        return drive(
            missing_units(settings, to_do),
            fleet.workers,
            fleet.assignment,
            DriveOptions(
                bounds=settings.bounds,
                engines=fleet.pools,
                attempts=settings.cluster.attempts,
                restart_s=settings.cluster.start_timeout_s,
                on_progress=lambda progress: at_work(fleet, progress),
            ),
        )


def units_of(settings: Settings) -> list[Any]:
    """Return the units of a run."""
    questions = settings.source.plugin.questions(settings.source.config)
    return list(cut(questions, settings.run.unit_size, settings.fingerprint))


def pid_of(actor: Any) -> int:
    """Return the process id of an actor."""
    return ray.get(actor.__ray_call__.remote(lambda self: os.getpid()), timeout=HANGS_S)


class Interrupting(Listener):
    """Listener that keeps every line, and presses Ctrl-C once the condition holds."""

    def __init__(self, holds: Callable[[], object]) -> None:
        self.lines: list[str] = []
        self._holds = holds

    def say(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)

    def progress(self, progress: Progress) -> None:
        """Look whether it is time."""
        if not progress.stopping and self._holds():
            os.kill(os.getpid(), signal.SIGINT)


class SlowWorker:
    """Worker that takes its time for a unit, counts how many it has at once, and dies of the unit it is told to."""

    def __init__(self, dies_of: str = "") -> None:
        self._dies_of = dies_of
        self._now = self._most = 0

    async def ready(self) -> str:
        """Return at once: there is nothing to start."""
        return ""

    async def run(self, unit: Unit, assignment: object, others: object) -> Receipt:
        """Do a unit in 50 ms."""
        self._now += 1
        self._most = max(self._most, self._now)
        await asyncio.sleep(0.05)
        if unit.id == self._dies_of:
            os._exit(1)
        self._now -= 1
        counted = Tally(questions=len(unit.questions))
        return Receipt(unit_id=unit.id, name="", n_bytes=0, tally=counted, added=counted, created=True)

    async def underway(self, assignment_id: str, others: object, *, lessons: bool) -> None:
        """Return nothing of what is in work."""

    async def stop(self, grace_s: float) -> None:
        """Let units in work finish: they take no time."""

    async def most(self) -> int:
        """Return the highest number of units that were in work at once."""
        return self._most
