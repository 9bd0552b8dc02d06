"""Log of one attempt, as JSON lines in pages in the run folder: `logs/attempt_N/log-00000.jsonl`, ….

    {"t": "2026-11-30T08:22:01.250Z", "level": "info", "run": "5c02…", "attempt": 2, "event": "said", "text": "…"}

Besides, a line may have "unit", "question", "actor" and "node": ids that it is about. A page is written again until it
is full, so the folder is never more than `FLUSH_S` behind. Logs are news, no records: a storage that does not answer
gets none, the queue is bounded, and of a long run the newest `PAGES` pages are kept.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from factory.errors import StorageFailed
from factory.storage.store import Store

LEVELS = ("info", "warning", "error")
INFO, WARNING, ERROR = LEVELS
# Seconds between two writes; bytes of a full page; pages of an attempt that are kept; lines that wait to be written;
# characters of a line's text.
FLUSH_S, PAGE_BYTES, PAGES, QUEUE, TEXT = 5.0, 256 << 10, 64, 1000, 4000
# Seconds that the end of a log waits for a write that is under way.
END_S = 20.0


class RunLog:
    """Log of a run: lines are taken from any thread at any time, and written from `begin` to `end`."""

    def __init__(self) -> None:
        # What is said before the folder is claimed waits here.
        self._queue: deque[dict[str, Any]] = deque(maxlen=QUEUE)
        self._store: Store | None = None
        self._facts: dict[str, Any] = {}
        self._attempt = 0
        self._page, self._lines, self._bytes = 0, deque[bytes](), 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write_on, name="run log", daemon=True)

    def add(self, event: str, text: str, level: str = INFO, **ids: str) -> None:
        """Add a line; of a queue that is full the oldest is lost.

        Args:
          event: what kind of thing happened, in a word or two.
          text: what a person reads.
          level: one of `LEVELS`.
          ids: "unit", "question", "actor", "node", where the line is about one.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._queue.append({"t": now, "level": level, "event": event, "text": text[:TEXT], **ids})

    def begin(self, store: Store, run: str, attempt: int) -> None:
        """Begin to write.

        Args:
          store: the run folder, opened with little patience.
          run: fingerprint of the run.
          attempt: number of the attempt.
        """
        self._store, self._attempt = store, attempt
        self._facts = {"run": run, "attempt": attempt}
        self._thread.start()

    def end(self) -> None:
        """Write what is left, and stop. Does nothing before `begin`."""
        if self._store is None or self._ended.is_set():
            return
        self._ended.set()
        self._thread.join(END_S)

    def _write_on(self) -> None:
        """Write every few seconds, until the end."""
        ended = False
        while not ended:
            ended = self._ended.wait(FLUSH_S)
            if self._queue:
                self._write()

    def _write(self) -> None:
        """Write what is waiting; what the storage does not take comes with the next, as far as a page holds."""
        assert self._store is not None
        while self._queue:
            line = self._queue.popleft()
            data = (json.dumps({"t": line.pop("t"), "level": line.pop("level"), **self._facts, **line}) + "\n").encode()
            if self._bytes and self._bytes + len(data) > PAGE_BYTES:
                self._save()
                self._page, self._bytes = self._page + 1, 0
                self._lines.clear()
            self._lines.append(data)
            self._bytes += len(data)
        self._save()

    def _save(self) -> None:
        """Write the page, and drop the one that is too old."""
        assert self._store is not None
        with suppress(StorageFailed):
            self._store.replace(page_name(self._attempt, self._page), b"".join(self._lines))
            if self._page >= PAGES:
                self._store.delete(page_name(self._attempt, self._page - PAGES))


def page_name(attempt: int, page: int) -> str:
    """Return the name of a page of an attempt's log."""
    return f"logs/attempt_{attempt}/log-{page:05d}.jsonl"
