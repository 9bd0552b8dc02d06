"""Engines that are kept from run to run, one of which dies while nobody asks it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest
import ray
from support.runs import SHARED_FLEET, config_for, pid_of
from support.waiting import HANGS_S, wait_until

from pipelines.run.engine_pools import EnginePools
from pipelines.run.settings import Settings, from_mapping

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


def run_of(model: Path, folder: Path) -> Settings:
    """Return a run with two engines, of a scripted model that is made here."""
    model.mkdir()
    (model / "script.json").write_text(json.dumps({"question": [f"I am {model.name}."]}))
    config = config_for(folder, engine={"kind": "scripted"}, cluster={"generators": 2})
    return from_mapping({**config, "model": str(model)})


def test_an_engine_that_dies_between_two_runs_costs_the_other_nothing(tmp_path: Path) -> None:
    SHARED_FLEET.close()  # there is no room for both
    first, trained = (run_of(tmp_path / name, tmp_path / "run") for name in ("first", "trained"))
    said: list[str] = []
    with EnginePools(said.append) as pools:
        with pools.staff("", first) as fleet:
            killed, other = map(pid_of, fleet.generators)
        os.kill(killed, signal.SIGKILL)
        assert pools.load("", trained)["weights"] == trained.model
        facts = ray.get(fleet.generators[1].ready.remote(), timeout=HANGS_S)
        assert (facts["pid"], facts["weights"]) == (other, trained.model)
    assert said == [f"starting 2 scripted engine(s) with {first.model}"]
    wait_until(lambda: not psutil.pid_exists(other), "its end")
