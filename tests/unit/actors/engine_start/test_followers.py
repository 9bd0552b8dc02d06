"""Followers of an engine over several nodes, on its leader's side, without Ray: whole or gone, also while it starts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import ActorDiedError

from actors.engine_start import followers
from actors.engine_start.followers import WATCH, Followers
from actors.engine_start.span import Span
from factory.errors import FactoryError

CONFIG = {"nodes": 3}


class Follower:
    """Follower in this process; `spans` are what it was told to compute."""

    def __init__(self, rank: int) -> None:
        self.spans: list[Span] = []
        self.ready = SimpleNamespace(remote=lambda: (f"node {rank}", f"10.0.0.{rank}"))
        self.run = SimpleNamespace(remote=self.spans.append)
        self.fetch = SimpleNamespace(remote=lambda model: f"rank {rank} has {model}")


class World:
    """Ray of one engine: its followers, of which none ends unless `ends` is set, and why the leader ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.all: list[Followers] = []
        self.made: list[Follower] = []
        self.killed: list[Follower] = []
        self.lost: list[str] = []
        self.ends = threading.Event()
        self.died = threading.Event()
        self.group: Any = SimpleNamespace(wait=lambda seconds: True)
        monkeypatch.setattr(followers, "get_current_placement_group", lambda: self.group)
        monkeypatch.setattr(followers, "get_node_ip_address", lambda: "127.0.0.1")
        monkeypatch.setattr(followers, "_follower", self.make)
        monkeypatch.setattr(followers, "_why", lambda run: "killed")
        monkeypatch.setattr(followers, "_LOOK_S", 0.01)
        ray = SimpleNamespace(get=lambda calls, timeout: calls, kill=self.killed.append, wait=self.wait)
        monkeypatch.setattr(followers, "ray", ray)

    def make(self, group: Any, rank: int, arguments: tuple[Any, ...]) -> Follower:
        self.made.append(Follower(rank))
        return self.made[-1]

    def wait(self, runs: list[Any], num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        return (runs[:1], runs[1:]) if self.ends.wait(timeout) else ([], runs)

    def lose(self, reason: str) -> None:
        self.lost.append(reason)
        self.died.set()

    def followers(self, **config: Any) -> Followers:
        self.all.append(Followers(("simulated", {**CONFIG, **config}, "none", None, None), self.lose))
        return self.all[-1]


def end_of_the_watch() -> None:
    for thread in threading.enumerate():
        if thread.name == WATCH:
            thread.join(60)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(monkeypatch)
    yield world
    # A watch that outlives its test would ask Ray itself.
    for parts in world.all:
        parts.end()
    end_of_the_watch()


async def test_all_parts_know_their_place_and_where_the_first_one_waits(world: World) -> None:
    engine = SimpleNamespace(span=None)
    parts = world.followers()
    async with parts.beside(engine):
        spans = [engine.span, *(one for follower in world.made for one in follower.spans)]
    parts.end()
    assert [(span.rank, span.host) for span in spans] == [(0, "127.0.0.1"), (1, "10.0.0.1"), (2, "10.0.0.2")]
    assert len({(span.nodes, span.address, span.port) for span in spans}) == 1
    assert world.killed == world.made


async def test_each_start_has_another_port(world: World) -> None:
    ports = set()
    for _ in range(2):
        engine, parts = SimpleNamespace(span=None), world.followers()
        async with parts.beside(engine):
            ports.add(engine.span.port)
        parts.end()
    assert len(ports) == 2


async def test_an_engine_on_one_node_has_none_and_asks_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, parts = SimpleNamespace(span=None), world.followers(nodes=1)
    async with parts.beside(engine):
        assert engine.span is None
    monkeypatch.delattr(followers.ray, "get")
    parts.fetch("s3://bucket/weights")
    assert world.made == []


async def test_a_follower_that_ends_takes_the_leader_with_it(world: World) -> None:
    parts = world.followers()
    async with parts.beside(SimpleNamespace()):
        pass
    world.ends.set()
    end_of_the_watch()
    assert world.lost == ["a follower has ended: killed"]


async def test_the_end_of_all_is_no_loss(world: World) -> None:
    parts = world.followers()
    async with parts.beside(SimpleNamespace()):
        pass
    parts.end()
    world.ends.set()
    end_of_the_watch()
    assert world.lost == []


async def test_an_engine_that_cannot_start_says_so_before_the_end_of_a_follower_ends_it(world: World) -> None:
    async def start() -> None:
        async with world.followers().beside(SimpleNamespace()):
            world.ends.set()
            raise FactoryError("no such model")

    with pytest.raises(FactoryError, match="no such model"):
        await start()
    end_of_the_watch()
    assert (world.lost, world.killed) == ([], world.made)


async def test_one_that_hangs_in_its_start_as_a_follower_has_died_is_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "TOLD_S", 0.05)
    async with world.followers().beside(SimpleNamespace()):
        world.ends.set()
        assert world.died.wait(60)


@pytest.mark.parametrize(
    ("group", "said"),
    [(None, "needs a placement group"), (SimpleNamespace(wait=lambda seconds: False), "3 nodes .* not there within")],
)
async def test_an_engine_without_room_for_its_parts_does_not_start(world: World, group: Any, said: str) -> None:
    world.group = group
    with pytest.raises(FactoryError, match=said):
        async with world.followers().beside(SimpleNamespace()):
            pass
    assert world.made == []


async def test_a_follower_that_does_not_come_up_is_named_with_its_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(calls: Any, timeout: float) -> None:
        raise ActorDiedError

    monkeypatch.setattr(followers.ray, "get", died)
    with pytest.raises(FactoryError, match="a follower of the engine did not come up: "):
        async with world.followers().beside(SimpleNamespace()):
            pass
    assert world.killed == world.made


async def test_followers_that_came_up_to_fetch_the_model_are_those_of_the_start(world: World) -> None:
    parts = world.followers()
    parts.come_up()
    parts.come_up()
    async with parts.beside(SimpleNamespace()):
        pass
    assert len(world.made) == 2
    parts.end()
    async with parts.beside(SimpleNamespace()):
        pass
    assert len(world.made) == 4


async def test_followers_of_which_one_cannot_have_the_model_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(calls: Any, timeout: float) -> None:
        raise ActorDiedError

    monkeypatch.setattr(followers.ray, "get", refused)
    with pytest.raises(FactoryError, match="did not come up"):
        world.followers().come_up()
    assert world.killed == world.made
