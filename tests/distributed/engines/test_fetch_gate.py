"""One gate before the Hub for all machines of a cluster, also after the process that made it has gone."""

from __future__ import annotations

import pytest
import ray

from actors.models.fetch_gate import _NAME, MACHINES, through_gate

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


def test_a_machine_that_fetches_takes_one_of_the_places_and_gives_it_back() -> None:
    with through_gate():
        gate = ray.get_actor(_NAME)
        others = ray.get([gate.enter.remote(f"machine {number}") for number in range(MACHINES)])
    assert others == [*[True] * (MACHINES - 1), False]
    assert ray.get(gate.enter.remote("another"))
    ray.kill(gate)


def test_where_the_gate_has_died_the_next_one_makes_another() -> None:
    with through_gate():
        first = ray.get_actor(_NAME)
        ray.kill(first)
    with through_gate():
        second = ray.get_actor(_NAME)
        assert second._actor_id != first._actor_id
    ray.kill(second)
