"""Log of a run: pages that are never large nor many, whatever the storage does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.waiting import wait_until

from factory.errors import StorageFailed
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.logging import run_log
from pipelines.logging.run_log import RunLog, page_name


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(run_log, "FLUSH_S", 0.02)
    return open_store(tmp_path)


def texts(store: Store, page: int) -> list[str]:
    return [json.loads(line)["text"] for line in store.read(page_name(1, page)).splitlines()]


def test_lines_from_before_the_claim_are_kept_with_run_attempt_time_and_what_they_are_about(store: Store) -> None:
    log = RunLog()
    log.add("said", "before")
    log.begin(store, "5c02", 1)
    wait_until(lambda: store.size(page_name(1, 0)))
    log.add("failed", "a\nb", "error", unit="u1", node="n1")
    log.end()
    first, second = (json.loads(line) for line in store.read(page_name(1, 0)).splitlines())
    assert (first["text"], first["run"], first["attempt"], first["level"]) == ("before", "5c02", 1, "info")
    assert first["t"].endswith("Z")
    assert second.items() >= {"event": "failed", "text": "a\nb", "level": "error", "unit": "u1", "node": "n1"}.items()


def test_a_page_that_is_full_is_followed_by_another_and_the_oldest_ones_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "PAGE_BYTES", 250)
    monkeypatch.setattr(run_log, "PAGES", 3)
    log = RunLog()
    for number in range(12):
        log.add("said", str(number))
    log.begin(store, "5c02", 1)
    log.end()
    pages = sorted(entry.name for entry in store.entries("logs/attempt_1"))
    assert len(pages) == 3
    assert all((store.size(page) or 0) <= 250 for page in pages)
    last = int(pages[-1][-11:-6])
    assert texts(store, last)[-1] == "11"


def test_a_storage_that_does_not_answer_gets_the_lines_later_and_the_queue_is_bounded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "PAGE_BYTES", 400)
    down = True

    class Down:
        def replace(self, name: str, data: bytes) -> None:
            if down:
                raise StorageFailed("down")
            store.replace(name, data)

    log = RunLog()
    log.begin(Down(), "5c02", 1)  # type: ignore[arg-type]
    log.add("said", "first")
    wait_until(lambda: log._bytes)
    down = False
    log.add("said", "second")
    log.end()
    assert texts(store, 0) == ["first", "second"]
    for number in range(5000):
        log.add("said", str(number))
    assert len(log._queue) == run_log.QUEUE


def test_a_log_that_never_began_ends_without_a_word(store: Store) -> None:
    log = RunLog()
    log.add("said", "nothing")
    log.end()
    assert list(store.entries()) == []


def test_a_text_of_any_length_is_cut(store: Store) -> None:
    log = RunLog()
    log.add("said", "x" * 10**6)
    log.begin(store, "5c02", 1)
    log.end()
    assert len(texts(store, 0)[0]) == run_log.TEXT
