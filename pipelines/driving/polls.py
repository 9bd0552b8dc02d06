"""Polls: what many actors say of themselves, asked again and again without waiting for any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayActorError, RayTaskError

from actors.calls import original_error

# Calls to all actors together, per second: a cluster of hundreds is asked less often.
CALLS_PER_S = 500.0
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class News(Generic[K]):
    """Answer of one actor, the one that is known by `key`; None where it is silent, or `dead`."""

    key: K
    said: Any
    dead: bool = False


class Polls(Generic[K]):
    """Calls to actors that come and go, one at a time to each, so that a silent one costs nothing but its own news.

    Args:
      ask: sends the question to the actor of a key, and returns the reference to its answer.
      keys: keys of the actors that are there at first.
      every_s: seconds between two questions to the same actor.
      silent_s: seconds without an answer after which an actor counts as silent.
    """

    def __init__(self, ask: Callable[[K], Any], keys: Iterable[K], every_s: float, silent_s: float = 5.0) -> None:
        self._ask = ask
        self._keys = dict.fromkeys(keys)
        self._every_s = every_s
        self._silent_s = silent_s
        self._calls: dict[K, tuple[Any, float]] = {}
        self._silent: set[K] = set()
        self._next = 0.0

    def add(self, key: K) -> None:
        """Ask this one, too, from the next round on."""
        self._keys[key] = None

    def remove(self, key: K) -> None:
        """Ask this one no more; what it has not answered yet is not waited for."""
        self._keys.pop(key, None)
        self._calls.pop(key, None)
        self._silent.discard(key)

    def due(self, now: float) -> bool:
        """Ask every actor that has answered, if it is time; return whether it was. `now` is monotonic, in seconds."""
        if now < self._next:
            return False
        self._next = now + max(self._every_s, len(self._keys) / CALLS_PER_S)
        for key in self._keys:
            if key not in self._calls:
                self._calls[key] = (self._ask(key), now)
        return True

    def answers(self, now: float) -> Iterator[News[K]]:
        """Yield the news of those that answered since the last time; once, too, of one that is dead or silent.

        Raises what an actor raised.
        """
        calls = {ref: key for key, (ref, _) in self._calls.items()}
        ready, left = ray.wait([*calls], num_returns=len(calls), timeout=0) if calls else ([], [])
        for ref in ready:
            key = calls[ref]
            del self._calls[key]
            self._silent.discard(key)
            try:
                yield News(key, ray.get(ref))
            except RayTaskError as error:
                raise original_error(error) from None
            except RayActorError:
                yield News(key, None, dead=True)
        for ref in left:
            key = calls[ref]
            if key not in self._silent and now - self._calls[key][1] > self._silent_s:
                self._silent.add(key)
                yield News(key, None)

    def late(self, now: float, seconds: float) -> list[K]:
        """Return the keys of those that were asked more than `seconds` ago and have not answered yet."""
        return [key for key, (_, asked) in self._calls.items() if now - asked > seconds]
