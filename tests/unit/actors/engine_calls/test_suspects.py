"""Groups of suspects, and the ward they are tried in."""

from __future__ import annotations

import asyncio

from actors.engine_calls.suspects import Trial, halves
from actors.engine_calls.ward import Ward
from factory.types import GenerateRequest


def trials(count: int) -> list[Trial]:
    return [Trial(GenerateRequest(question_id=str(number), prompt="")) for number in range(count)]


def test_halves_hold_everybody_once_and_differ_by_one_at_most():
    for count in range(10):
        group = trials(count)
        parts = halves(group)
        assert [trial for part in parts for trial in part] == group
        assert all(0 <= len(parts[0]) - len(part) <= 1 for part in parts)
        assert len(parts) == min(2, count)


async def entered(ward: Ward, client: str, order: list[str]) -> None:
    await ward.enter(client)
    order.append(client)


async def test_clients_have_the_ward_one_after_the_other():
    ward, order = Ward(), []
    waiting = [asyncio.create_task(entered(ward, client, order)) for client in "abc"]
    await asyncio.sleep(0.01)
    assert order == ["a"]
    waiting[1].cancel()  # gives up while it waits
    await asyncio.sleep(0)
    ward.leave("b")  # never was in
    assert order == ["a"]
    ward.leave("a")
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == ["a", "c"]


async def test_a_client_that_stays_for_ever_has_to_leave():
    ward, order = Ward(), []
    await ward.enter("a")
    waiting = asyncio.create_task(entered(ward, "b", order))
    await asyncio.sleep(0)
    ward.expire(float("inf"))
    await waiting
    assert order == ["b"]
