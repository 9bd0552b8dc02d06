"""Figures of the engines in the attempt's log, and as lines of `factory status`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from factory.storage.opening import open_store
from pipelines.driving.engine_figures import EngineBook, EngineFigures
from pipelines.driving.engine_log import SHOWN, WRITE_EVERY_S, EngineLog, engine_lines

FACTS = {"engine": "vllm 0.32.0", "model": "m", "max_num_seqs": 256, "max_num_batched_tokens": None, "pid": 7}


def book(engines: int = 2) -> EngineBook:
    made = EngineBook(["policy"] * engines)
    for index in range(engines):
        for now in (0.0, 100.0):
            used = {"slots": 256, "running": 256, "waiting": 40, "slot_seconds": 256 * now * (1 - index / 10)}
            made.hear(index, {**used, "cache_hit_rate": 0.61}, now)
    return made


def test_status_says_how_large_and_how_busy_each_engine_is(tmp_path: Path) -> None:
    made = book()
    made.hear(1, None, 100.0)
    made.hear(1, None, 135.0)
    EngineLog(open_store(tmp_path), 3, {"policy": FACTS}).write(made.figures)
    assert engine_lines(open_store(tmp_path), 3) == [
        "engines        2 × vllm 0.32.0, up to 256 samples at a time, 81% busy",
        "               1: 100% busy, 256 running and 40 waiting (at most 40), 61% of prompt tokens cached",
        "               2: out of service, 67% busy, 0 running and 0 waiting (at most 40), "
        "61% of prompt tokens cached, silent for 0:35",
    ]


def test_status_says_how_full_the_cache_is_and_how_often_samples_lost_their_place_over_restarts(tmp_path: Path) -> None:
    made = EngineBook(["policy"])
    for now, lost in enumerate((0, 5, 2)):  # it was started again before the last word
        made.hear(0, {"slots": 8, "kv_cache_usage": 0.87, "preemptions": lost}, float(now))
    EngineLog(open_store(tmp_path), 1, {"policy": FACTS}).write(made.figures)
    [line] = [line for line in engine_lines(open_store(tmp_path), 1) if "cache" in line]
    assert line.endswith("cache 87% full, 7 samples lost their place in it, 1 restarts")


def test_of_many_engines_the_least_busy_are_shown(tmp_path: Path) -> None:
    EngineLog(open_store(tmp_path), 1, {"policy": FACTS}).write(EngineBook(["policy"] * (SHOWN + 9)).figures)
    lines = engine_lines(open_store(tmp_path), 1)
    assert len(lines) == SHOWN + 2
    assert lines[-1].endswith("and 9 more, which were busier")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[]",
        '{"engine": {}, "engines": [{}]}',
        '{"engine": 3, "engines": []}',
        json.dumps(
            {
                "engine": {"engine": "e", "max_num_seqs": None},
                "engines": [{**EngineFigures().as_dict(), "silent_seconds": math.inf}],
            }
        ),
    ],
)
def test_a_log_that_is_missing_or_damaged_is_left_out(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "logs" / "attempt_1").mkdir(parents=True)
    if text is not None:
        (tmp_path / "logs" / "attempt_1" / "engines.json").write_text(text)
    assert engine_lines(open_store(tmp_path), 1) == []


def test_it_is_written_every_few_seconds(tmp_path: Path) -> None:
    now = [0.0]
    log = EngineLog(open_store(tmp_path), 1, {"policy": FACTS}, clock=lambda: now[0])
    log.keep(book().figures)
    assert engine_lines(open_store(tmp_path), 1) == []
    now[0] = WRITE_EVERY_S + 1
    log.keep(book().figures)
    assert engine_lines(open_store(tmp_path), 1)


def test_engines_of_other_roles_have_lines_of_their_own(tmp_path: Path) -> None:
    made = EngineBook(["policy", "judge"])
    made.hear(1, {"slots": 4, "running": 1, "waiting": 2}, 0.0)
    judge = {"engine": "http", "max_num_seqs": 4}
    EngineLog(open_store(tmp_path), 1, {"policy": FACTS, "judge": judge}).write(made.figures)
    lines = engine_lines(open_store(tmp_path), 1)
    assert lines[0].startswith("engines        1 × vllm 0.32.0")
    assert lines[2:] == [
        "judge          1 × http, up to 4 samples at a time",
        "               1: 1 running and 2 waiting (at most 2)",
    ]


def test_a_log_from_before_there_were_roles_is_the_policys(tmp_path: Path) -> None:
    (tmp_path / "logs" / "attempt_1").mkdir(parents=True)
    figures = EngineFigures().as_dict()
    del figures["role"]
    old = {"engine": {"engine": "e", "max_num_seqs": None}, "engines": [figures]}
    (tmp_path / "logs" / "attempt_1" / "engines.json").write_text(json.dumps(old))
    assert engine_lines(open_store(tmp_path), 1)[0] == "engines        1 × e"


def test_engines_that_are_gone_are_one_line_of_their_role(tmp_path: Path) -> None:
    made = book(3)
    for index in (0, 1):
        made.remove(index)
    EngineLog(open_store(tmp_path), 1, {"policy": FACTS}).write(made.figures, made.gone)
    lines = engine_lines(open_store(tmp_path), 1)
    assert lines[0].startswith("engines        1 × vllm 0.32.0")
    assert lines[2:] == ["               gone: 2, 3:20 of them in all, 95% busy"]
