"""Answer checker: Ray shell of `actors/checking/pool.py`, which does all the work."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from actors import json_log
from actors.checking.metrics import CheckerMetrics
from actors.checking.pool import CheckerPool
from actors.metering import RayMeter
from factory.types import Question, Verdict


class AnswerChecker:
    """Actor around one `CheckerPool`; made by the caller with `ray.remote(AnswerChecker)`.

    `ready` raises `BadInput` for a checker that cannot be used on the actor's machine; a constructor's errors lose
    their type on the way through Ray.

    Args:
      kind: plug-in of `factory/checkers/`, or a dotted path.
      config: its settings.
      workers: processes that check at the same time.
      timeout_s: seconds for one item; None for the checker's own limit.
    """

    def __init__(self, kind: str, config: dict[str, Any], *, workers: int = 2, timeout_s: float | None = None) -> None:
        json_log.begin()
        self._kind = kind
        self._make = partial(CheckerPool, kind, config, workers=workers, timeout_s=timeout_s)
        self._made: CheckerPool | None = None

    async def ready(self) -> None:
        """Return once the checker can be used. Raises `BadInput`."""
        self._pool()

    async def check(self, batch: list[tuple[Question, str]]) -> list[Verdict]:
        """Return one verdict per (question, completion text), in order.

        Raises `CheckerFailed` when no worker can be had.
        """
        pool = self._pool()
        settled = pool.settle(batch)
        verdicts = [verdict for verdict in settled if verdict is not None]
        if len(verdicts) == len(batch):
            # Nearly always; saves the hop to a thread.
            return verdicts
        open_items = [item for item, verdict in zip(batch, settled, strict=True) if verdict is None]
        waiting = [asyncio.wrap_future(future) for future in pool.submit(open_items)]
        try:
            answers = iter(await asyncio.gather(*waiting))
        except BaseException:
            # The caller has given up, or the pool was closed: nobody waits for the rest.
            for future in waiting:
                future.cancel()
            raise
        return [next(answers) if verdict is None else verdict for verdict in settled]

    async def stats(self) -> dict[str, float]:
        """Return `CheckerPool.stats`."""
        return self._pool().stats

    async def close(self) -> None:
        """End the pool's processes. Safe to call twice."""
        if self._made is not None:
            await asyncio.to_thread(self._made.close)

    def _pool(self) -> CheckerPool:
        """Return the pool, made when first needed: Ray restarts an actor without calling `ready` again."""
        if self._made is None:
            self._made = self._make(observe=CheckerMetrics(RayMeter(), self._kind).observe)
        return self._made
