"""Queue in front of a model: texts of many requests wait, and are judged in batches, one batch at a time.

Each batch is run in a thread, so that the caller's event loop goes on. While it runs, texts gather for the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from actors.scoring.batches import next_batch

Text = TypeVar("Text")
Judged = TypeVar("Judged")

GATHER_S = 0.002
"""Seconds for which the first text waits for others when nothing runs."""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Text, Judged]):
    """Text that waits for what is judged of it."""

    text: Text
    length: int
    answer: asyncio.Future[Judged]


class BatchQueue(Generic[Text, Judged]):
    """Bounded queue of texts.

    Args:
      judge: judges a batch of texts, in a thread of its own; an exception is raised to all who wait for that batch.
      max_tokens: tokens of a batch, padding included.
      max_rows: texts of a batch.
      bound: texts that wait at most; whoever comes with more waits in front.
    """

    def __init__(
        self, judge: Callable[[Sequence[Text]], Sequence[Judged]], max_tokens: int, max_rows: int, bound: int
    ) -> None:
        self._judge = judge
        self._max_tokens, self._max_rows = max_tokens, max_rows
        self._room = asyncio.Semaphore(bound)
        self._waiting: list[_Waiting[Text, Judged]] = []
        self._batch: list[_Waiting[Text, Judged]] = []
        self._work: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="judge")
        self._step_at = 0.0

    async def judged(self, text: Text, length: int) -> Judged:
        """Return what is judged of a text of so many tokens. Raises what `judge` raises."""
        async with self._room:
            one: _Waiting[Text, Judged] = _Waiting(text, length, asyncio.get_running_loop().create_future())
            self._waiting.append(one)
            if self._work is None or self._work.done():
                self._step_at = time.monotonic()
                self._work = asyncio.ensure_future(self._run())
            return await one.answer

    def idle_s(self) -> float:
        """Return the seconds since the last batch ended, or since there was something to do again; 0 without work."""
        return 0.0 if self._work is None or self._work.done() else time.monotonic() - self._step_at

    def close(self) -> None:
        """Judge nothing more; what waits, or is judged just now, is cancelled."""
        if self._work is not None:
            self._work.cancel()
        for one in (*self._waiting, *self._batch):
            one.answer.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        """Judge batch after batch while texts wait."""
        await asyncio.sleep(GATHER_S)
        while batch := self._taken():
            self._batch = batch
            try:
                texts = [one.text for one in batch]
                judged = await asyncio.get_running_loop().run_in_executor(self._thread, self._judge, texts)
            except Exception as error:
                for one in batch:
                    if not one.answer.done():
                        one.answer.set_exception(error)
            else:
                for one, answer in zip(batch, judged, strict=True):
                    if not one.answer.done():
                        one.answer.set_result(answer)
            self._batch, self._step_at = [], time.monotonic()
            # Whoever has an answer now may ask again at once.
            await asyncio.sleep(0)

    def _taken(self) -> list[_Waiting[Text, Judged]]:
        """Take the next batch out; texts that nobody waits for any more go without being judged."""
        self._waiting = [one for one in self._waiting if not one.answer.done()]
        if not self._waiting:
            return []
        numbers = next_batch([one.length for one in self._waiting], self._max_tokens, self._max_rows)
        batch = [self._waiting[number] for number in numbers]
        left = set(numbers)
        self._waiting = [one for number, one in enumerate(self._waiting) if number not in left]
        return batch
