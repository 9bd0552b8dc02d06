"""Looks at a folder, whatever becomes of it: nothing that happens to it raises."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.rounds import star_settings

from factory.errors import BadInput, StorageFailed
from factory.records.tally import Tally
from factory.storage.local import LocalStore
from factory.storage.opening import open_store
from pipelines.driving.engine_log import EngineLog
from pipelines.driving.progress import Progress
from pipelines.driving.progress_log import AttemptPlan, ProgressLog
from pipelines.planning.survey import Survey
from pipelines.rounds.journal import RoundJournal
from pipelines.run.driver import this_process
from pipelines.run.run_folder import bind, keep_survey
from pipelines.self_training.journal import journal_of
from pipelines.watching.watcher import AGAIN_S, Watcher

GOLDEN = Path(__file__).parents[3] / "golden/run_folder"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run of three questions, of an older version."""
    return shutil.copytree(GOLDEN, tmp_path / "run")


def claimed(folder: Path, attempt: int, **more: object) -> None:
    """Write the claim of a driver: this process."""
    this = this_process()
    who = {"host": this.host, "machine": this.machine, "pid": this.pid, "pid_started": this.started}
    path = folder / f"logs/attempt_{attempt}/attempt.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**who, **more}))


def working(folder: Path, attempt: int, finished: int) -> None:
    """Write the progress of an attempt that does all three questions anew."""
    store = open_store(folder)
    engines = EngineLog(store, attempt, {"policy": {"engine": "scripted"}})
    log = ProgressLog(store, attempt, AttemptPlan(questions=3, units=2, committed=0), engines)
    log.end(Progress(done=Tally(questions=finished, policy_calls=9), seconds=5.0, failures={"EngineFailed": 1}))


def test_a_folder_that_is_no_run_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no run folder"):
        Watcher(str(tmp_path)).open()


def test_an_older_run_is_counted_from_its_records(folder: Path) -> None:
    look = Watcher(str(folder)).look()
    assert (look.complete, look.stage, look.questions, look.trouble) == (True, "complete", (3, 3), "")
    assert look.counts.solutions == 11


def test_a_driver_that_is_alive_says_how_far_it_is_and_no_record_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(folder, 1)
    working(folder, 1, finished=1)
    read: list[str] = []
    whole = LocalStore.read
    monkeypatch.setattr(LocalStore, "read", lambda self, name, *more: read.append(name) or whole(self, name, *more))
    watcher = Watcher(str(folder))
    look = watcher.look()
    assert (look.stage, look.questions, look.failures) == ("running", (1, 3), {"EngineFailed": 1})
    read.clear()
    watcher.look()
    assert not [name for name in read if name.startswith(("data/", "manifests/"))]
    assert len(read) <= 5


def test_a_driver_that_ends_and_one_that_goes_on_are_both_followed(folder: Path) -> None:
    claimed(folder, 1)
    working(folder, 1, finished=1)
    watcher = Watcher(str(folder))
    assert watcher.look().stage == "running"
    (folder / "data/part-05153bdd3a74bcb4.parquet").rename(folder / "aside")
    claimed(folder, 1, ended="now", ended_by="KeyboardInterrupt")
    look = watcher.look()
    assert (look.stage, look.complete) == ("driver ended, not complete", False)
    claimed(folder, 2)
    working(folder, 2, finished=2)
    look = watcher.look()
    assert (look.stage, look.questions, look.driver and look.driver.attempt) == ("running", (2, 3), 2)
    (folder / "aside").rename(folder / "data/part-05153bdd3a74bcb4.parquet")
    claimed(folder, 2, ended="now", ended_by="end")
    assert watcher.look().complete


def test_figures_of_engines_of_an_older_version_are_shown_without_gpus(folder: Path) -> None:
    claimed(folder, 1)
    working(folder, 1, finished=1)
    path = folder / "logs/attempt_1/engines.json"
    old = json.loads(path.read_text())
    del old["gpus"]
    path.write_text(json.dumps(old))
    look = Watcher(str(folder)).look()
    assert (look.trouble, look.spent, look.engine_names) == ("", {}, {"policy": "scripted"})


def test_what_is_committed_late_is_counted_once_more(folder: Path) -> None:
    now = [0.0]
    (folder / "data/part-05153bdd3a74bcb4.parquet").rename(folder / "aside")
    claimed(folder, 1, ended="now")
    watcher = Watcher(str(folder), clock=lambda: now[0])
    assert not watcher.look().complete
    (folder / "aside").rename(folder / "data/part-05153bdd3a74bcb4.parquet")
    assert not watcher.look().complete
    now[0] += AGAIN_S + 1
    assert watcher.look().complete


def spoil(*names: str) -> Callable[[Path], None]:
    """Return what overwrites objects with what is none of ours."""

    def spoiled(folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b'\x00{"at": []')

    return spoiled


@pytest.mark.parametrize(
    "harm",
    [
        shutil.rmtree,
        lambda folder: shutil.rmtree(folder / "logs"),
        lambda folder: shutil.rmtree(folder / "manifests"),
        lambda folder: (folder / "config.yaml").unlink(),
        spoil("logs/attempt_1/attempt.json"),
        spoil("logs/attempt_1/progress.json", "logs/attempt_1/engines.json", "logs/attempt_1/log-00000.jsonl"),
        spoil("logs/attempt_1/heartbeat.json"),
        spoil("manifests/source.json", "data/part-05153bdd3a74bcb4.parquet"),
        spoil("manifests/receipts/0001-00000.parquet", "stats.json"),
    ],
)
def test_nothing_that_vanishes_or_is_damaged_raises(harm: Callable[[Path], None], folder: Path) -> None:
    claimed(folder, 1)
    working(folder, 1, finished=1)
    watcher = Watcher(str(folder))
    watcher.look()
    harm(folder)
    watcher.look()
    claimed(folder, 1, ended="now")
    assert watcher.look().folder == str(folder)
    claimed(folder, 2)
    watcher.look()


def test_a_store_that_is_down_is_said_with_what_was_read_last(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = Watcher(str(folder))
    watcher.look()

    def down(self: LocalStore, name: str, *more: object) -> bytes:
        raise StorageFailed("nobody answers\nat all")

    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, "entries", down)
        patched.setattr(LocalStore, "read", down)
        patched.setattr(LocalStore, "size", down)
        look = watcher.look()
    assert (look.trouble, look.questions) == ("nobody answers at all", (3, 3))
    assert watcher.look().trouble == ""


def star_run(folder: Path) -> RoundJournal:
    """Write a STaR run whose first round has its samples yet to make, beside a driver that is alive."""
    settings = star_settings(folder, Path("base"))
    store = open_store(folder)
    bind(settings, store)
    keep_survey(store, Survey(questions=99))
    claimed(folder, 1)
    journal = journal_of(store)
    greedy = {"accuracy": 0.5, "error": 0.1}
    journal.record(None, "evaluate", {"student": {"greedy": greedy}, "policy_calls": 1, "seconds": 1})
    return journal


def test_of_a_run_of_several_rounds_the_run_that_is_under_way_is_shown(tmp_path: Path) -> None:
    journal = star_run(tmp_path)
    watcher = Watcher(str(tmp_path))
    look = watcher.look()
    assert (look.stage, look.phase, look.part) == ("running", "round_0: sample (0 of 2 rounds done)", None)
    shutil.copytree(GOLDEN, tmp_path / "round_0/sample")
    claimed(tmp_path / "round_0/sample", 1)
    working(tmp_path / "round_0/sample", 1, finished=2)
    part = watcher.look().part
    assert part is not None
    assert part.questions == (2, 3)
    # The phase is done, and the next one has no run of its own.
    journal.record(0, "sample", {"policy_calls": 9, "seconds": 1, "questions": 3, "correct": 1, "solutions": 3})
    look = watcher.look()
    assert (look.phase.partition(" (")[0], look.trouble) == ("round_0: rationalise", "")
