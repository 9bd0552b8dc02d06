"""Fixtures of the tests of `factory merge`."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.validation import Row, labelled, run_of

from factory.shards.commits import shards
from pipelines.maintenance import merge as module
from pipelines.maintenance import merged_writer


@pytest.fixture
def rows() -> list[Row]:
    return labelled("scan", n=6)


@pytest.fixture
def run(tmp_path: Path, rows: list[Row]) -> Path:
    run_of(tmp_path / "run", rows, per_unit=1)
    return tmp_path / "run"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, run: Path) -> int:
    """Megabytes of which three shards come: units are so small here that a megabyte is a third of them."""
    total = sum(shard.size for shard in shards(run))
    monkeypatch.setattr(module, "MB", total / 3)
    monkeypatch.setattr(module, "measured_ratio", lambda source, shards: 1.0)
    monkeypatch.setattr(merged_writer, "GROUP_ROWS", 1)
    return 1
