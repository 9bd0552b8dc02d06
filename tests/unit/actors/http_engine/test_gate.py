"""Gate: requests pass as servers have room, to the one with their prefixes, and wait when none is open."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from actors.http_engine.gate import Gate
from actors.http_engine.room import Room
from actors.http_engine.servers import Server, Servers
from factory.errors import FactoryError


def gate(*limits: int, outage_s: float = 60.0) -> Gate:
    servers = [Server(f"http://{number}/v1", Room(limit, limit, limit)) for number, limit in enumerate(limits)]
    return Gate(Servers(servers), outage_s)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_pass_than_there_is_room_and_the_others_follow_in_order() -> None:
    one = gate(4)
    passed: list[int] = []

    async def enter(number: int) -> None:
        await one.enter(f"q{number}", 2)
        passed.append(number)

    tasks = [asyncio.ensure_future(enter(number)) for number in range(5)]
    await turns()
    assert (passed, one.waiting) == ([0, 1], 6)
    one.leave(one.servers.all[0], 2)
    await turns()
    assert passed == [0, 1, 2]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert one.waiting == 0


async def test_a_request_larger_than_the_room_passes_alone() -> None:
    one = gate(4)
    server, trial = await one.enter("q", 64)
    assert (server.room.held, trial) == (64, False)


async def test_a_question_goes_to_the_same_server_while_it_has_room() -> None:
    two = gate(100, 100)
    chosen = {question: (await two.enter(question, 1))[0] for question in map(str, range(20))}
    assert len(set(chosen.values())) == 2
    assert all([(await two.enter(question, 1))[0] is server for question, server in chosen.items()])


async def test_a_server_with_room_takes_what_waits_for_another() -> None:
    two = gate(2, 2)
    entered = await asyncio.gather(*(two.enter("same", 1) for _ in range(4)))
    assert Counter(server.url for server, _ in entered) == {"http://0/v1": 2, "http://1/v1": 2}


async def test_what_waits_for_a_server_that_is_left_alone_goes_to_the_others() -> None:
    two = gate(1, 1)
    first, second = [(await two.enter("same", 1))[0] for _ in range(2)]
    waiting = asyncio.ensure_future(two.enter("same", 1))
    await turns()
    first.failed(time.monotonic(), False, "gone", gone=True)
    two.leave(first, 1)
    two.leave(second, 1)
    assert (await waiting)[0] is second


async def test_one_request_tries_a_server_that_failed_and_the_others_wait_for_it() -> None:
    one = gate(8)
    server, _ = await one.enter("q", 1)
    server.failed(time.monotonic(), False, "gone", gone=True)
    one.leave(server, 1)
    tasks = [asyncio.ensure_future(one.enter(f"q{number}", 1)) for number in range(3)]
    (done, *_), _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=60)
    assert done.result() == (server, True)
    assert server.room.held == 1
    server.worked(time.monotonic(), time.monotonic(), 1, 10)
    one.leave(server, 1)
    assert [trial for _, trial in await asyncio.gather(*tasks)] == [True, False, False]


async def test_a_request_without_samples_is_not_forgotten_while_all_are_closed() -> None:
    one = gate(8)
    server, _ = await one.enter("q", 0)
    server.failed(time.monotonic(), False, "gone", gone=True)
    one.leave(server, 0)
    assert await asyncio.wait_for(one.enter("q", 0), 60) == (server, True)


async def test_after_an_outage_all_who_wait_hear_of_it_once() -> None:
    one = gate(8, outage_s=0.05)
    server, _ = await one.enter("q", 1)
    now = time.monotonic()
    server.failed(now, False, "connection refused", gone=True)
    one.servers.failed(now)
    one.leave(server, 1)
    with pytest.raises(FactoryError, match="connection refused"):
        await one.enter("q", 1)
    # Whoever asks later gets the whole time again.
    assert one.servers.since is None


async def test_who_stops_waiting_takes_no_room() -> None:
    one = gate(1)
    await one.enter("q", 1)
    waiting = asyncio.ensure_future(one.enter("q", 1))
    await turns()
    one.leave(one.servers.all[0], 1)
    # It may pass, and is cancelled before it knows.
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (one.servers.all[0].room.held, one.waiting) == (0, 0)


async def test_a_busy_server_is_left_alone_for_as_long_as_it_says() -> None:
    one = gate(8)
    server = one.servers.all[0]
    server.busy(100.0, 99.0, False, 7.0, "HTTP 429")
    assert (server.is_open(106.9), server.is_open(107.0)) == (False, True)
    assert server.opens_at(100.0) == 107.0


async def test_a_busy_server_that_names_no_time_is_left_alone_ever_longer() -> None:
    server = gate(8).servers.all[0]
    server.busy(100.0, 99.0, False, None, "HTTP 429")
    first = server.opens_at(100.0)
    server.busy(200.0, 199.0, False, None, "HTTP 429")
    second = server.opens_at(200.0)
    assert first is not None
    assert second is not None
    assert 0.37 < first - 100.0 < 0.63 < 0.74 < second - 200.0


async def test_an_hours_wait_is_not_taken_at_its_word() -> None:
    server = gate(8).servers.all[0]
    server.busy(100.0, 99.0, False, 3600.0, "HTTP 429")
    assert server.is_open(221.0)
