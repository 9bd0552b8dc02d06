"""Fixtures of the tests over generators and workers in this process."""

from __future__ import annotations

import pytest
from support.engines.asking import quick
from support.engines.local_actors import ACTOR
from support.engines.local_workers import Start, starter

from actors import generator
from actors.engine_calls import pool, revival
from actors.engines import vllm


@pytest.fixture(autouse=True)
def nothing_else_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines end all children of their process; here these are the Ray and the S3 server of other tests."""
    for module in (generator, vllm):
        monkeypatch.setattr(module, "kill_children", lambda: None)


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have engines that die take their local actor along, not the tests' process."""
    monkeypatch.setattr(generator, "_exit", lambda reason: ACTOR.get().die())


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starter of workers with the given models, and a writer in this process."""
    return starter(monkeypatch)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the tries of a start follow each other quickly, and nobody wait for another engine in its place."""
    monkeypatch.setattr(pool, "REPLACED_S", 0.01)
    monkeypatch.setattr(revival.asyncio, "sleep", quick(0.01))
