"""Actors for the length of a block: started under names of their own, asked with a limit, gone at the end."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from actors.remote_models import brief, original_error
from factory.errors import FactoryError

CLOSE_TIMEOUT_S = 20.0
HURRIED_CLOSE_S = 2.0  # after a Ctrl-C that wants an end at once; what is left then is killed


class Started:
    """Starts actors under names nobody else has, and remembers them in order."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def __call__(
        self, count: int, actor: type, options: dict[str, Any], *arguments: Any, **keywords: Any
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for _ in range(count):
            name = f"{actor.__name__}-{uuid.uuid4().hex[:12]}"  # a Ray session may see several fleets
            made[name] = ray.remote(actor).options(**options, name=name).remote(*arguments, **keywords)
            self.all.append(made[name])
        return made


@contextlib.contextmanager
def actor_scope() -> Iterator[Started]:
    """Actors for the block, the last started ended first; those that have a `close` get time for it."""
    started, limit_s = Started(), CLOSE_TIMEOUT_S
    try:
        yield started
    except KeyboardInterrupt:
        limit_s = HURRIED_CLOSE_S
        raise
    finally:
        close(started.all[::-1], limit_s)


def close(actors: Sequence[Any], limit_s: float) -> None:
    """End every actor; engines and checkers end their processes."""
    closing = [actor.close.remote() for actor in actors if hasattr(actor, "close")]
    for actor in actors:
        if not hasattr(actor, "close"):
            ray.kill(actor)
    if closing:
        ray.wait(closing, num_returns=len(closing), timeout=limit_s)
    for actor in actors:
        ray.kill(actor)


def answers(refs: list[Any], timeout_s: float) -> list[Any]:
    """What the actors answer, or the user's mistake behind their silence."""
    try:
        return ray.get(refs, timeout=timeout_s)
    except GetTimeoutError:
        raise FactoryError(f"actors did not start within cluster.start_timeout_s = {timeout_s:.0f} s") from None
    except RayTaskError as error:
        raise original_error(error) from None
    except RayActorError as error:
        raise FactoryError(f"an actor died while starting: {brief(error)}") from None
