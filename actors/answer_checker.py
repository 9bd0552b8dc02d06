"""The Ray shell of the answer checker; all it knows is in `actors/checking/pool.py`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from actors.checking.metrics import CheckerMetrics
from actors.checking.pool import CheckerPool
from factory.types import Question, Verdict


class AnswerChecker:
    """An actor around one `CheckerPool`; made one by the caller with `ray.remote(AnswerChecker)`.

    `kind`, `config`, `workers` and `timeout_s` are those of `CheckerPool`. `ready` raises `BadInput` for a checker that
    cannot be used on the actor's machine; a constructor's errors lose their type on the way through Ray.
    """

    def __init__(self, kind: str, config: dict[str, Any], *, workers: int = 2, timeout_s: float | None = None) -> None:
        self._kind = kind
        self._make = partial(CheckerPool, kind, config, workers=workers, timeout_s=timeout_s)
        self._made: CheckerPool | None = None

    async def ready(self) -> None:
        """Answers once the checker can be used."""
        self._pool()

    async def check(self, batch: list[tuple[Question, str]]) -> list[Verdict]:
        """One verdict per (question, completion text), in order. Raises `CheckerFailed` when no worker can be had."""
        pool = self._pool()
        settled = pool.settle(batch)
        verdicts = [verdict for verdict in settled if verdict is not None]
        if len(verdicts) == len(batch):
            return verdicts  # nearly always; saves the hop to a thread
        open_items = [item for item, verdict in zip(batch, settled, strict=True) if verdict is None]
        waiting = [asyncio.wrap_future(future) for future in pool.submit(open_items)]
        try:
            found = iter(await asyncio.gather(*waiting))
        except BaseException:  # the caller has given up, or the pool was closed: nobody waits for the rest
            for future in waiting:
                future.cancel()
            raise
        return [next(found) if verdict is None else verdict for verdict in settled]

    async def stats(self) -> dict[str, float]:
        """`CheckerPool.stats`."""
        return self._pool().stats

    async def close(self) -> None:
        """End the pool's processes. Safe to call twice."""
        if self._made is not None:
            await asyncio.to_thread(self._made.close)

    def _pool(self) -> CheckerPool:
        """Made when first needed: Ray restarts an actor without calling `ready` again."""
        if self._made is None:
            self._made = self._make(observe=CheckerMetrics(self._kind).observe)
        return self._made
