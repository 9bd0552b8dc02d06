"""Benchmark of resuming on a prepared folder, from beginning to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bench.resume import main


@pytest.mark.long
def test_a_prepared_folder_is_planned_from_its_first_missing_unit(tmp_path: Path):
    main(["--prepared", "--only-planning", "--questions", "100", "--done", "0.5", "--json", str(tmp_path / "o.json")])
    figures = json.loads((tmp_path / "o.json").read_text())
    for how, reads in (("resumed", False), ("planned", True)):
        planned = figures[how]
        assert (planned["committed"], planned["missing"], planned["first_missing"]) == (4, 3, 4)
        assert planned["read_the_source"] is reads
        assert 0 < planned["cpu_s"] < planned["ready_s"] + 1
        assert planned["peak_mb"] > 20
