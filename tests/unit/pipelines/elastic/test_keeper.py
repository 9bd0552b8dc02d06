"""A run's fleet from its quorum to its end, on a pretend Ray: who belongs to it, and what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ray.exceptions import RaySystemError
from support.fleets.pretend_ray import LOADS, PretendWorld
from support.runs import settings_for
from support.waiting import HANGS_S

from cluster.plan import PlannedNode
from factory.errors import BadInput, FactoryError
from pipelines.elastic import keeper as keepers
from pipelines.elastic.asks import Asks
from pipelines.elastic.keeper import LOOK_S, FleetKeeper
from pipelines.elastic.nodes import NodeWatch
from pipelines.elastic.room import Room
from pipelines.elastic.site import Site
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import Settings

EPOCH = 1_700_000_000.0


class Scene:
    """Pretend Ray of four nodes, a clock, and what was wished for."""

    def __init__(self) -> None:
        self.world, self.now = PretendWorld(), 0.0
        self.wishes: list[Any] = []
        world: Any = self.world
        self.site = Site(
            world=world,
            watch=NodeWatch(self.read, lambda: EPOCH, HANGS_S),
            asks=Asks(self.wishes.append),
            clock=lambda: self.now,
            room=Room(lambda: self.now, lambda: [PlannedNode(cpus=100, gpus=0)]),
        )
        self.nodes = ["n1", "n2", "n3", "n4"]
        self.draining: dict[str, int] = {}
        self.engines_first = False
        self.head_is_away = False

    def read(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        if self.head_is_away:
            raise RaySystemError("Failed to connect to GCS")
        nodes = [{"NodeID": name, "Alive": True, "Resources": {"CPU": 8.0}} for name in self.nodes]
        return nodes, self.draining

    def keeper(self, settings: Settings) -> FleetKeeper:
        pools = asked_pools(settings)
        engines = {role: self.site.engine_group(pool, settings, ()) for role, pool in pools.items()}
        hands = self.site.hand_groups(settings, lambda said: None)
        return FleetKeeper(settings, self.site, engines, hands, engines_first=self.engines_first)

    @contextmanager
    def running(self, settings: Settings) -> Iterator[FleetKeeper]:
        keeper = self.keeper(settings)
        keeper.wait_for_quorum()
        yield keeper


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    made = Scene()

    def sleep(seconds: float) -> None:
        made.now += seconds

    monkeypatch.setattr(keepers.time, "sleep", sleep)
    monkeypatch.setattr(keepers, "_own_node", lambda: "n4")
    return made


def run(tmp_path: Path, **cluster: Any) -> Settings:
    return settings_for(tmp_path, cluster=cluster)


def looks(scene: Scene, keeper: FleetKeeper, questions_left: int, times: int = 4) -> Any:
    """Look some times, and return the last news."""
    news = None
    for _ in range(times):
        scene.now += LOOK_S
        news = keeper.look(scene.now, questions_left) or news
    return news


def leaving(news: Any, role: str) -> list[str]:
    return sorted(name for name in news.leaving if name.startswith(role))


def names(members: Any) -> list[str]:
    return [member.name for member in members]


def test_the_first_look_names_everybody_and_the_next_nobody(scene: Scene, tmp_path: Path) -> None:
    with scene.running(run(tmp_path, generators=2, workers=2, quorum=1.0)) as keeper:
        assert list(keeper.pools["policy"]) == ["policy-1", "policy-2"]
        assert (len(keeper.hands(WORKER)), len(keeper.hands(WRITER))) == (2, 1)
        news = keeper.look(scene.now, 100)
        assert news is not None
        assert names(news.engines["policy"]) == ["policy-1", "policy-2"]
        assert names(news.workers) == [f"{WORKER}-1", f"{WORKER}-2"]
        assert (news.roster.version, news.nodes, news.leaving_nodes) == (1, 4, 0)
        assert looks(scene, keeper, 100) is None


def test_an_engine_that_is_late_joins_a_run_that_has_begun_without_it(scene: Scene, tmp_path: Path) -> None:
    scene.world.does = {"policy-3": LOADS}
    with scene.running(run(tmp_path, generators=3, quorum=0.5)) as keeper:
        news = keeper.look(scene.now, 100)
        assert news is not None
        assert "policy-3" not in names(news.engines["policy"])
        scene.world.does.clear()
        news = looks(scene, keeper, 100)
        assert "policy-3" in names(news.engines["policy"])
        assert news.roster.pools["policy"] == ("policy-1", "policy-2", "policy-3")


def test_where_hands_may_be_in_the_way_engines_have_their_places_first(scene: Scene, tmp_path: Path) -> None:
    scene.engines_first = True
    with scene.running(run(tmp_path, generators=2, quorum=1.0)) as keeper:
        assert len(keeper.hands(WORKER)) == 1
    assert scene.world.started[:2] == ["policy-1", "policy-2"]
    assert scene.world.turns_until[f"{WORKER}-1"] > scene.world.turns_until["policy-2"]


def test_a_start_without_its_hands_ends_in_time(scene: Scene, tmp_path: Path) -> None:
    scene.world.does = {f"{WORKER}-1": LOADS}
    late = run(tmp_path, start_timeout_s=5)
    with pytest.raises(FactoryError, match="did not start within"), scene.running(late):
        pass


def test_mistakes_name_the_role_they_are_about(scene: Scene, tmp_path: Path) -> None:
    pool = {"model": "none", "engine": {"kind": "scripted"}}
    settings = settings_for(
        tmp_path, models={"judge": pool}, checker={"kind": "llm_judge", "judge_role": "judge"}, cluster={}
    )
    scene.world.does = {"judge-1": BadInput("no server answers"), "policy-1": LOADS}
    with pytest.raises(BadInput, match=r"^models\.judge: no server answers$"), scene.running(settings):
        pass


def test_a_run_grows_with_its_queue_and_shrinks_when_that_runs_dry(scene: Scene, tmp_path: Path) -> None:
    with scene.running(run(tmp_path, generators={"min": 1, "max": 4})) as keeper:
        news = looks(scene, keeper, 10_000, times=6)
        assert len(news.engines["policy"]) == 4
        news = looks(scene, keeper, 10_000, times=6) or news
        assert len(news.workers) == 2
        news = looks(scene, keeper, 1, times=130)
        assert leaving(news, "policy") == ["policy-2", "policy-3", "policy-4"]
        for name in leaving(news, "policy"):
            keeper.heard(name, {"slots": 8}, scene.now, dead=False)
        news = looks(scene, keeper, 1, times=40)
        assert names(news.engines["policy"]) == ["policy-1"]
        assert len(news.roster.writers) == len(news.roster.checkers) == 1
        (surplus,) = leaving(news, WORKER)
        keeper.idle(surplus)
        assert len(looks(scene, keeper, 1).workers) == 1
    assert not scene.wishes


def test_a_number_of_workers_that_was_asked_for_stays(scene: Scene, tmp_path: Path) -> None:
    with scene.running(run(tmp_path, generators={"min": 1, "max": 4}, workers=1)) as keeper:
        assert len(looks(scene, keeper, 10_000, times=12).workers) == 1


def test_an_autoscaler_is_asked_for_all_that_is_wanted(scene: Scene, tmp_path: Path) -> None:
    scene.site.grows = True
    engine, cluster = {"kind": "vllm", "num_cpus": 3}, {"generators": {"min": 1, "max": 4}}
    with scene.running(settings_for(tmp_path, engine=engine, cluster=cluster)) as keeper:
        first = scene.wishes[-1]
        looks(scene, keeper, 10_000, times=12)
        assert first.count({"CPU": 3.0}) == 1
        assert scene.wishes[-1].count({"CPU": 3.0}) == 4
        assert len(scene.wishes[-1]) == len(first) + 3 + 1 + 3 + 3  # engines, a worker; a checker and writer a node


def test_those_on_a_node_that_is_taken_away_leave_and_others_come(scene: Scene, tmp_path: Path) -> None:
    with scene.running(run(tmp_path, generators=2, workers=2, quorum=1.0)) as keeper:
        keeper.look(scene.now, 100)
        scene.world.on = {"policy-1": "n1", f"{WORKER}-2": "n1", "policy-2": "n2"}
        scene.draining = {"n1": int((EPOCH + 60) * 1000)}
        news = looks(scene, keeper, 100, times=8)
        assert set(news.leaving) == {"policy-1", f"{WORKER}-2"}
        assert news.roster.leaving == {"policy-1", f"{WORKER}-2"}
        assert names(news.engines["policy"]) == ["policy-1", "policy-2", "policy-3"]
        assert names(news.workers) == [f"{WORKER}-1", f"{WORKER}-2", f"{WORKER}-3"]
        assert (news.nodes, news.leaving_nodes, news.driver_leaves) == (4, 1, False)


def test_hands_that_leave_with_an_engine_are_replaced_when_another_engine_is_up(scene: Scene, tmp_path: Path) -> None:
    def checkers() -> list[str]:
        return [name for name in scene.world.started if name.startswith(CHECKER)]

    with scene.running(run(tmp_path, generators={"min": 1, "max": 2})) as keeper:
        looks(scene, keeper, 10_000, times=12)
        assert len(checkers()) == 2
        scene.world.on = dict.fromkeys(("policy-2", f"{CHECKER}-2", "shard writer-2"), "n1")
        scene.world.does = {"policy-3": LOADS}
        scene.draining = {"n1": int((EPOCH + 60) * 1000)}
        news = looks(scene, keeper, 10_000, times=8)
        assert set(news.leaving) == {"policy-2", f"{CHECKER}-2", "shard writer-2"}
        assert len(checkers()) == 2
        scene.world.does.clear()
        looks(scene, keeper, 10_000, times=8)
        assert len(checkers()) == 3


def test_the_drivers_own_node_is_said_to_leave(scene: Scene, tmp_path: Path) -> None:
    with scene.running(run(tmp_path)) as keeper:
        keeper.look(scene.now, 100)
        scene.draining = {"n4": int((EPOCH + 60) * 1000)}
        scene.world.on = {"policy-1": "n4"}
        news = looks(scene, keeper, 100)
        assert news.driver_leaves
        assert news.driver_deadline is not None


def test_a_drivers_node_is_heard_of_though_nobody_else_is_on_it(scene: Scene, tmp_path: Path) -> None:
    with scene.running(run(tmp_path)) as keeper:
        keeper.look(scene.now, 100)
        scene.draining = {"n4": 0}
        assert looks(scene, keeper, 100).driver_leaves


def test_what_became_of_an_engine_is_said_once(scene: Scene, tmp_path: Path) -> None:
    scene.world.does = {"policy-2": LOADS}
    with scene.running(run(tmp_path, generators=2, quorum=0.5)) as keeper:
        keeper.look(scene.now, 100)
        scene.world.does = {"policy-2": BadInput("no model on this node")}
        news = looks(scene, keeper, 100, times=6)
        said = looks(scene, keeper, 100, times=6)
        assert names(news.engines["policy"]) == ["policy-1", "policy-3"]
        assert said is None


def test_while_the_head_is_away_nobody_is_started_or_ended_and_the_run_is_told_once(
    scene: Scene, tmp_path: Path
) -> None:
    with scene.running(run(tmp_path, generators={"min": 1, "max": 4})) as keeper:
        keeper.look(scene.now, 1)
        scene.head_is_away = True
        looks(scene, keeper, 1, times=2)  # the nodes are looked at once a second
        news = looks(scene, keeper, 10_000, times=60)
        assert (scene.world.started.count("policy-2"), scene.world.ended) == (0, [])
        assert len(news.said) == 1
        assert "Ray's head does not answer" in news.said[0]
        assert names(news.engines["policy"]) == ["policy-1"]
        scene.head_is_away = False
        assert len(looks(scene, keeper, 10_000, times=9).engines["policy"]) == 4


def test_a_head_that_is_away_while_a_run_starts_ends_it_in_time(scene: Scene, tmp_path: Path) -> None:
    scene.head_is_away = True
    with pytest.raises(FactoryError, match="did not start within"), scene.running(run(tmp_path, start_timeout_s=5)):
        pass
    assert scene.world.started == []
