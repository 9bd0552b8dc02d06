"""Errors of ours across Ray: they arrive at the caller as what they were raised as."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
import ray
from support.waiting import HANGS_S

from actors.calls import within
from factory import errors

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
ERRORS = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)]


@ray.remote(num_cpus=0)
def fail(error: type[Exception]) -> None:
    raised: Any = error("got a, expected b")
    raised.attempts = 7
    raise raised


def test_every_error_keeps_type_message_and_attempts() -> None:
    async def caught(error: type[Exception]) -> Any:
        with pytest.raises(errors.FactoryError) as failed:
            await within(fail.remote(error), HANGS_S)
        return failed.value

    async def all_caught() -> list[Any]:
        return await asyncio.gather(*map(caught, ERRORS))

    found = asyncio.run(all_caught())
    assert [(type(error), str(error), error.attempts) for error in found] == [
        (error, "got a, expected b", 7) for error in ERRORS
    ]
