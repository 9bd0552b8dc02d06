"""`factory doctor --engine`: an engine of each pool is started, and why one does not start is a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.runs import settings_for

from factory.errors import FactoryError
from pipelines.run.settings import Settings
from tools.commands import doctor


def test_one_engine_of_each_pool_is_started_however_many_a_run_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Settings] = []

    @contextmanager
    def launched(settings: Settings) -> Iterator[None]:
        started.append(settings)
        yield

    monkeypatch.setattr(doctor, "launched", launched)
    judge = {"model": "none", "engine": {"kind": "scripted"}, "replicas": 5}
    ours = settings_for(tmp_path, cluster={"generators": 8}, models={"judge": judge})
    assert doctor._engine_trouble(ours) == ""
    assert {role: pool.replicas for role, pool in started[0].pools.items()} == {"policy": 1, "judge": 1}


def test_why_an_engine_does_not_start_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def launched(settings: Settings) -> None:
        raise FactoryError("the engine died:\nno memory")

    monkeypatch.setattr(doctor, "launched", launched)
    assert doctor._engine_trouble(settings_for(tmp_path)) == "the engine died: no memory"
