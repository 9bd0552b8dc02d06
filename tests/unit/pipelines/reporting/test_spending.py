"""GPU-hours of runs of rounds: those of the engines of all parts, and those of the trainings that are finished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.rounds import star_settings

from factory.storage.opening import open_store
from pipelines.reporting.spending import spending_figures
from pipelines.self_training.journal import journal_of

TRAINED = {"revision": "a", "changed": 0.1, "steps": 3, "seconds": 1800.0}


def spending(folder: Path, settings: Any) -> dict[str, Any]:
    return spending_figures(open_store(folder), ["round_0/sample"], settings, price=2.0, money=1.0, accepted=10)


def test_finished_trainings_count_and_so_do_engines_of_runs_without_a_record(tmp_path: Path) -> None:
    settings = star_settings(tmp_path, Path("base"), trainer={"num_gpus": 4})
    journal = journal_of(open_store(tmp_path))
    journal.record(0, "keep", {"kept": 1, "seconds": 7200.0})
    journal.record(0, "train", TRAINED)
    log = {"engines": [{"seconds": 3600.0}], "gpus": {"policy": 1.0}}
    for part in ("round_0/sample", "round_1/sample"):
        (tmp_path / part / "logs/attempt_1").mkdir(parents=True)
        (tmp_path / part / "logs/attempt_1/engines.json").write_text(json.dumps(log))
    figures = spending(tmp_path, settings)
    assert figures["gpu_hours"] == {"policy": 2.0, "trainer": 2.0}
    assert (figures["trainings"], figures["money"]) == (1, 1.0 + 2.0 * 4)
    assert figures["gpu_seconds_per_accepted"] == pytest.approx(4 * 3600 / 10)


def test_trainings_of_settings_that_cannot_be_had_are_unknown(tmp_path: Path) -> None:
    assert spending(tmp_path, "no such plug-in")["trainings"] is None
    (tmp_path / "round_0").mkdir()
    (tmp_path / "round_0/train.json").write_text("{")
    assert spending(tmp_path, star_settings(tmp_path, Path("base")))["trainings"] == 0
