"""Lifetimes of actors: started for a block under names of their own, asked with a time limit, gone at its end."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from actors.calls import brief, original_error
from factory.errors import FactoryError

CLOSE_TIMEOUT_S = 20.0
# Seconds that writers and workers get to end what they are writing. A disk takes milliseconds; on one that does not
# answer, what is left is swept by the next attempt.
WRITTEN_S = 5.0
# Seconds after a Ctrl-C that wants an end at once; actors that are left then are killed.
HURRIED_CLOSE_S = 2.0


class Started:
    """Starter of actors: gives them names nobody else has, and remembers them in order."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def __call__(
        self, count: int, actor: type, options: dict[str, Any], *arguments: Any, **keywords: Any
    ) -> dict[str, Any]:
        """Start actors and return their handles by name, without waiting for any to be ready.

        Args:
          count: how many.
          actor: their class.
          options: Ray's options for each.
          *arguments: positional arguments of the class.
          **keywords: keyword arguments of the class.
        """
        made: dict[str, Any] = {}
        for _ in range(count):
            # A Ray session may see several fleets, so a number would not do.
            name = f"{actor.__name__}-{uuid.uuid4().hex[:12]}"
            made[name] = ray.remote(actor).options(**options, name=name).remote(*arguments, **keywords)
            self.all.append(made[name])
        return made


@contextlib.contextmanager
def actor_scope(limit_s: float = CLOSE_TIMEOUT_S) -> Iterator[Started]:
    """Yield a starter of actors that end with the block, the last started first.

    Actors that have a `close` get `limit_s` seconds for it.
    """
    started = Started()
    try:
        yield started
    except KeyboardInterrupt:
        limit_s = min(limit_s, HURRIED_CLOSE_S)
        raise
    finally:
        close(started.all[::-1], limit_s)


def close(actors: Sequence[Any], limit_s: float) -> None:
    """End every actor, `limit_s` seconds later at most: engines end their processes first, writers what they write."""
    # Ask all that can close themselves, kill the others meanwhile, and then everybody.
    closing = [actor.close.remote() for actor in actors if hasattr(actor, "close")]
    for actor in actors:
        if not hasattr(actor, "close"):
            ray.kill(actor)
    if closing:
        ray.wait(closing, num_returns=len(closing), timeout=limit_s)
    for actor in actors:
        ray.kill(actor)


def answers(refs: list[Any], timeout_s: float) -> list[Any]:
    """Return what the actors answer within `timeout_s` seconds, or raise the user's mistake behind their silence."""
    try:
        return ray.get(refs, timeout=timeout_s)
    except GetTimeoutError:
        raise FactoryError(f"actors did not start within cluster.start_timeout_s = {timeout_s:.0f} s") from None
    except RayTaskError as error:
        raise original_error(error) from None
    except RayActorError as error:
        raise FactoryError(f"an actor died while starting: {brief(error)}") from None
