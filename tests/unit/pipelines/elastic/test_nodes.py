"""Nodes that come, are about to be taken away, and go; and a head that does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from ray.exceptions import RaySystemError
from support.waiting import HANGS_S

from pipelines.elastic.nodes import LOOK_S, SILENT_S, NodeWatch

EPOCH = 1_700_000_000.0


class Ray:
    """Answer of Ray about its nodes."""

    def __init__(self) -> None:
        self.nodes = {"head": {"node:__internal_head__": 1.0}, "n1": {"CPU": 8.0, "GPU": 2.0}}
        self.dead: set[str] = set()
        self.draining: dict[str, int] = {}
        self.silent = False

    def __call__(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        if self.silent:
            raise RaySystemError("Failed to connect to GCS")
        nodes = [{"NodeID": name, "Alive": name not in self.dead, "Resources": has} for name, has in self.nodes.items()]
        return nodes, self.draining


def watch_of(ray: Callable[[], Any], clock: Callable[[], float] = lambda: EPOCH) -> NodeWatch:
    """Return a watch that waits for its answer however slow this machine is."""
    return NodeWatch(ray, clock, HANGS_S)


def test_nodes_are_known_with_what_they_have() -> None:
    watch = watch_of(Ray())
    assert watch.look(10.0)
    assert [(node.id, node.cpus, node.gpus, node.head) for node in watch.news.nodes.values()] == [
        ("head", 0.0, 0.0, True),
        ("n1", 8.0, 2.0, False),
    ]
    assert not watch.look(10.0 + LOOK_S)


def test_a_deadline_is_told_in_the_drivers_own_time() -> None:
    ray = Ray()
    watch = watch_of(ray)
    ray.draining = {"n1": int((EPOCH + 30) * 1000), "head": 0, "gone": 0}
    watch.look(10.0)
    assert watch.news.leaving == {"n1": 40.0, "head": None}


def test_clocks_that_drift_are_no_news() -> None:
    ray, now = Ray(), [EPOCH]
    watch = watch_of(ray, lambda: now[0])
    ray.draining = {"n1": int((EPOCH + 30) * 1000)}
    watch.look(10.0)
    now[0] += LOOK_S + 0.01
    assert not watch.look(10.0 + LOOK_S)
    assert watch.news.leaving == {"n1": 40.0}


def test_a_node_that_is_dead_is_gone() -> None:
    ray = Ray()
    watch = watch_of(ray)
    ray.draining = {"n1": 0}
    watch.look(0.0)
    ray.dead = {"n1"}
    assert watch.look(LOOK_S)
    assert list(watch.news.nodes) == ["head"]
    assert not watch.news.leaving


def test_a_head_that_does_not_answer_is_no_news() -> None:
    ray = Ray()
    watch = watch_of(ray)
    watch.look(0.0)
    ray.silent = True
    assert not watch.look(LOOK_S)
    assert list(watch.news.nodes) == ["head", "n1"]
    ray.silent, ray.dead = False, {"n1"}
    assert watch.look(2 * LOOK_S)


def test_it_looks_once_a_second() -> None:
    ray = Ray()
    watch = watch_of(ray)
    watch.look(0.0)
    ray.nodes = {}
    assert not watch.look(LOOK_S / 2)
    assert watch.look(LOOK_S)


def test_a_head_that_holds_the_question_back_is_not_waited_for() -> None:
    back = threading.Event()

    def held() -> tuple[list[dict[str, Any]], dict[str, int]]:
        assert back.wait(HANGS_S)
        return [], {}

    watch = NodeWatch(held, lambda: EPOCH, 0.01)
    assert [watch.look(number * LOOK_S) for number in range(5)] == [False] * 5
    assert watch.silent_since == 0.0
    back.set()


def test_a_bug_in_the_reading_is_not_taken_for_a_head_that_is_away() -> None:
    watch = watch_of(lambda: ([{"NodeID": "n1"}], {}))
    with pytest.raises(KeyError):
        watch.look(0.0)


def test_a_head_that_is_away_for_long_is_said_once_and_so_is_its_return() -> None:
    ray = Ray()
    watch, said = watch_of(ray), list[str]()

    def look_until(end: int) -> None:
        for now in range(int(watch._next), end):
            watch.look(float(now))
            said.extend(watch.remarks(float(now)))

    ray.silent = True
    look_until(int(SILENT_S))
    ray.silent = False
    look_until(20)
    assert said == []
    ray.silent = True
    look_until(60)
    assert len(said) == 1
    assert "head does not answer" in said[0]
    ray.silent = False
    look_until(80)
    assert said[1:] == ["Ray's head answers again"]
