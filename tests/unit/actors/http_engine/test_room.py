"""Room at a server: it settles where throughput is near the best fixed one, and is cut by refusals. Simulated time."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from support.engines.slow_server import Simulation

from actors.http_engine.room import CUT, Room

SPEEDS: dict[str, Callable[[float], float]] = {
    "saturates": lambda load: 2000 * load / (20 + load),
    "saturates late": lambda load: 2000 * load / (60 + load),
    "has a knee": lambda load: 40 * min(load, 24),
    "has a peak": lambda load: 60 * load / (1 + (load / 40) ** 2),
    "collapses": lambda load: 50 * min(load, 32) / (1 + max(0, load - 32) / 16),
    "never slows down": lambda load: 10.0 * load,
}
FIXED = (8, 16, 24, 32, 48, 64, 128)


@pytest.mark.parametrize("n", [1, 8])
@pytest.mark.parametrize("name", SPEEDS)
def test_throughput_is_within_a_tenth_of_the_best_fixed_concurrency(name: str, n: int) -> None:
    speed = SPEEDS[name]
    best = max(Simulation(speed, fixed=fixed, n=n).run(200) for fixed in FIXED)
    simulation = Simulation(speed, room=Room(32, 1, 128), n=n, seed=1)
    simulation.run(600)
    assert simulation.run(400) > 0.9 * best


def test_a_server_that_becomes_slower_gets_less_and_a_recovered_one_more() -> None:
    knees = [48.0]
    simulation = Simulation(lambda load: 40 * min(load, knees[0]) / max(1.0, load / knees[0]), room=Room(32, 1, 256))
    simulation.run(300)
    assert 32 <= simulation.room.limit <= 64  # type: ignore[union-attr]
    knees[0] = 12.0
    simulation.run(600)
    assert simulation.run(200) > 0.85 * 40 * 12
    knees[0] = 48.0
    simulation.run(900)
    assert simulation.run(200) > 0.85 * 40 * 48


def test_equal_bounds_fix_it() -> None:
    simulation = Simulation(SPEEDS["has a knee"], room=Room(16, 16, 16))
    simulation.run(100)
    assert simulation.room.limit == 16  # type: ignore[union-attr]


def test_while_too_little_is_asked_for_nothing_is_learnt() -> None:
    room = Room(64, 1, 256)
    for second in range(1, 500):
        room.begin(float(second), 4)
        room.answered(second + 0.9, float(second), 4, 400)
        room.end(second + 0.9, 4)
    assert room.limit in (64, 128)


def test_a_refusal_cuts_once_for_all_that_were_in_flight() -> None:
    room = Room(100, 1, 256)
    for _ in range(100):
        room.begin(1.0, 1)
    for _ in range(30):
        room.refused(2.0, 1.0)
    assert room.limit == math.floor(100 * CUT)
    room.refused(3.0, 2.5)
    assert room.limit < 60


def test_a_refused_limit_is_not_tried_again_at_once() -> None:
    simulation = Simulation(SPEEDS["never slows down"], room=Room(16, 1, 256), refuses_from=60)
    simulation.run(200)
    before = simulation.refusals
    rate = simulation.run(400)
    assert simulation.refusals - before < 20
    assert rate > 0.6 * 600


@pytest.mark.parametrize("burst", [5, 12])
def test_after_a_burst_of_refusals_the_room_is_soon_back(burst: int) -> None:
    simulation = Simulation(SPEEDS["has a knee"], room=Room(16, 1, 1024))
    room = simulation.room
    assert room is not None
    simulation.run(600)
    for _ in range(burst):
        simulation.now += 3.0
        room.refused(simulation.now, simulation.now)
    assert room.limit < 8
    simulation.run(300)
    assert simulation.run(100) > 0.9 * 40 * 24


def test_it_stays_within_its_bounds_whatever_comes() -> None:
    room = Room(2, 2, 4)
    for step in range(200):
        now = float(step + 1)
        room.begin(now, 1)
        if step % 3:
            room.refused(now + 0.4, now)
        else:
            room.answered(now + 0.5, now, 1, 0)
        room.end(now + 0.5, 1)
        assert 2 <= room.limit <= 4
