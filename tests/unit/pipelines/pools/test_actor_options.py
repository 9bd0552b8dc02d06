"""Options of a run's actors: where hands are placed, and whether log lines are JSON, as they are on a cluster."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.runs import settings_for

from actors.json_log import VARIABLE
from cluster.plan import PlannedNode
from pipelines.pools import launch
from pipelines.pools.hands import CHECKER, WORKER, WRITER, hand_options, heads_to_keep_off
from pipelines.pools.launch import shape_of, start_engine


@pytest.mark.parametrize("role", [WORKER, CHECKER, WRITER])
def test_hands_know_that_they_are_on_a_cluster(tmp_path: Path, role: str) -> None:
    settings = settings_for(tmp_path, cluster={"address": "auto"})
    assert hand_options(settings, role)["runtime_env"] == {"env_vars": {VARIABLE: settings.fingerprint}}
    assert "runtime_env" not in hand_options(settings_for(tmp_path), role)


@pytest.mark.parametrize(("address", "logs"), [("auto", True), ("local", False)])
def test_so_do_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, logs: bool) -> None:
    given: dict[str, Any] = {}

    def options(**these: Any) -> Any:
        given.update(these)
        return SimpleNamespace(remote=lambda *arguments: None)

    monkeypatch.setattr(launch.ray, "remote", lambda actor: SimpleNamespace(options=options))
    settings = settings_for(tmp_path, cluster={"address": address})
    [pool] = settings.pools.values()
    start_engine(pool, settings, shape_of(pool, ()))
    assert (VARIABLE in given["runtime_env"]["env_vars"]) == logs


@pytest.mark.parametrize("role", [WORKER, CHECKER, WRITER])
def test_hands_are_spread_and_kept_off_the_head_where_others_have_room(tmp_path: Path, role: str) -> None:
    settings = settings_for(tmp_path)
    head, small, large = (PlannedNode(cpus=cpus, gpus=0, id=f"n{cpus}", head=cpus == 8) for cpus in (8, 0, 16))
    assert heads_to_keep_off(settings, [head, large]) == {"n8"}
    assert heads_to_keep_off(settings, [head, small]) == heads_to_keep_off(settings, [head]) == frozenset()
    options = hand_options(settings, role, {"n8"})
    assert (options["scheduling_strategy"], options["num_cpus"] > 0) == ("SPREAD", True)
    assert options["label_selector"] == {"ray.io/node-id": "!n8"}
    assert "label_selector" not in hand_options(settings, role)
