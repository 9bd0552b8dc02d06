"""Hand-out by demand: engines are kept a little more than full, whatever their size, and nothing is flooded."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from random import Random
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.driving.demand import LOOKS_UNTIL_SHOWN, Bounds, Demand, EngineLoad

UNIT, FIRST = 16, 8
BOUNDS = Bounds(window=4, first_samples=FIRST)


def load(slots: int, running: int = 0, waiting: int = 0) -> EngineLoad:
    return EngineLoad(slots=slots, running=running, waiting=waiting)


def hand_out(demand: Demand, workers: int = 1) -> int:
    """Hand out units as long as more are wanted; return how many."""
    for units in itertools.count():
        worker = demand.idlest(range(workers)) if demand.wants_more() else None
        if worker is None:
            return units
        demand.hand(f"unit-{len(demand._handed)}-{units}", worker, UNIT)
    raise AssertionError


def begun(demand: Demand) -> None:
    """Have all workers say that they have begun what they have, and look until that shows."""
    for unit_id, handed in list(demand._handed.items()):
        demand.hear_worker(handed.worker, {unit_id: handed.unfinished})
    for _ in range(LOOKS_UNTIL_SHOWN):
        demand.looked()


@pytest.mark.parametrize(("slots", "engines"), [(1, 1), (64, 1), (256, 1), (10_000, 1), (64, 16), (256, 64)])
def test_the_first_hand_out_fills_the_engines_and_does_not_flood_them(slots: int, engines: int) -> None:
    demand = Demand(BOUNDS, range(engines))
    for index in range(engines):
        demand.hear_engine(index, load(slots))
    samples = hand_out(demand) * UNIT * FIRST
    assert samples >= slots * engines
    assert samples <= engines * (slots * 1.25 + 1) + UNIT * FIRST


def test_what_was_handed_out_counts_until_the_engines_show_it() -> None:
    demand = Demand(BOUNDS, range(1))
    demand.hear_engine(0, load(128))
    assert hand_out(demand) == 2
    assert hand_out(demand) == 0
    # The first samples are there, and run: what is in the figures is not counted twice.
    begun(demand)
    demand.hear_engine(0, load(128, running=128, waiting=128))
    assert hand_out(demand) == 0
    demand.hear_engine(0, load(128, running=128, waiting=31))
    assert hand_out(demand) == 1


def test_a_unit_that_was_begun_counts_until_a_look_that_began_after_it() -> None:
    demand = Demand(BOUNDS, range(1))
    demand.hear_engine(0, load(128))
    hand_out(demand)
    for unit_id in list(demand._handed):
        demand.hear_worker(0, {unit_id: UNIT})
    demand.looked()
    demand.hear_engine(0, load(128))  # asked before the unit was begun
    assert not demand.wants_more()


def test_a_hungry_engine_gets_work_though_a_slow_one_has_too_much() -> None:
    demand = Demand(BOUNDS, range(4))
    for index in range(4):
        demand.hear_engine(index, load(64))
    hand_out(demand)
    begun(demand)
    for index in range(3):
        demand.hear_engine(index, load(64, running=60))
    demand.hear_engine(3, load(64, running=64, waiting=100))
    assert hand_out(demand) == 1


def test_nothing_more_goes_out_where_one_engine_has_taken_more_than_all_should() -> None:
    demand = Demand(BOUNDS, range(2))
    demand.hear_engine(0, load(64))
    demand.hear_engine(1, load(64))
    hand_out(demand)
    begun(demand)
    demand.hear_engine(0, load(64, running=64, waiting=600))
    assert not demand.wants_more()


def test_dead_engines_ask_for_nothing_and_a_cold_one_that_is_back_asks_again() -> None:
    demand = Demand(BOUNDS, range(2))
    demand.hear_engine(0, load(64, running=64, waiting=30))
    demand.hear_engine(1, load(64, running=64, waiting=30))
    hand_out(demand)
    begun(demand)
    demand.hear_engine(1, None)
    assert not demand.wants_more()
    demand.hear_engine(0, None)
    assert not demand.wants_more()
    demand.hear_engine(1, load(64))
    assert hand_out(demand) == 1


def test_one_unit_goes_out_even_where_no_engine_answers() -> None:
    demand = Demand(BOUNDS, range(3))
    assert hand_out(demand) == 1


def test_engines_of_unknown_size_get_the_window() -> None:
    demand = Demand(BOUNDS, range(1))
    demand.hear_engine(0, load(0, running=500))
    assert hand_out(demand) == BOUNDS.window


def test_a_users_bound_holds_whatever_engines_ask_for() -> None:
    demand = Demand(Bounds(window=3, units=3, first_samples=FIRST), range(1))
    demand.hear_engine(0, load(10_000))
    assert hand_out(demand) == 3


def test_a_worker_gets_no_more_questions_than_it_has_memory_for_but_always_a_unit() -> None:
    demand = Demand(Bounds(window=4, first_samples=FIRST, questions=UNIT + 1), range(1))
    demand.hear_engine(0, load(10_000))
    assert hand_out(demand, workers=3) == 2 * 3
    tight = Demand(Bounds(window=4, first_samples=FIRST, questions=1), range(1))
    tight.hear_engine(0, load(10_000))
    assert hand_out(tight, workers=3) == 3


def test_units_are_spread_over_the_workers_by_unfinished_questions() -> None:
    demand = Demand(BOUNDS, range(1))
    demand.hear_engine(0, load(512))
    demand.hand("long", 0, UNIT)
    demand.hand("short", 1, UNIT)
    demand.hear_worker(1, {"short": 2})
    assert demand.idlest([0, 1]) == 1
    assert demand.idlest([0]) == 0
    assert demand.idlest([]) is None


def test_questions_that_wait_for_something_else_than_engines_are_bounded() -> None:
    demand = Demand(BOUNDS, range(1))
    demand.hear_engine(0, load(64))
    for _ in range(100):
        hand_out(demand)
        begun(demand)  # and the engine stays idle: the CPU is the limit
    assert len(demand._handed) * UNIT <= 4 * 64 + UNIT


def test_an_engine_that_joins_asks_for_work_and_one_that_is_gone_for_none() -> None:
    demand = Demand(BOUNDS, ["a"])
    demand.hear_engine("a", load(64, running=64, waiting=30))
    hand_out(demand)
    begun(demand)
    assert not demand.wants_more()
    demand.add_engine("b")
    demand.hear_engine("b", load(64))
    assert hand_out(demand) == 1
    begun(demand)
    demand.remove_engine("b")
    assert not demand.wants_more()


def test_engines_of_unknown_size_that_join_widen_the_window() -> None:
    demand = Demand(Bounds(window=4, window_each=4), ["a", "b", "c"])
    for engine in ("a", "b", "c"):
        demand.hear_engine(engine, load(0, running=1))
    assert hand_out(demand) == 12


EVENTS = ["hand", "hear", "look", "back", "engine", "gone"]


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 9)), max_size=60))
def test_sums_are_those_over_all_units_and_engines_whatever_happened(events: list[tuple[str, int]]) -> None:
    demand = Demand(BOUNDS)
    for number, (event, which) in enumerate(events):
        handed = list(demand._handed.items())
        if event == "hand":
            demand.hand(f"{number}", which % 3, UNIT)
        elif event == "hear" and handed:
            unit_id, unit = handed[which % len(handed)]
            demand.hear_worker(unit.worker, {unit_id: which})
        elif event == "look":
            demand.looked()
        elif event == "back" and handed:
            demand.take_back(handed[which % len(handed)][0])
        elif event == "engine":
            demand.add_engine(which)
            demand.hear_engine(which, load(8 * (which % 3), number) if which % 4 else None)
        elif event == "gone":
            demand.remove_engine(which)
    units = list(demand._handed.values())
    assert demand._unfinished == sum(unit.unfinished for unit in units)
    assert demand._hidden == sum(unit.unfinished for unit in units if not unit.shown)
    for unit in units:
        shown = unit.begun is not None and demand._looks - unit.begun >= LOOKS_UNTIL_SHOWN
        assert unit.shown == shown
    assert set(demand._burdens) == {unit.worker for unit in units}
    known = [one for one in demand._loads.values() if one and one.slots]
    assert demand._sums.full == sum(one.full for one in known)
    assert demand._sums.lacking == sum(max(0, one.full - one.samples) for one in known)
    assert (demand._sums.known, demand._sums.samples) == (len(known), sum(one.samples for one in known))
    assert demand._sums.answering == sum(one is not None for one in demand._loads.values())


class Factory:
    """Engines and questions in steps of 10 ms: a question asks for 8 samples, then for 40 more, four at a time."""

    def __init__(self, slots: int, engines: int, slow: float) -> None:
        self.now, self.slots, self.slow = 0.0, slots, slow
        self.busy = [0.0] * engines
        self.running: list[list[tuple[float, tuple[str, int]]]] = [[] for _ in range(engines)]
        self.waiting: list[deque[tuple[str, int]]] = [deque() for _ in range(engines)]
        self.most_waiting = 0
        # By unit and place: [samples to ask for, samples in an engine].
        self.questions: dict[str, list[list[int]]] = {}
        self._rng = Random(0)

    def begin(self, unit: str) -> None:
        self.questions[unit] = [[40, 0] for _ in range(UNIT)]
        for place in range(UNIT):
            self._ask((unit, place), FIRST)

    def unfinished(self, unit: str) -> int:
        return sum(left + inside > 0 for left, inside in self.questions[unit])

    def step(self) -> None:
        self.now += 0.01
        for index, running in enumerate(self.running):
            while running and running[0][0] <= self.now:
                unit, place = heapq.heappop(running)[1]
                question = self.questions[unit][place]
                question[1] -= 1
                while question[0] and question[1] < 4:
                    question[0] -= 1
                    self._ask((unit, place), 1)
            while self.waiting[index] and len(running) < self.slots:
                seconds = self._rng.lognormvariate(0, 0.5) * (self.slow if index == len(self.busy) - 1 else 1)
                heapq.heappush(running, (self.now + seconds, self.waiting[index].popleft()))
            self.busy[index] += 0.01 * len(running)

    def _ask(self, question: tuple[str, int], samples: int) -> None:
        loads = [len(self.running[index]) + len(self.waiting[index]) for index in range(len(self.busy))]
        # A question's home, unless that has far more to do than the idlest engine.
        index, idlest = crc32(f"{question}".encode()) % len(loads), loads.index(min(loads))
        index = index if loads[index] - loads[idlest] < 64 else idlest
        self.waiting[index].extend([question] * samples)
        self.questions[question[0]][question[1]][1] += samples
        self.most_waiting = max(self.most_waiting, len(self.waiting[index]))


@pytest.mark.parametrize(("slots", "engines", "slow"), [(1, 1, 1), (16, 1, 1), (64, 4, 1), (64, 4, 5), (256, 1, 1)])
def test_engines_stay_full_from_the_first_unit_to_the_last_though_news_is_old(
    slots: int, engines: int, slow: float
) -> None:
    factory, demand = Factory(slots, engines, slow), Demand(BOUNDS, range(engines))
    units, starting, total = 0, deque[tuple[float, str]](), max(3, 6 * slots * engines // (UNIT * 4))
    while units < total:
        # The driver looks, every fifth of a second; a unit is begun .3 s after it was handed out.
        demand.looked()
        for index in range(engines):
            demand.hear_engine(index, load(slots, len(factory.running[index]), len(factory.waiting[index])))
        for unit in [unit for unit in factory.questions if unit in demand._handed]:
            demand.hear_worker(0, {unit: factory.unfinished(unit)})
            if not factory.unfinished(unit):
                demand.take_back(unit)
        while units < total and demand.wants_more():
            demand.hand(f"{units}", 0, UNIT)
            starting.append((factory.now + 0.3, f"{units}"))
            units += 1
        for _ in range(20):
            factory.step()
            while starting and starting[0][0] <= factory.now:
                factory.begin(starting.popleft()[1])
    assert min(factory.busy) / (slots * (factory.now - 0.3)) >= 0.95
    assert factory.most_waiting <= UNIT * FIRST + slots
