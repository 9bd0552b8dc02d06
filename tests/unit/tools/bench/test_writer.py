"""Benchmark of writing: same rows on both sides, ratios within a round."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from factory.records.record import SCHEMA
from factory.shards.commits import read_rows
from pipelines.run.settings import Settings, from_mapping
from tools.bench.writer import Sides, cut_into_units, simulated_rows
from tools.bench.writer_figures import TimeSpent, figures_of


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_mapping(
        {
            "run": {"dir": str(tmp_path)},
            "model": "none",
            "source": {"kind": "simulated", "n": 5},
            "prompt": {"template": "zero_shot_cot"},
            "engine": {"kind": "simulated", "steps": 3, "words": 2},
            "search": {"n": 2},
            "supervision": {"method": "omegaprm", "k": 2, "searches": 1},
        }
    )


def test_units_hold_as_many_rows_as_asked_for():
    rows = [{"row": index} for index in range(3)]
    units = cut_into_units(rows, n=8, size=3)
    assert [[row["row"] for row in unit] for unit in units] == [[0, 1, 2], [0, 1, 2], [0, 1]]


def test_both_sides_write_the_same_rows(settings: Settings, tmp_path: Path):
    rows = simulated_rows(settings, 5)
    sides = Sides(cut_into_units(rows, 5, 2), str(tmp_path))
    for side in ("plain", "commit"):
        assert sides.measure(side).seconds > 0
        assert sides.measure(f"{side} from batches").seconds > 0
    plain = [pq.read_table(path) for path in sorted((tmp_path / "plain").iterdir())]
    assert all(table.schema.equals(SCHEMA) for table in plain)
    written = [row for table in plain for row in table.to_pylist()]
    assert written == [*read_rows(tmp_path / "commit")]
    assert [row["question_id"] for row in written] == 2 * [row["question_id"] for row in rows]


def test_ratios_are_made_within_each_round():
    """A round on a machine three times as slow does not count three times."""

    def round_of(slowness: float) -> dict[str, TimeSpent]:
        seconds = {"plain": 1.0, "commit": 2.0, "actor": 4.0, "plain from batches": 1.0, "commit from batches": 1.25}
        return {side: TimeSpent(slowness * value, value) for side, value in seconds.items()}

    figures = figures_of([round_of(1), round_of(3), round_of(1)], [{"encode": TimeSpent(2, 1)}] * 3, 100, 2**20)
    assert figures["ratio"] == {"commit": 0.5, "actor": 0.25, "commit from batches": 0.8}
    assert figures["sides"]["plain"] == {"rows_per_s": 100.0, "arrow_mb_per_s": 1.0, "cpu_ms_per_row": 10.0}
    assert figures["breakdown_ms_per_row"] == {"encode": {"seconds": 20.0, "cpu_s": 10.0}}
