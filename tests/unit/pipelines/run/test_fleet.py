"""Start of a run's actors, with pretend ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.fleets.pretend_ray import LOADS, PretendWorld
from support.runs import settings_for

from cluster.plan import PlannedNode
from factory.errors import BadInput
from pipelines.elastic import keeper
from pipelines.elastic.keeper import FleetKeeper
from pipelines.pools import engines
from pipelines.run import fleet


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> PretendWorld:
    """Pretend Ray with room for everybody; what others hold of it is nothing."""
    made = PretendWorld()
    monkeypatch.setattr(fleet, "World", lambda *_: made)
    monkeypatch.setattr(fleet, "nodes_of_ray", list)
    monkeypatch.setattr(fleet, "nodes_of_cluster", lambda: [PlannedNode(cpus=4, gpus=0)])
    monkeypatch.setattr(fleet, "free_of_cluster", lambda: [PlannedNode(cpus=4, gpus=0)])
    for module in (fleet, keeper):
        monkeypatch.setattr(module, "has_autoscaler", lambda: False)
    monkeypatch.setattr(keeper, "WAIT_S", 0.0)
    monkeypatch.setattr(fleet, "assigned", lambda settings, engines, hands: Made(engines, hands))
    return made


@dataclass
class Made:
    """Fleet as far as it is looked at here."""

    engines: Any
    hands: Any
    membership: Any = None


def test_workers_come_up_while_the_engines_load_their_model(
    tmp_path: Path, world: PretendWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.does = {"policy-1": LOADS}

    def sleep(seconds: float) -> None:
        if "rollout worker-1" in world.started:
            world.does.clear()

    monkeypatch.setattr(keeper.time, "sleep", sleep)
    with fleet.launched(settings_for(tmp_path)) as made:
        assert list(made.engines.pools["policy"]) == ["policy-1"]
        assert list(made.hands.workers) == ["rollout worker-1"]
        assert isinstance(made.membership, FleetKeeper)
    assert world.closed == [False]


def test_a_run_that_never_fits_is_refused_before_anything_is_started(tmp_path: Path, world: PretendWorld) -> None:
    with (
        pytest.raises(BadInput, match="only 4 of 9 generators fit"),
        fleet.launched(settings_for(tmp_path, cluster={"generators": 9}, engine={"kind": "vllm"})),
    ):
        pass
    assert not world.started


def test_a_run_whose_room_others_hold_is_refused_after_a_while_with_numbers(
    tmp_path: Path, world: PretendWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(fleet, "free_of_cluster", lambda: [PlannedNode(cpus=0.5, gpus=0)])
    monkeypatch.setattr(fleet.time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(fleet.time, "sleep", slept.append)
    with pytest.raises(BadInput, match=r"3\.5 of 4 CPUs are held by others"), fleet.launched(settings_for(tmp_path)):
        pass
    assert sum(slept) >= fleet.HELD_S
    assert not world.started


def test_a_model_that_cannot_be_had_is_said_by_its_role_while_others_still_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers(refs: list[str], limit_s: float) -> list[Any]:
        if "bad" in refs:
            raise BadInput("no server answers")
        return [{"revision": None} for _ in refs]

    monkeypatch.setattr(engines, "answers", answers)
    monkeypatch.setattr(engines.ray, "wait", lambda refs, **_: ([ref for ref in refs if ref != "loading"], []))
    with pytest.raises(BadInput, match=r"^models\.judge: no server answers$"):
        engines._facts_of({"policy": ["loading"], "judge": ["fine", "bad"]}, [], 9.0)
    with pytest.raises(BadInput, match=r"^no server answers$"):
        engines._facts_of({"policy": ["bad"], "judge": ["loading"]}, [], 9.0)
