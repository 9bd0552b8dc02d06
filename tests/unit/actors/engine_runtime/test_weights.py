"""Weights an engine answers with: never two sets at once, and whatever ends a call, the next one gets through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import hypothesis
import pytest
from hypothesis import strategies as st

from actors.engine_runtime.weights import Weights

SOON_S = 10.0


class Engine:
    """Remembers what was loaded. `failures`: how many of the next loads fail."""

    def __init__(self, failures: int = 0) -> None:
        self.loaded: list[str | None] = []
        self.failures = failures
        self.weights = Weights(self.load)

    async def load(self, wanted: str | None) -> None:
        self.loaded.append(wanted)
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("half way")

    async def ask(self, wanted: str | None, until: Callable[[], Awaitable[object]] | None = None) -> str | None:
        async with self.weights.using(wanted):
            if until is not None:
                await until()
            return self.weights.current


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_first_weights_are_there_without_loading() -> None:
    engine = Engine()
    assert await engine.ask(None) is None
    assert engine.loaded == []


async def test_what_is_there_is_not_loaded_again() -> None:
    engine = Engine()
    assert [await engine.ask(wanted) for wanted in ("a", "a", None, None, "a")] == ["a", "a", None, None, "a"]
    assert engine.loaded == ["a", None, "a"]


async def test_many_who_want_the_same_share_one_load_and_are_served_at_a_time() -> None:
    engine, together = Engine(), asyncio.Barrier(5)
    async with asyncio.timeout(SOON_S):
        assert await asyncio.gather(*(engine.ask("a", together.wait) for _ in range(5))) == ["a"] * 5
    assert engine.loaded == ["a"]


async def test_who_wants_others_waits_until_the_last_user_has_left() -> None:
    engine, ends = Engine(), [asyncio.Event(), asyncio.Event()]
    users = [asyncio.create_task(engine.ask("a", end.wait)) for end in ends]
    await settled()
    waiting = asyncio.create_task(engine.ask("b"))
    for end in ends:
        await settled()
        assert engine.loaded == ["a"]
        end.set()
    async with asyncio.timeout(SOON_S):
        assert await asyncio.gather(*users, waiting) == ["a", "a", "b"]


@pytest.mark.parametrize("then", ["a", "b", None])
async def test_after_a_load_that_failed_the_next_call_loads_whatever_it_wants(then: str | None) -> None:
    engine = Engine()
    await engine.ask("a")
    engine.failures = 1
    with pytest.raises(RuntimeError, match="half way"):
        await engine.ask("b")
    assert await engine.ask(then) == then
    assert engine.loaded == ["a", "b", then]


async def test_a_load_that_failed_fails_nobody_else_who_waits() -> None:
    engine, end = Engine(), asyncio.Event()
    user = asyncio.create_task(engine.ask(None, end.wait))
    await settled()
    engine.failures = 1
    waiting = [asyncio.create_task(engine.ask("b")) for _ in range(3)]
    await settled()
    end.set()
    async with asyncio.timeout(SOON_S):
        found = await asyncio.gather(user, *waiting, return_exceptions=True)
    assert sorted(map(str, found)) == ["None", "b", "b", "half way"]


async def test_a_load_that_was_cancelled_counts_as_failed() -> None:
    engine = Engine()
    loading = asyncio.create_task(engine.ask("a"))
    await asyncio.sleep(0)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    await engine.ask(None)
    assert engine.loaded == ["a", None]


async def test_who_is_cancelled_while_waiting_is_in_nobodys_way() -> None:
    engine, end = Engine(), asyncio.Event()
    user = asyncio.create_task(engine.ask("a", end.wait))
    await settled()
    cancelled, waiting = (asyncio.create_task(engine.ask(wanted)) for wanted in ("b", "c"))
    await settled()
    cancelled.cancel()
    await settled()
    end.set()
    async with asyncio.timeout(SOON_S):
        assert await asyncio.gather(user, waiting) == ["a", "c"]
    assert engine.loaded == ["a", "c"]


async def test_an_error_in_the_block_leaves_like_any_end() -> None:
    engine = Engine()
    with pytest.raises(ValueError, match="theirs"):
        async with engine.weights.using("a"):
            raise ValueError("theirs")
    async with asyncio.timeout(SOON_S):
        assert await engine.ask("b") == "b"


CALLS = st.lists(
    st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8
)  # (wanted, ticks until it comes, ticks it takes)


@hypothesis.given(CALLS, st.lists(st.booleans(), max_size=10))
def test_no_two_sets_are_in_use_at_once_nor_is_one_loaded_meanwhile(
    calls: list[tuple[str | None, int, int]], failing: list[bool]
) -> None:
    asyncio.run(_mixed(calls, failing, []))


@hypothesis.given(CALLS, st.lists(st.integers(0, 7), min_size=1, max_size=12))
def test_calls_that_are_cancelled_at_any_moment_are_in_nobodys_way(
    calls: list[tuple[str | None, int, int]], cancelled: list[int]
) -> None:
    asyncio.run(_mixed(calls, [], cancelled))


async def _mixed(calls: list[tuple[str | None, int, int]], failing: list[bool], cancelled: list[int]) -> None:
    """All calls, then one more; loads fail as `failing` says, and at every tick one of the calls is cancelled."""
    using: list[str | None] = []
    fails = list(failing)

    async def load(wanted: str | None) -> None:
        assert not using
        await asyncio.sleep(0)
        assert not using
        if fails and fails.pop():
            raise RuntimeError("no such weights")

    weights = Weights(load)

    async def call(wanted: str | None, comes: int, takes: int) -> None:
        for _ in range(comes):
            await asyncio.sleep(0)
        async with weights.using(wanted):
            using.append(wanted)
            try:
                for _ in range(takes):
                    assert weights.current == wanted
                    assert set(using) == {wanted}
                    await asyncio.sleep(0)
            finally:
                using.remove(wanted)

    tasks = [asyncio.create_task(call(*each)) for each in calls]
    for number in cancelled:
        await asyncio.sleep(0)
        tasks[number % len(tasks)].cancel()
    async with asyncio.timeout(SOON_S):
        found = await asyncio.gather(*tasks, return_exceptions=True)
        fails.clear()
        await call("c", 0, 1)
    assert not [one for one in found if one is not None and not isinstance(one, RuntimeError | asyncio.CancelledError)]
