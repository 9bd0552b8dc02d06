"""Answer checkers that come and go while they are asked."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import ActorDiedError
from support.engines.asking import until

from actors.calls import CallPatience
from actors.checking.checks import CheckFlow, Checks
from factory.errors import CheckerFailed
from factory.types import Outcome, Question, Verdict

QUESTION = Question(text="?", gold="7")


class Checker:
    """Handle of a checker: `asked` are the texts it got, it answers when `open` is set, or is dead."""

    def __init__(self, *, dead: bool = False) -> None:
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self._dead = dead
        self.check = SimpleNamespace(remote=self._check)
        self.__ray_ready__ = SimpleNamespace(remote=lambda: asyncio.sleep(3600))

    async def _check(self, batch: list[tuple[Question, str]]) -> list[Verdict]:
        self.asked += [text for _, text in batch]
        if self._dead:
            raise ActorDiedError
        await self.open.wait()
        return [Verdict(outcome=Outcome.CORRECT, answer=text) for _, text in batch]


def over(checkers: dict[str, Checker], **patience: Any) -> Checks:
    return Checks(checkers, CallPatience(**patience), CheckFlow(batch=2, in_flight=1))


def checking(checks: Checks, *texts: str) -> list[asyncio.Task[Verdict]]:
    return [asyncio.create_task(checks(QUESTION, text)) for text in texts]


async def test_a_checker_that_comes_gets_checks_and_one_that_leaves_ends_what_it_has() -> None:
    first, second = Checker(), Checker()
    checks = over({"a": first})
    [held] = checking(checks, "held")
    await until(lambda: first.asked)
    second.open.set()
    checks.update({"a": first, "b": second}, leaving={"a"})
    answers = await asyncio.gather(*checking(checks, "x", "y", "z"))
    assert [answer.answer for answer in answers] == second.asked == ["x", "y", "z"]
    first.open.set()
    assert (await held).answer == "held"
    assert first.asked == ["held"]


async def test_what_a_checker_has_that_is_gone_goes_to_another_and_counts_no_try() -> None:
    first, second = Checker(), Checker()
    checks = over({"a": first}, attempts=1)
    tasks = checking(checks, *"vwxyz")  # one call of two, the others wait for it
    await until(lambda: first.asked == ["v", "w"])
    second.open.set()
    checks.update({"b": second})
    assert [answer.answer for answer in await asyncio.gather(*tasks)] == list("vwxyz")
    assert first.asked == ["v", "w"]


async def test_a_dead_checker_is_waited_for_only_while_it_is_one() -> None:
    dead, sound = Checker(dead=True), Checker()
    checks = over({"a": dead})
    [task] = checking(checks, "x")
    await until(lambda: dead.asked)
    sound.open.set()
    checks.update({"b": sound})
    assert (await task).answer == "x"


async def test_checkers_that_all_leave_are_asked_until_they_are_gone() -> None:
    only = Checker()
    only.open.set()
    checks = over({"a": only})
    checks.update({"a": only}, leaving={"a"})
    assert (await checks(QUESTION, "x")).answer == "x"


async def test_without_a_checker_one_is_waited_for_but_not_for_ever() -> None:
    checks, only = over({}), Checker()
    only.open.set()
    [task] = checking(checks, "x")
    await asyncio.sleep(0)
    checks.update({"a": only})
    assert (await task).answer == "x"
    with pytest.raises(CheckerFailed, match="no answer checker, and none has come for 0 s"):
        await over({}, restart_s=0.01)(QUESTION, "x")
