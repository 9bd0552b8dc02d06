"""Newest lines of a run's log, read as they come: each byte once."""

from __future__ import annotations

import json
import re
from collections import deque

from factory.storage.store import Store
from pipelines.logging.run_log import INFO, PAGE_BYTES, page_name

# Warnings that are kept, and bytes of a log that was there before.
WARNINGS, BEFORE_BYTES = 8, 64 << 10
# A page is full when a line does not fit any more.
_NEARLY_FULL = PAGE_BYTES - (8 << 10)
# Events that count what is shown anyway.
_COUNTS = ("progress", "planned")
_PAGE = re.compile(r"logs/attempt_\d+/log-(\d+)\.jsonl")


class LogTail:
    """End of the log of a run's attempts.

    Attributes:
      said: newest line that tells what the run does.
      warnings: newest warnings, oldest first.
    """

    def __init__(self, store: Store) -> None:
        self.said = ""
        self.warnings: deque[str] = deque(maxlen=WARNINGS)
        self._store = store
        self._attempt, self._page, self._read = 0, 0, 0

    def look(self, attempt: int) -> None:
        """Read what is new of an attempt's log. Raises `StorageFailed` where the store does not answer."""
        if attempt != self._attempt:
            self._begin(attempt)
        self._read_on()
        while self._read > _NEARLY_FULL and self._store.size(page_name(attempt, self._page + 1)) is not None:
            self._page, self._read = self._page + 1, 0
            self._read_on()

    def _begin(self, attempt: int) -> None:
        """Begin with the newest page of an attempt."""
        self._attempt, self._page, self._read = attempt, 0, 0
        self.said = ""
        self.warnings.clear()
        for entry in self._store.entries(f"logs/attempt_{attempt}"):
            if match := _PAGE.fullmatch(entry.name):
                self._page, self._read = int(match[1]), max(0, entry.size - BEFORE_BYTES)

    def _read_on(self) -> None:
        """Read the rest of the page; its size is looked at first, as there is mostly nothing new."""
        name = page_name(self._attempt, self._page)
        size = self._store.size(name)
        if size is None or size <= self._read:
            return
        try:
            data = self._store.read(name, self._read, size)
        except FileNotFoundError:
            return
        self._read = size
        for text in data.splitlines():
            self._hear(text)

    def _hear(self, text: bytes) -> None:
        """Take one line; what is none, such as the end of one, is left out."""
        try:
            line = json.loads(text)
            event, level, said = line["event"], line["level"], str(line["text"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return
        if level != INFO:
            about = (f" ({name} {line[name]})" for name in ("question", "unit", "actor") if name in line)
            self.warnings.append(f"{event}: {said}{next(about, '')}")
        elif event not in _COUNTS:
            self.said = said
