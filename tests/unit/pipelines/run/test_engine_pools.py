"""Engines that outlive a run: kept while there is room, started anew where they cannot take new weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.runs import settings_for

from cluster.plan import Demand, PlannedNode
from factory.errors import WeightsRefused
from pipelines.pools.engines import ServedWeights
from pipelines.run import engine_pools
from pipelines.run.engine_pools import EnginePools
from pipelines.run.settings import Settings


class Running(str):
    """Name of engines that run, their model's or their role's."""

    def beside(self, others: str) -> Running:
        return self


class World:
    """Lists what happened to engines, in order; how much room there is while one set runs, and when none does.

    `hands` lists the same of writers and workers.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.hands: list[str] = []
        self.refuses: set[str] = set()
        self.free = PlannedNode(cpus=1, gpus=0)

    @contextmanager
    def running(self, settings: Settings, roles: list[str]) -> Iterator[str]:
        [role] = roles
        name = settings.model if role == "policy" else role
        self.log.append(f"start {name}")
        yield Running(name)
        self.log.append(f"end {name}")

    @contextmanager
    def hired(self, settings: Settings) -> Iterator[str]:
        self.hands.append(f"hire {settings.cluster.workers}")
        yield "hands"
        self.hands.append("dismiss")

    def assigned(self, settings: Settings, engines: str, hands: str) -> str:
        assert hands == "hands"
        if engines != settings.model and settings.model in self.refuses:
            raise WeightsRefused(f"no {settings.model}")
        self.log.append(f"{engines} answers as {settings.model}")
        return engines

    def answering(self, settings: Settings, engines: str) -> ServedWeights:
        if engines != settings.model and settings.model in self.refuses:
            raise WeightsRefused(f"no {settings.model}")
        self.log.append(f"{engines} loads {settings.model}")
        return ServedWeights(settings.model, {"revision": f"of {settings.model}"})


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    for name in ("running", "hired", "assigned", "answering"):
        monkeypatch.setattr(engine_pools, name, getattr(world, name))
    for name in ("free_of_cluster", "nodes_of_cluster"):
        monkeypatch.setattr(engine_pools, name, lambda: [world.free])
    monkeypatch.setattr(engine_pools, "ENDING_S", 0.0)
    return world


def settings(model: str, workers: int = 1, sections: dict[str, Any] | None = None, **engine: Any) -> Settings:
    asked = settings_for(
        Path("unused"), engine={"kind": "vllm", **engine}, cluster={"workers": workers}, **(sections or {})
    )
    asked.plain["model"] = model
    return Settings(**{**{name: getattr(asked, name) for name in asked.__dataclass_fields__}, "model": model})


def trainer(cpus: float = 1, gpus: float = 0) -> list[Demand]:
    return [Demand(role="trainer", count=1, cpus=cpus, gpus=gpus)]


def ask(pools: EnginePools, *models: str) -> None:
    for model in models:
        with pools.staff("student", settings(model)):
            pass


def test_engines_are_started_once_and_take_new_weights(world: World) -> None:
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base", "trained")
    assert world.log == ["start base", "base answers as base", "base answers as trained", "end base"]


def test_writers_and_workers_stay_until_something_else_has_to_start_or_another_number_is_asked_for(
    world: World,
) -> None:
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base", "trained")
        assert world.hands == ["hire 1"]
        pools.make_room(trainer())
        assert world.hands == ["hire 1", "dismiss"]
        ask(pools, "base")
        with pools.staff("student", settings("base", workers=2)):
            assert world.hands[2:] == ["hire 1", "dismiss", "hire 2"]
    assert world.hands[5:] == ["dismiss"]


def test_workers_of_a_run_that_failed_serve_no_other_run(world: World) -> None:
    with EnginePools(lambda line: None) as pools:
        with pytest.raises(OSError, match="disk"), pools.staff("student", settings("base")):
            raise OSError("disk")
        assert world.hands == ["hire 1", "dismiss"]
        assert "end base" not in world.log


def test_weights_are_swapped_without_a_writer_or_a_worker(world: World) -> None:
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base")
        assert pools.load("student", settings("trained")) == {"revision": "of trained"}
        world.refuses = {"better"}
        assert pools.load("student", settings("better")) == {"revision": "of better"}
    assert world.log[2:] == ["base loads trained", "end base", "start better", "better loads better", "end better"]


def test_engines_that_refuse_new_weights_are_started_with_them(world: World) -> None:
    world.refuses = {"trained"}
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base", "trained")
    assert world.log[2:] == ["end base", "start trained", "trained answers as trained", "end trained"]


@pytest.mark.parametrize(
    ("wanted", "kept"), [(trainer(), True), (trainer(cpus=2), False)], ids=["it has room", "it has none"]
)
def test_engines_are_released_for_a_trainer_only_where(wanted: list[Demand], kept: bool, world: World) -> None:
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base")
        pools.make_room(wanted)
        assert ("end base" not in world.log) == kept


def test_nobody_trains_on_a_gpu_that_an_engine_has_a_part_of(world: World) -> None:
    world.free = PlannedNode(cpus=8, gpus=8)
    for engine_gpus, kept in ((1, True), (0.5, False)):
        world.log.clear()
        with EnginePools(lambda line: None) as pools:
            with pools.staff("student", settings("base", num_gpus=engine_gpus, gpu_memory_utilization=0.5)):
                pass
            pools.make_room(trainer(gpus=1))
            assert ("end base" not in world.log) == kept


def test_a_second_model_takes_the_place_of_the_first_where_both_have_none(world: World) -> None:
    world.free = PlannedNode(cpus=0, gpus=0)
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base")
        with pools.staff("teacher", settings("large")):
            pass
    assert world.log.index("end base") < world.log.index("start large")


WITH_CRITIC: dict[str, Any] = {
    "models": {"critic": {"model": "c", "engine": {"kind": "scripted"}}, "idle": {"model": "i"}},
    "search": {"method": "tests.support.plugins.asking_search", "critic": "critic"},
}


def test_other_roles_serve_student_and_teacher_and_stay_when_a_policy_goes(world: World) -> None:
    world.refuses, world.free = {"trained"}, PlannedNode(cpus=8, gpus=0)
    with EnginePools(lambda line: None) as pools:
        for who, model in (("student", "base"), ("teacher", "large"), ("student", "trained")):
            with pools.staff(who, settings(model, sections=WITH_CRITIC)):
                pass
        assert [line for line in world.log if line.startswith(("start", "end"))] == [
            "start base",
            "start critic",
            "start large",
            "end base",
            "start trained",
        ]
    assert sorted(world.log[-3:]) == ["end critic", "end large", "end trained"]


def test_room_for_one_role_is_never_made_by_releasing_another_of_the_same_run(world: World) -> None:
    world.free = PlannedNode(cpus=0, gpus=0)
    with EnginePools(lambda line: None) as pools, pools.staff("student", settings("base", sections=WITH_CRITIC)):
        assert world.log == ["start base", "start critic", "base answers as base"]
        pools.make_room(trainer())
        assert {"end base", "end critic"} <= set(world.log)


def test_a_run_that_asks_fewer_roles_starts_fewer_and_a_later_one_adds_them(world: World) -> None:
    with EnginePools(lambda line: None) as pools:
        ask(pools, "base")
        with pools.staff("student", settings("base", sections=WITH_CRITIC)):
            pass
    assert world.log[:4] == ["start base", "base answers as base", "start critic", "base answers as base"]


def test_another_model_of_a_role_gets_engines_of_its_own(world: World) -> None:
    """Loaded in place, a restarted engine would be back with the old weights."""

    def guided(model: str) -> Settings:
        prm = {"model": model, "engine": {"kind": "tests.support.plugins.scorer"}}
        return settings("base", sections={"models": {"prm": prm}, "search": {"method": "best_of_n"}})

    with EnginePools(lambda line: None) as pools:
        for model in ("first", "first", "second"):
            with pools.staff("", guided(model)):
                pass
    answers = "base answers as base"
    assert world.log[:-2] == ["start base", "start prm", answers, answers, "end prm", "start prm", answers]
