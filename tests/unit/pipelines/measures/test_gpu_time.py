"""GPU time of all attempts of a run, from what its folder keeps of the engines."""

from __future__ import annotations

from pathlib import Path

from factory.storage.opening import open_store
from factory.types import POLICY
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.engine_log import EngineLog
from pipelines.measures.gpu_time import gpu_hours_in

FACTS = {POLICY: {"engine": "vllm"}, "judge": {"engine": "http"}}


def test_hours_are_those_of_all_engines_of_all_attempts_times_their_gpus(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    engines = [EngineFigures(seconds=3600.0), EngineFigures(seconds=1800.0), EngineFigures(seconds=60.0, role="judge")]
    for attempt, gpus in ((1, 8.0), (2, 4.0)):
        EngineLog(store, attempt, FACTS, {POLICY: gpus, "judge": 0.0}).write(engines)
    assert gpu_hours_in(store) == {POLICY: 18.0}


def test_figures_of_older_versions_and_damaged_ones_count_for_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.create("logs/attempt_1/engines.json", b'{"engine": {}, "engines": [{"seconds": 9}]}')
    store.create("logs/attempt_2/engines.json", b"{")
    store.create("logs/attempt_3/engines.json", b"[]")
    assert gpu_hours_in(store) == {}
