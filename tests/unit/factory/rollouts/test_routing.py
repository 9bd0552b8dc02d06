"""Tests of which engine gets a question's next request."""

from __future__ import annotations

from collections import Counter

import hypothesis
from hypothesis import strategies as st

from factory.rollouts.routing import EngineLoad, preferred, route

IDS = [f"gsm8k-{number}" for number in range(400)]


def loads(*samples: int, slots: int = 16, pace: float = 1.0) -> list[EngineLoad]:
    return [EngineLoad(samples=held, slots=slots, pace=pace) for held in samples]


def test_a_question_keeps_its_engine_and_questions_spread():
    homes = Counter(route(question, loads(0, 0, 0, 0)) for question in IDS)
    assert homes == Counter(route(question, loads(3, 9, 16, 12)) for question in IDS)
    assert min(homes[engine] for engine in range(4)) > 60


def test_home_is_kept_while_a_slot_is_nearly_free_and_left_when_the_wait_is_longer_than_a_prefix_is_worth():
    home, other = preferred(IDS[0], 2)
    held = [0, 0]
    for waiting, expected in ((3, home), (4, other)):
        held[home] = 16 + waiting
        assert route(IDS[0], loads(*held)) == expected
    held[other] = held[home]
    assert route(IDS[0], loads(*held)) == home


def test_an_engine_of_few_slots_holds_little():
    home, other = preferred(IDS[0], 2)
    held = [0, 0]
    held[home] = 16  # four times what it computes; a constant of 64 would have called that little
    assert route(IDS[0], loads(*held, slots=4)) == other
    assert route(IDS[0], loads(*held, slots=1000)) == home


def test_questions_of_an_engine_that_is_gone_spread_and_the_others_stay():
    before = [route(question, loads(0, 0, 0, 0)) for question in IDS]
    engines = loads(0, 0, 0, 0)
    engines[2] = EngineLoad(slots=16, open=False)
    after = [route(question, engines) for question in IDS]
    assert all(new == old for old, new in zip(before, after, strict=True) if old != 2)
    assert set(Counter(new for old, new in zip(before, after, strict=True) if old == 2)) == {0, 1, 3}


def test_no_engine_gets_anything_when_all_are_closed():
    assert route("q", [EngineLoad(open=False)] * 3) is None
    assert route("q", []) is None


def shared(paces: list[float], in_flight: int, slots: int = 16) -> list[float]:
    """Samples done per engine, relative to what it can do, when so many are kept in flight for a while."""
    held = [0.0] * len(paces)
    done = [0.0] * len(paces)
    question = 0
    for _ in range(4000):
        for index, pace in enumerate(paces):
            left = min(held[index], slots) * 0.01 / pace
            held[index] -= left
            done[index] += left
        while sum(held) < in_flight:
            engines = [
                EngineLoad(samples=round(count), slots=slots, pace=pace)
                for count, pace in zip(held, paces, strict=True)
            ]
            chosen = route(str(question), engines)
            assert chosen is not None
            held[chosen] += 1
            question += 1
    return [count / (slots * 40 / pace) for count, pace in zip(done, paces, strict=True)]


def test_a_slow_engine_is_as_busy_as_the_others_under_load_and_holds_nobody_up():
    busy = shared([1.0, 1.0, 1.0, 5.0], in_flight=72)
    assert min(busy) > 0.93


def test_a_slow_engine_is_left_alone_while_others_have_room():
    engines = loads(4, 4, 4, 0)
    engines[3] = EngineLoad(samples=0, slots=16, pace=5.0)
    assert 3 not in {route(question, engines) for question in IDS}


@hypothesis.given(
    st.lists(st.builds(EngineLoad, samples=st.integers(0, 5000), slots=st.integers(0, 300)), min_size=1, max_size=8),
    st.text(),
)
def test_no_engine_is_chosen_that_has_much_more_waiting_than_another(engines: list[EngineLoad], question: str):
    chosen = route(question, engines)
    assert chosen is not None
    waits = [max(0, engine.samples + 1 - (engine.slots or 64)) / (engine.slots or 64) for engine in engines]
    assert waits[chosen] <= min(waits) + 0.25
