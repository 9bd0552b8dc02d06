"""The Ray shell of the answer checker; all it knows is in `actors/checker_pool.py`."""

from __future__ import annotations

import asyncio
from typing import Any

from actors.checker_pool import CheckerPool
from factory.types import Question, Verdict


class AnswerChecker:
    """An async actor around one `CheckerPool`; made an actor by the caller with `ray.remote(AnswerChecker)`.

    The arguments are those of `CheckerPool`. Raises `BadInput` for a kind or config that cannot be used.
    """

    def __init__(
        self, kind: str, config: dict[str, Any], *, workers: int = 2, timeout_s: float = 5.0, memory_mb: int = 2048
    ) -> None:
        self._pool = CheckerPool(kind, config, workers=workers, timeout_s=timeout_s, memory_mb=memory_mb)

    async def check(self, batch: list[tuple[Question, str]]) -> list[Verdict]:
        """One verdict per (question, completion text), in order. Raises `CheckerFailed` when no worker can be had."""
        settled = self._pool.settle(batch)
        verdicts = [verdict for verdict in settled if verdict is not None]
        if len(verdicts) == len(batch):
            return verdicts  # nearly always; saves the hop to a thread
        return await asyncio.to_thread(self._pool.finish, batch, settled)

    async def stats(self) -> dict[str, int]:
        """`CheckerPool.stats`."""
        return self._pool.stats

    async def close(self) -> None:
        """End the pool's processes. Safe to call twice."""
        await asyncio.to_thread(self._pool.close)
