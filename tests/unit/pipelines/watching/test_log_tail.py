"""End of a log: every byte is read once, from page to page."""

from __future__ import annotations

import json
from pathlib import Path

from factory.storage.local import LocalStore
from factory.storage.opening import open_store
from pipelines.logging.run_log import PAGE_BYTES, page_name
from pipelines.watching.log_tail import LogTail


def written(folder: Path, page: int, *lines: tuple[str, str, str]) -> None:
    """Add lines (event, level, text) to a page."""
    path = folder / page_name(1, page)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for event, level, text in lines:
            file.write(json.dumps({"event": event, "level": level, "text": text, "question": "q1"}) + "\n")


def test_news_and_warnings_are_told_apart_and_counts_are_neither(tmp_path: Path) -> None:
    tail = LogTail(open_store(tmp_path))
    tail.look(1)
    assert tail.said == ""
    written(tmp_path, 0, ("said", "info", "engine ready"), ("progress", "info", "8 units"), ("failed", "warning", "no"))
    tail.look(1)
    assert (tail.said, list(tail.warnings)) == ("engine ready", ["failed: no (question q1)"])


def test_a_warning_about_nobody_is_told_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / page_name(1, 0)
    path.parent.mkdir(parents=True)
    path.write_text('{"event": "store", "level": "warning", "text": "slow"}\n')
    tail = LogTail(open_store(tmp_path))
    tail.look(1)
    assert list(tail.warnings) == ["store: slow"]


def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: object) -> None:
    written(tmp_path, 0, ("said", "info", "one"))
    store = open_store(tmp_path)
    assert isinstance(store, LocalStore)
    tail = LogTail(store)
    tail.look(1)
    read: list[int | None] = []
    whole = store.read

    class Counted(LocalStore):
        def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
            read.append(start)
            return whole(name, start, end)

    store.__class__ = Counted
    tail.look(1)
    assert read == []
    size = (tmp_path / page_name(1, 0)).stat().st_size
    written(tmp_path, 0, ("said", "info", "two"))
    tail.look(1)
    assert (tail.said, read) == ("two", [size])


def test_the_next_page_is_read_when_one_is_full(tmp_path: Path) -> None:
    written(tmp_path, 0, ("said", "info", "x" * PAGE_BYTES))
    tail = LogTail(open_store(tmp_path))
    tail.look(1)
    written(tmp_path, 1, ("said", "info", "on the next page"))
    tail.look(1)
    assert tail.said == "on the next page"


def test_what_is_no_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / page_name(1, 0)
    path.parent.mkdir(parents=True)
    path.write_bytes(b'\xff\x00 half\n[1, 2]\n{"event": 1}\n')
    tail = LogTail(open_store(tmp_path))
    tail.look(1)
    assert (tail.said, len(tail.warnings)) == ("", 0)
