"""Progress in an attempt's log: what is written comes back; what is damaged is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factory.records.tally import Tally
from factory.storage.opening import open_store
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.engine_log import WRITE_EVERY_S, EngineLog
from pipelines.driving.progress import Progress
from pipelines.driving.progress_log import FIRST_S, AttemptPlan, ProgressLog, progress_name, read_progress

PLAN = AttemptPlan(questions=8, units=5, committed=1, least=4, before=Tally(questions=2, correct=3))
FACTS = {"policy": {"engine": "scripted"}}


def log_in(folder: Path, now: list[float]) -> ProgressLog:
    store = open_store(folder)
    return ProgressLog(store, 1, PLAN, EngineLog(store, 1, FACTS), clock=lambda: now[0])


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    progress = Progress(
        units=2,
        done=Tally(questions=3, correct=5, policy_calls=12),
        underway=Tally(questions=1, policy_calls=6),
        unfinished=2,
        seconds=9.0,
        engines=[EngineFigures(running=7)],
        failures={"EngineFailed": 1},
        trouble="x" * 9000,
    )
    log_in(tmp_path, [0.0]).keep(progress)
    live = read_progress(open_store(tmp_path), 1)
    assert live is not None
    assert (live.finished, live.total.questions, live.total.correct, live.running) == (4, 6, 8, 7)
    assert (live.questions, live.least, live.failures, len(live.trouble)) == (8, 4, {"EngineFailed": 1}, 500)


def test_it_is_written_every_few_seconds_and_at_the_end(tmp_path: Path) -> None:
    now = [0.0]
    log = log_in(tmp_path, now)
    seen = []
    for now[0] in (0.0, FIRST_S / 2, FIRST_S + 1, 500.0, 500.0 + WRITE_EVERY_S / 2, 501.0 + WRITE_EVERY_S):
        log.keep(Progress(seconds=now[0]))
        live = read_progress(open_store(tmp_path), 1)
        assert live is not None
        seen.append(live.seconds)
    log.end(Progress(seconds=99))
    live = read_progress(open_store(tmp_path), 1)
    assert live is not None
    assert seen == [0.0, 0.0, FIRST_S + 1, 500.0, 500.0, 501.0 + WRITE_EVERY_S]
    assert live.seconds == 99


@pytest.mark.parametrize(
    "harm", [{"failures": ["E"]}, {"failures": {"E": "many"}}, {"least": True}, {"done": {"roles": [3]}}, {"at": 1e999}]
)
def test_what_holds_other_values_is_none(harm: dict[str, object], tmp_path: Path) -> None:
    log_in(tmp_path, [0.0]).keep(Progress())
    path = tmp_path / progress_name(1)
    path.write_text(json.dumps({**json.loads(path.read_text()), **harm}))
    assert read_progress(open_store(tmp_path), 1) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"before": 3}', "\x00", '{"done": {}}'])
def test_what_is_damaged_is_none(text: str, tmp_path: Path) -> None:
    assert read_progress(open_store(tmp_path), 1) is None
    path = tmp_path / progress_name(1)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert read_progress(open_store(tmp_path), 1) is None
