"""Polls: what many actors say of themselves, asked again and again without waiting for any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from actors.calls import original_error

# Calls to all actors together, per second: a cluster of thousands is asked less often.
CALLS_PER_S = 2000.0


class Polls:
    """Calls to a set of actors, one at a time to each, so that a silent one costs nothing but its own news.

    Args:
      ask: sends the question to the actor of an index, and returns the reference to its answer.
      count: number of actors.
      every_s: seconds between two questions to the same actor.
      silent_s: seconds without an answer after which an actor counts as silent.
    """

    def __init__(self, ask: Callable[[int], Any], count: int, every_s: float, silent_s: float = 5.0) -> None:
        self._ask = ask
        self._count = count
        self._every_s = max(every_s, count / CALLS_PER_S)
        self._silent_s = silent_s
        self._calls: dict[int, tuple[Any, float]] = {}
        self._silent: set[int] = set()
        self._next = 0.0

    def due(self, now: float) -> bool:
        """Ask every actor that has answered, if it is time; return whether it was. `now` is monotonic, in seconds."""
        if now < self._next:
            return False
        self._next = now + self._every_s
        for index in range(self._count):
            if index not in self._calls:
                self._calls[index] = (self._ask(index), now)
        return True

    def answers(self, now: float) -> Iterator[tuple[int, Any]]:
        """Yield (index, answer) of those that answered since the last time; None once for one that is dead or silent.

        Raises what an actor raised.
        """
        calls = {ref: index for index, (ref, _) in self._calls.items()}
        ready, left = ray.wait([*calls], num_returns=len(calls), timeout=0) if calls else ([], [])
        for ref in ready:
            index = calls[ref]
            del self._calls[index]
            self._silent.discard(index)
            try:
                yield index, ray.get(ref)
            except RayTaskError as error:
                raise original_error(error) from None
            except RayActorError:
                yield index, None
        for ref in left:
            index = calls[ref]
            if index not in self._silent and now - self._calls[index][1] > self._silent_s:
                self._silent.add(index)
                yield index, None

    def late(self, now: float, seconds: float) -> list[int]:
        """Return the indices of those that were asked more than `seconds` ago and have not answered yet."""
        return [index for index, (_, asked) in self._calls.items() if now - asked > seconds]
