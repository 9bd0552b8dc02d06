"""Ends and places of actors while a run goes on, with pretend handles."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import RaySystemError

from pipelines.driving.membership import Member
from pipelines.elastic import world as worlds
from pipelines.elastic.world import World


class Ended:
    """World of pretend actors, and what was done to them."""

    def __init__(self, *names: str) -> None:
        self.did: list[str] = []
        self.world = World()
        for name in names:
            self.world._actors[name] = self._actor(name)

    def _actor(self, name: str) -> Any:
        close = SimpleNamespace(remote=lambda: self.did.append(f"close {name}") or name)
        return SimpleNamespace(name=name, close=close, _actor_id=SimpleNamespace(hex=lambda: name))

    def end(self, name: str) -> None:
        self.world.end(Member(name, self.world._actors[name]))


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Ended:
    made = Ended("RolloutWorker-1", "ShardWriter-1", "AnswerChecker-1", "Generator-1", "Generator-2")
    monkeypatch.setattr(worlds.ray, "kill", lambda actor: made.did.append(f"kill {actor.name}"))
    monkeypatch.setattr(worlds.ray, "wait", lambda refs, **_: (refs, []))
    return made


@pytest.mark.parametrize("name", ["ShardWriter-1", "AnswerChecker-1"])
def test_one_that_is_still_called_is_killed_so_that_calls_go_elsewhere_and_not_refused(ended: Ended, name: str) -> None:
    ended.end(name)
    ended.world.sweep(0.0)
    assert ended.did == [f"kill {name}"]


def test_a_worker_ends_what_it_writes_first(ended: Ended) -> None:
    ended.end("RolloutWorker-1")
    ended.end("RolloutWorker-1")
    ended.world.sweep(0.0)
    assert ended.did == ["close RolloutWorker-1", "kill RolloutWorker-1"]


def test_at_the_end_nobody_waits_for_an_engine_that_has_no_room_yet(
    ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = {"State": "ALIVE", "Address": {"NodeID": "n"}}
    known = {name: alive for name in ended.world._actors if name != "Generator-2"}
    monkeypatch.setattr(worlds.state, "actors", lambda: known)
    ended.world.close(hurried=False)
    assert ended.did[0] == "kill Generator-2"
    assert "close Generator-2" not in ended.did
    assert ended.did.index("close RolloutWorker-1") < ended.did.index("close Generator-1")


def test_an_engine_over_several_nodes_is_on_all_of_them(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name: {"State": "ALIVE", "Address": {"NodeID": "n1"}} for name in ("Generator-1", "Generator-2")}
    tables = {"g": {"bundles_to_node_id": {0: "n1", 1: "n2", 2: ""}}, "another's": {"bundles_to_node_id": {0: "n3"}}}
    monkeypatch.setattr(worlds.state, "actors", lambda: known)
    monkeypatch.setattr(worlds, "placement_group_table", lambda: tables)
    ended.world._groups["Generator-2"] = SimpleNamespace(id=SimpleNamespace(hex=lambda: "g"))
    everybody = [Member(name, actor) for name, actor in ended.world._actors.items()]
    assert ended.world.where(everybody) == {"Generator-1": ("n1",), "Generator-2": ("n1", "n2")}


def test_where_actors_are_is_not_known_while_the_head_is_away(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RaySystemError("Failed to connect to GCS")

    monkeypatch.setattr(worlds.state, "actors", away)
    member = Member("Generator-1", ended.world._actors["Generator-1"])
    assert ended.world.where([member]) == {}


def test_a_bug_in_looking_where_actors_are_is_raised(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds.state, "actors", lambda: None)
    with pytest.raises(AttributeError):
        ended.world.where([Member("Generator-1", ended.world._actors["Generator-1"])])
