"""Desk of an engine: order, admission, answers that are kept, clients that are gone, engines that hang."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.engine_calls import desk as desks
from actors.engine_calls.desk import Desk
from actors.engine_calls.mailbox import OpenJob
from actors.engine_calls.occupancy import Occupancy
from actors.engine_calls.wire import Answer, Terms, TookTooLong
from factory.types import GenerateRequest

TERMS = Terms()


def request(number: int, n: int = 1) -> GenerateRequest:
    return GenerateRequest(question_id=f"q{number}", prompt="", n=n, seed=number)


class Engine:
    """Engine that answers when it is told to: `begun` are the seeds it has, in order; `let(seed)` answers one."""

    def __init__(self, slots: int = 0, last_step_s: float | None = None) -> None:
        self.slots = slots
        self.begun: list[int] = []
        self.given_up: list[str] = []
        self._gates: dict[int, asyncio.Event] = {}
        self._last_step_s = last_step_s
        self.occupancy = Occupancy(lambda: self.slots)
        self.desk = Desk(self.compute, self.occupancy, self.last_step_s, self.given_up.append)

    async def compute(self, job: OpenJob) -> Answer:
        self.desk.taken(job)
        seed = job.request.seed
        self.begun.append(seed)
        await self._gates.setdefault(seed, asyncio.Event()).wait()
        return []

    def let(self, *seeds: int) -> None:
        for seed in seeds:
            self._gates.setdefault(seed, asyncio.Event()).set()

    async def last_step_s(self) -> float | None:
        return self._last_step_s

    async def answered(self, client: str = "c", acknowledged: tuple[int, ...] = ()) -> list[int]:
        """Numbers of the answers that a client gets."""
        return [number for number, _ in (await self.desk.collect(client, acknowledged)).answers]

    def submit(self, *numbers: int, client: str = "c", n: int = 1, **terms: Any) -> None:
        jobs = [(number, request(number, n)) for number in numbers]
        self.desk.submit(client, Terms(**terms) if terms else TERMS, jobs, [])


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_jobs_are_admitted_in_order_as_samples_have_room() -> None:
    engine = Engine(slots=16)
    engine.submit(*range(30))
    await turns()
    # 16 slots, and 2 samples that wait so that the engine never starves.
    assert engine.begun == list(range(18))
    assert engine.desk.queued == 12
    engine.let(3)
    await turns()
    assert engine.begun == list(range(19))


async def test_an_engine_that_gets_more_room_is_given_more_though_nothing_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.001)
    engine = Engine(slots=1)
    engine.submit(*range(9))
    await turns()
    assert len(engine.begun) == 2
    engine.slots = 8
    async with asyncio.timeout(60):
        while len(engine.begun) < 9:
            await asyncio.sleep(0.001)


async def test_slots_that_a_groups_first_samples_have_freed_are_used() -> None:
    engine = Engine(slots=16)
    engine.submit(*range(10), n=8)
    await turns()
    # Half of the samples of five groups are done, on the average: 40 samples keep 16 slots busy, 16 would not.
    assert engine.begun == [0, 1, 2, 3, 4]


async def test_an_engine_of_one_slot_gets_a_group_of_any_size() -> None:
    engine = Engine(slots=1)
    engine.submit(1, 2, n=64)
    await turns()
    assert engine.begun == [1]
    engine.let(1)
    await turns()
    assert engine.begun == [1, 2]


async def test_an_answer_comes_again_until_it_is_acknowledged() -> None:
    engine = Engine()
    engine.submit(1, 2)
    assert await engine.answered() == []  # the first reply comes at once
    engine.let(1)
    assert await engine.answered() == [1]
    assert await engine.answered() == [1]
    engine.let(2)
    assert await engine.answered(acknowledged=(1,)) == [2]


async def test_a_repeated_job_is_computed_once() -> None:
    engine = Engine()
    engine.submit(1)
    engine.submit(1)
    engine.let(1)
    await turns()
    engine.submit(1)
    await turns()
    assert engine.begun == [1]


async def test_an_answer_waits_for_others_a_share_of_a_samples_time_while_more_are_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = Engine()
    engine.submit(1, 2, 3)
    assert await engine.answered() == []
    monkeypatch.setattr(desks, "MOST_GATHER_S", 60.0)
    for _ in range(32):
        engine.occupancy.answered(0.5 / desks.GATHER_SHARE, 1, 10)
    collecting = asyncio.create_task(engine.answered())
    engine.let(1)
    await turns()
    engine.let(2)
    assert await collecting == [1, 2]
    # With nothing more to come it does not wait for the minute that it might.
    engine.occupancy.answered(1e9, 1, 10)
    collecting = asyncio.create_task(engine.answered(acknowledged=(1, 2)))
    engine.let(3)
    assert await asyncio.wait_for(collecting, 10) == [3]


async def test_a_client_gets_its_own_answers_only_and_hears_of_others_load() -> None:
    engine = Engine(slots=8)
    engine.submit(1, client="a", n=3)
    engine.submit(1, client="b", n=4)
    engine.let(1)
    assert await engine.answered("a") == await engine.answered("b") == []
    assert await engine.answered("a") == [1]
    engine.submit(2, client="b", n=4)
    figures = (await engine.desk.collect("a", ())).figures
    assert (figures.slots, figures.free, figures.others, figures.clients) == (8, 8, 4, 2)


async def test_a_client_that_is_gone_is_forgotten_and_its_jobs_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    monkeypatch.setattr(desks, "FORGET_S", 0.02)
    engine = Engine(slots=1)
    engine.submit(1, 2, 3)
    while engine.desk.open_jobs:
        await asyncio.sleep(0.005)
    assert engine.desk.queued == 0


async def test_the_clock_of_a_job_begins_when_the_engine_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    engine = Engine(slots=1)
    engine.submit(1, 2)
    engine.submit(3, 4, request_s=0.2)
    await asyncio.sleep(0.4)  # longer than these two may take, while they wait
    assert engine.begun == [1, 2]
    engine.let(1, 2, 3, 4)
    answers = {}
    while len(answers) < 4:
        answers |= dict((await engine.desk.collect("c", tuple(answers))).answers)
    assert answers == {1: [], 2: [], 3: [], 4: []}


async def test_a_job_that_takes_too_long_ends_and_the_engine_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    engine = Engine()
    engine.submit(1, request_s=0.02)
    answers: list[Any] = []
    while not answers:
        answers = list((await engine.desk.collect("c", ())).answers)
    [(number, answer)] = answers
    assert number == 1
    assert isinstance(answer, TookTooLong)
    assert not engine.given_up


async def test_an_engine_that_makes_no_step_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    engine = Engine(last_step_s=1201.0)
    engine.submit(1)
    while not engine.given_up:
        await asyncio.sleep(0.005)
    assert "made no step for 1201 s" in engine.given_up[0]


async def test_a_job_that_is_called_back_before_it_began_leaves_its_room_to_others() -> None:
    engine = Engine(slots=1)
    for number in range(4):
        engine.submit(number)
        engine.desk.submit("c", TERMS, [], [number])
    await turns()
    engine.submit(9)
    await turns()
    assert engine.begun == [9]
    assert engine.desk.open_jobs == 1


async def test_an_engine_that_is_known_to_be_slow_has_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    engine = Engine()
    for _ in range(32):
        engine.occupancy.answered(seconds=1.0, samples=1, tokens=1)
    engine.submit(1, request_s=0.02)  # 1,024 tokens at a second each
    await asyncio.sleep(0.2)
    engine.let(1)
    await turns()
    assert (await engine.desk.collect("c", ())).answers == [(1, [])]


async def test_an_engine_without_figures_is_watched_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    engine = Engine()

    async def broken() -> None:
        raise OSError("its server does not reply")

    engine.desk._last_step_s = broken
    engine.submit(1, 2, request_s=0.02)
    while not engine.given_up:
        await asyncio.sleep(0.005)
    assert "2 requests took too long" in engine.given_up[0]


async def test_a_ward_goes_on_to_the_next_when_its_client_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "SWEEP_S", 0.01)
    monkeypatch.setattr(desks, "FORGET_S", 0.02)
    engine = Engine()
    await engine.desk.enter_ward("gone")
    await asyncio.wait_for(engine.desk.enter_ward("next"), 10)


async def test_a_bug_of_the_engine_reaches_every_client() -> None:
    engine = Engine()

    async def broken(job: OpenJob) -> Answer:
        raise TypeError("a bug")

    engine.desk._compute = broken
    engine.submit(1, client="a")
    assert await engine.answered("b") == []
    with pytest.raises(TypeError, match="a bug"):
        await engine.answered("b")
