"""What people say, as a viewer has it: others' and its own, on a store that may be slow, damaged or down."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from factory.annotations.annotation import Annotation
from factory.annotations.kept import keep
from factory.errors import StorageFailed
from factory.storage.opening import open_store
from tools.viewer import annotating as annotating_module
from tools.viewer.annotating import Annotating

ONE = Annotation(
    question_id="q",
    solution_id="s",
    step=0,
    label=1,
    run_label=1,
    run_confidence=0.9,
    note="",
    person="Ann",
    at="2026-11-30T10:00:00.000000+00:00",
)


def said(made: Annotating) -> int:
    """Return how many annotations count, once it has looked again."""
    made.look_now()
    return made.said.agreement.annotations


def test_one_whose_clock_is_behind_is_seen_behind_however_many_others(tmp_path: Path) -> None:
    for step in range(230):
        keep(tmp_path, replace(ONE, step=step))
    made = Annotating(open_store(tmp_path), None)
    assert said(made) == 230
    keep(tmp_path, replace(ONE, person="Bob", at="2026-11-30T09:00:00.000000+00:00"))
    assert said(made) == 231


def test_one_that_is_removed_counts_no_more(tmp_path: Path) -> None:
    name = keep(tmp_path, ONE)
    made = Annotating(open_store(tmp_path), None)
    assert said(made) == 1
    (tmp_path / name).unlink()
    assert said(made) == 0


def test_a_damaged_one_is_told_and_the_others_count(tmp_path: Path) -> None:
    made = Annotating(open_store(tmp_path), None)
    keep(tmp_path, ONE)
    assert said(made) == 1
    damaged = keep(tmp_path, replace(ONE, step=1))
    (tmp_path / damaged).write_text("[" * 60_000)
    assert said(made) == 1
    assert damaged in made.trouble
    (tmp_path / damaged).unlink()
    assert (said(made), made.trouble) == (1, "")


def test_a_store_that_is_down_keeps_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, ONE)
    made = Annotating(open_store(tmp_path), None)
    assert said(made) == 1

    def down(*asked: Any, **more: Any) -> Any:
        raise StorageFailed("s3://bucket/run does not answer")

    monkeypatch.setattr(annotating_module, "annotations_in", down)
    assert said(made) == 1
    assert "does not answer" in made.trouble


def test_a_slow_store_keeps_no_answer_waiting(run: Path, viewer_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listing, go_on = threading.Event(), threading.Event()

    def slow(*asked: Any, **more: Any) -> Any:
        listing.set()
        assert go_on.wait(30)
        return iter(())

    asking = viewer_of(run)
    monkeypatch.setattr(annotating_module, "annotations_in", slow)
    asking.annotating.start()
    assert listing.wait(30)
    # Answered, though the listing has not ended.
    assert asking.json("api/state")["annotations"]["annotations"] == 0
    assert asking.json("api/list")["total"] == 24
    assert not go_on.is_set()
    go_on.set()
    asking.annotating.stop()
