"""Engine over several nodes, with logical GPUs and an engine that computes nothing: placed as planned, replaced as one.

vLLM over three nodes: `python -m tools.chaos.engine_over_nodes`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.waiting import HANGS_S

pytestmark = [pytest.mark.distributed, pytest.mark.long]
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def came() -> dict[str, Any]:
    """Fate of two engines on four nodes: one cluster for the file, in a process of its own."""
    program = ROOT / "tests" / "support" / "engines" / "over_nodes.py"
    paths = os.pathsep.join([str(ROOT), f"{ROOT}/tests"])
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        timeout=HANGS_S,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def test_each_engine_has_two_nodes_to_itself_as_planned(came: dict[str, Any]) -> None:
    assert came["placed"] == came["planned"] == [1, 1, 1, 1]
    assert [len(set(nodes)) for nodes in came["nodes"]] == [2, 2]
    assert len({node for nodes in came["nodes"] for node in nodes}) == 4
    assert came["free_gpus"] == 0


@pytest.mark.parametrize("part", ["follower", "leader"])
def test_an_engine_of_which_a_part_dies_is_replaced_as_a_whole_and_no_other_one(
    part: str, came: dict[str, Any]
) -> None:
    whole_again = {"whole": True, "answered": [True, True], "kept": [1, 1], "placed": [1, 1, 1, 1]}
    assert came[part] == whole_again


def test_nothing_of_them_is_left(came: dict[str, Any]) -> None:
    assert (came["freed"], came["left"]) == (True, 0)
