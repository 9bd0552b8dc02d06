"""Lines of a run's log, read from its folder: those of one attempt, or as they come. Pages are read one by one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

from factory.errors import BadInput
from factory.storage.store import Store
from factory.text.safe_text import safe
from pipelines.logging.run_log import LEVELS
from pipelines.run.attempts import last_attempt
from pipelines.run.driver_state import ALIVE, DriverState, driver_state

Line = dict[str, Any]
"""Line of a log, as `run_log.py` describes it."""

# Seconds between two looks for more.
FOLLOW_S = 2.0
# Looks at a log for each one at its driver, which may cost a listing of the folder's logs.
_LOOKS_PER_DRIVER = 5


def lines(store: Store, attempt: int, *, level: str = LEVELS[0], last: int = 0) -> Iterator[Line]:
    """Yield the lines of an attempt's log, oldest first.

    Args:
      store: the run folder.
      attempt: number of the attempt.
      level: least level of a line.
      last: number of lines, counted from the end, or a page more; 0 yields all.
    """
    pages = _pages(store, attempt)
    if last:
        yield from _newest(store, pages, level, last)[0]
        return
    for page in pages:
        yield from _parsed(_read(store, page), level)


def followed(store: Store, attempt: int, *, level: str = LEVELS[0], last: int = 0) -> Iterator[Line | DriverState]:
    """Yield the lines of an attempt's log as they come, and at last the state of its driver, once that is not alive.

    Args:
      store: the run folder.
      attempt: number of the attempt.
      level: least level of a line.
      last: number of lines to begin with, counted from the end; 0 begins with the first.
    """
    there, at, read = _newest(store, _pages(store, attempt), level, last)
    yield from there
    looks = 0
    while True:
        # A driver that has ended wrote its last line before that, so the driver is looked at first.
        state = driver_state(store) if looks % _LOOKS_PER_DRIVER == 0 else None
        for page in [page for page in _pages(store, attempt) if page >= at]:
            begin = read if page == at else 0
            data = _read(store, page)[begin:]
            yield from _parsed(data, level)
            at, read = page, begin + len(data)
        if state is not None and (state.kind != ALIVE or state.attempt != attempt):
            yield state
            return
        looks += 1
        time.sleep(FOLLOW_S)


def chosen_attempt(store: Store, run_dir: str, attempt: int | None) -> int:
    """Return the number of the attempt whose log is asked for, by default the last one's.

    Raises `BadInput` where there is no such attempt.
    """
    last = last_attempt(store)
    if last is None:
        raise BadInput(f"{run_dir} has had no attempt, so there is no log. Expected the folder of a run.")
    if attempt is not None and not 1 <= attempt <= last[0]:
        raise BadInput(f"{run_dir} has had {last[0]} attempts. Expected --attempt from 1 to {last[0]}, got {attempt}.")
    return attempt or last[0]


def text_of(line: Line) -> str:
    """Return a line as a person reads it: time, level where it is not the least, text, and the ids it is about."""
    level = str(line.get("level", ""))
    ids = [f"{name} {line[name]}" for name in ("unit", "question", "actor", "node") if name in line]
    parts = [str(line.get("t", ""))[:19], level.upper() * (level != LEVELS[0]), str(line.get("text", ""))]
    return " ".join(safe(" ".join([*filter(None, parts), *([f"({', '.join(ids)})"] if ids else [])])).split())


def _pages(store: Store, attempt: int) -> list[str]:
    """Return the names of an attempt's pages, oldest first."""
    page = re.compile(rf"logs/attempt_{attempt}/log-\d+\.jsonl")
    return [entry.name for entry in store.entries(f"logs/attempt_{attempt}") if page.fullmatch(entry.name)]


def _newest(store: Store, pages: list[str], level: str, last: int) -> tuple[list[Line], str, int]:
    """Return the last lines of a log, all with 0, and up to where they were read: a page and the bytes read of it."""
    kept: list[Line] = []
    at, read = "", 0
    for page in reversed(pages):
        data = _read(store, page)
        if not at:
            at, read = page, len(data)
        kept = [*_parsed(data, level), *kept]
        if last and len(kept) >= last:
            break
    return kept[-last:], at, read


def _read(store: Store, page: str) -> bytes:
    """Return a page's whole lines; nothing where a driver has dropped it since it was listed."""
    try:
        data = store.read(page)
    except FileNotFoundError:
        return b""
    return data[: data.rfind(b"\n") + 1]


def _parsed(data: bytes, level: str) -> Iterator[Line]:
    """Yield the lines of a page that are of this level or more; what is no line is left out."""
    at_least = LEVELS[LEVELS.index(level) :]
    for text in data.splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and line.get("level") in at_least:
            yield line
