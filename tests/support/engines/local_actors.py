"""Generators in this process behind handles like Ray's, which die, hang and refuse to start when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from ray.exceptions import ActorDiedError

from actors.generator import Generator
from factory.errors import BadInput

ACTOR: ContextVar[LocalActor] = ContextVar("actor")


class LocalActor:
    """Handle of a generator: `handle.method.remote(...)` returns something to await.

    * `deaths`: how often it died; Ray would start it anew each time, and so does this, at once.
    * `calls`: names of the methods that were called.
    * `hangs`: True while no call is answered.
    """

    def __init__(self, make: Callable[[], Generator]) -> None:
        self._make = make
        self._pending: set[asyncio.Future[Any]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.generator = make()
        self.deaths = 0
        self.calls: list[str] = []
        self.hangs = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def remote(*arguments: Any) -> asyncio.Future[Any]:
            self.calls.append(name)
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._pending.add(answer)
            answer.add_done_callback(self._pending.discard)
            task = asyncio.ensure_future(self._call(name, arguments, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return answer

        return SimpleNamespace(remote=remote)

    async def _call(self, name: str, arguments: tuple[Any, ...], answer: asyncio.Future[Any]) -> None:
        """Call the generator; all it starts knows this actor."""
        ACTOR.set(self)
        await asyncio.sleep(0)
        while self.hangs:
            await asyncio.sleep(0.01)
        try:
            result = await getattr(self.generator, name)(*arguments)
        except Exception as error:
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # nobody may be there to hear it
        else:
            if not answer.done():
                answer.set_result(result)

    def die(self) -> None:
        """Die, and be started anew."""
        self.deaths += 1
        self.generator = self._make()
        for answer in list(self._pending):
            if not answer.done():
                answer.set_exception(ActorDiedError())
                answer.exception()


def local_actor(kind: str, config: dict[str, Any]) -> LocalActor:
    """Return the handle of a generator with an engine of this kind."""
    return LocalActor(lambda: Generator(kind, config, "none"))


class Stuck(Generator):
    """Generator that starts a number of times, and never again."""

    starts = 0
    trouble: Exception = BadInput("no memory left")

    async def _start(self) -> None:
        type(self).starts -= 1
        if type(self).starts < 0:
            raise type(self).trouble
        await super()._start()


def stuck(starts: int, trouble: Exception = Stuck.trouble) -> LocalActor:
    """Return an actor whose engine starts so many times."""
    kind = type("StuckOnce", (Stuck,), {"starts": starts, "trouble": trouble})
    return LocalActor(lambda: kind("simulated", {}, "none"))
