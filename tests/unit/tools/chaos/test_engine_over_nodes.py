"""Conditions on a run whose engine lies over several nodes: each thing that is wrong is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tools.chaos.engine_over_nodes.__main__ import figures
from tools.chaos.engine_over_nodes.parts import (
    FOLLOWER,
    LEADER,
    Death,
    death_faults,
    is_whole,
    parts_of,
    placed,
    with_descendants,
)
from tools.chaos.processes import RunProcess


def process(pid: int, title: str, parent: int) -> RunProcess:
    return RunProcess(pid=pid, start="2", parent=parent, title=title)


ENGINE = [
    process(30, "ray::Generator.collect", 10),
    process(31, "VLLM::Worker_TP0", 30),
    process(40, "ray::EngineFollower.run", 11),
    process(41, "VLLM::Worker_TP1", 40),
    process(50, "ray::EngineFollower", 12),
]
FAMILY = [*(process(pid, "/ray/raylet/raylet --x", 1) for pid in (10, 11, 12)), *ENGINE]
DEATHS = [
    Death(part, pid=30, units=2 + number, replaced_s=3.0, working_s=9.0)
    for number, part in enumerate((FOLLOWER, LEADER))
]
ROW = {"status": "ok", "solutions": [{"engine": "vllm 1"}], "cost": {"completion_tokens": 5}}
ROWS = [{"question_id": name, **ROW} for name in "ab"]


def wrong(**changes: Any) -> list[str]:
    values = {"rows": ROWS, "questions": 2, "deaths": DEATHS, "places": ([1, 1, 1], [1, 1, 1]), "left": 0}
    lines: list[str] = figures(**{**values, **changes})["wrong"]
    return lines


def test_an_engine_is_whole_when_all_its_parts_are_there_and_none_of_the_old_ones() -> None:
    assert [one.pid for one in parts_of(FAMILY)] == [30, 40, 50]
    assert placed(FAMILY) == [1, 1, 1]
    assert is_whole(FAMILY, 3)
    assert not is_whole(FAMILY, 3, gone={"40:2"})
    assert not is_whole(FAMILY[:-1], 3)


def test_what_computes_below_a_part_belongs_to_it() -> None:
    assert with_descendants(parts_of(FAMILY), FAMILY) == {one.name for one in ENGINE}


def test_a_run_as_it_should_be_has_no_faults() -> None:
    assert wrong() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pid": 0}, "was over before"),
        ({"replaced_s": None}, "was not replaced"),
        ({"working_s": None}, "was committed"),
        ({"kept": 1}, "outlived"),
        ({"left": 2}, "2 processes of the old engine"),
    ],
)
def test_a_kill_that_the_engine_did_not_get_over_whole_is_told(changes: dict[str, Any], said: str) -> None:
    [line] = death_faults(replace(DEATHS[0], **changes))
    assert said in line


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": [*ROWS, ROWS[0]]}, "3 records of 2 questions"),
        ({"rows": ROWS[:1]}, "1 records of 1 questions"),
        ({"rows": [ROWS[0], {**ROWS[1], "status": "failed"}]}, "1 of them ok"),
        ({"places": ([1, 2], [1, 1, 1])}, "planned"),
        ({"left": 1}, "1 processes were left"),
    ],
)
def test_what_does_not_hold_at_the_end_is_told(changes: dict[str, Any], said: str) -> None:
    [line] = wrong(**changes)
    assert said in line
