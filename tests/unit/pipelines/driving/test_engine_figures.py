"""Figures of engines: shares over the run, over restarts and silence."""

from __future__ import annotations

import pytest

from pipelines.driving.engine_figures import EngineBook, fullness


def stats(slot_seconds: float, **more: float) -> dict[str, float]:
    return {"slots": 10, "running": 5, "waiting": 2, "slot_seconds": slot_seconds, **more}


def test_the_busy_share_counts_from_when_the_engine_was_first_heard() -> None:
    book = EngineBook(["policy"])
    book.hear(0, stats(1000.0), now=50.0)
    assert book.figures[0].busy is None
    book.hear(0, stats(1080.0), now=60.0)
    assert book.figures[0].busy == pytest.approx(0.8)


def test_an_engine_that_was_restarted_keeps_what_it_had_counted() -> None:
    book = EngineBook(["policy"])
    for now, counted in ((0.0, 0.0), (10.0, 100.0), (20.0, 30.0), (30.0, 130.0)):
        book.hear(0, stats(counted), now)
    assert book.figures[0].slot_seconds == 230.0
    assert book.figures[0].restarts == 1
    assert book.figures[0].busy == pytest.approx(230 / 300)


def test_an_engine_that_is_back_without_its_model_keeps_its_size_and_asks_for_nothing() -> None:
    book = EngineBook(["policy"])
    book.hear(0, stats(0.0), 0.0)
    book.hear(0, {"slots": 0, "running": 0, "waiting": 0, "slot_seconds": 0.0}, 1.0)
    assert (book.figures[0].slots, book.figures[0].load) == (10, None)
    book.hear(0, stats(0.0), 2.0)
    assert book.figures[0].load is not None


def test_a_silent_engine_asks_for_nothing_and_its_slots_count_as_idle() -> None:
    book = EngineBook(["policy"] * 2)
    for now in (0.0, 10.0):
        book.hear(0, stats(10 * now), now)
        book.hear(1, stats(10 * now), now)
    book.hear(1, None, 10.0)
    book.hear(1, None, 20.0)
    silent = book.figures[1]
    assert silent.load is None
    assert silent.out
    assert silent.silent_seconds == 10.0
    assert silent.busy == pytest.approx(0.5)
    assert fullness(book.figures) == "engines 50% full, 2 waiting, 1 of 2 engines silent"


def test_engines_that_cannot_say_their_size_are_left_out_of_the_line() -> None:
    book = EngineBook(["policy"])
    book.hear(0, {"slots": 0, "running": 9, "waiting": 0, "slot_seconds": 1.0}, 0.0)
    assert fullness(book.figures) is None
    assert book.figures[0].busy is None


def test_what_an_engine_has_counted_for_an_earlier_run_is_left_out() -> None:
    book = EngineBook(["policy"])
    book.hear(0, stats(500.0, output_tokens=9000), 0.0)
    book.hear(0, stats(505.0, output_tokens=9100), 1.0)
    assert book.figures[0].output_tokens == 100
    assert book.figures[0].slot_seconds == 5.0


def test_where_there_are_several_roles_the_line_says_how_full_each_is() -> None:
    book = EngineBook(["policy", "judge", "judge"])
    book.hear(0, stats(0.0) | {"running": 10, "waiting": 3}, 0.0)
    book.hear(1, stats(0.0) | {"running": 1, "waiting": 0}, 0.0)
    book.hear(2, stats(0.0), 0.0)
    book.hear(2, None, 1.0)
    judges = "judge 10% full, 0 waiting, 1 of 2 judge engines silent"
    assert fullness(book.figures) == f"policy 100% full, 3 waiting; {judges}"
