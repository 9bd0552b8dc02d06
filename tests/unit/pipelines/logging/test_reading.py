"""Reading of a run's log: the last lines, those of a level, and lines as they come until the driver has ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.logging import reading
from pipelines.logging.reading import chosen_attempt, followed, lines, text_of
from pipelines.logging.run_log import page_name
from pipelines.run.attempts import attempt
from pipelines.run.driver_state import DriverState


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def kept(store: Store, page: int, *texts: str, level: str = "info", torn: str = "") -> None:
    written = "".join(json.dumps({"t": "now", "level": level, "text": text}) + "\n" for text in texts)
    store.replace(page_name(1, page), (written + torn).encode())


def texts(some: Any) -> list[str]:
    return [line["text"] for line in some]


def test_the_last_lines_come_from_as_many_pages_as_it_takes(store: Store) -> None:
    kept(store, 0, "a", "b")
    kept(store, 1, "c", level="warning")
    kept(store, 2, "d", torn='{"text": "half')
    assert texts(lines(store, 1)) == ["a", "b", "c", "d"]
    assert texts(lines(store, 1, last=1)) == ["d"]
    assert texts(lines(store, 1, last=3)) == ["b", "c", "d"]
    assert texts(lines(store, 1, level="warning")) == ["c"]
    assert list(lines(store, 2)) == []


def test_lines_are_followed_over_pages_until_the_driver_has_ended_and_none_comes_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(store, 0, "a", "b", torn="{")
    driving = attempt(store, 0, {}, Access())
    driving.__enter__()
    later = iter(
        [
            lambda: kept(store, 0, "a", "b", "c"),
            lambda: kept(store, 1, "d"),
            lambda: (kept(store, 1, "d", "e"), driving.__exit__(None, None, None)),
        ]
    )
    monkeypatch.setattr(reading.time, "sleep", lambda seconds: next(later, lambda: None)())
    *some, state = followed(store, 1, last=1)
    assert texts(some) == ["b", "c", "d", "e"]
    assert isinstance(state, DriverState)
    assert state.kind == "ended"


def test_an_attempt_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="has had no attempt"):
        chosen_attempt(store, "runs/x", None)
    with attempt(store, 0, {}, Access()):
        assert chosen_attempt(store, "runs/x", None) == 1
        with pytest.raises(BadInput, match="from 1 to 1, got 2"):
            chosen_attempt(store, "runs/x", 2)


def test_a_line_is_one_harmless_line_to_look_at() -> None:
    line = {"t": "2026-11-30T08:22:01.250Z", "level": "warning", "text": "a\n\x1b[2J", "unit": "u1"}
    assert text_of(line) == "2026-11-30T08:22:01 WARNING a \\x1b[2J (unit u1)"
    assert text_of({"t": "now", "level": "info", "text": "b"}) == "now b"
