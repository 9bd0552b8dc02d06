"""Everything dies once, or nodes come and go: nothing is lost, and no process is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tools.chaos.schedule import NODE_ADDED, NODE_DRAINED, NODE_PREEMPTED, weights

pytestmark = [pytest.mark.distributed, pytest.mark.long, pytest.mark.timeout(1800)]
ROOT = Path(__file__).parents[3]
WITHIN_S = 1700  # a minute or two on an idle machine
SEED = 269  # of a schedule that has every role in it once


@pytest.fixture
def marked() -> Iterator[dict[str, str]]:
    """An environment by which whatever inherits it is found again, and killed at the end."""
    environment = os.environ | {"CHAOS_TEST": uuid.uuid4().hex}
    yield environment
    for process in alive(environment):
        process.kill()


def alive(environment: dict[str, str]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CHAOS_TEST") == environment["CHAOS_TEST"]:
                found.append(process)
        except psutil.Error:
            continue  # somebody else's, or gone
    return found


def chaos(environment: dict[str, str], folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """Start a campaign."""
    where = ["--json", str(folder / "figures.json"), "--keep", str(folder / "kept")]
    return subprocess.Popen([sys.executable, "-m", "tools.chaos", *more, *where], cwd=ROOT, env=environment)


def figures_of(folder: Path) -> dict[str, Any]:
    """Read the figures of a campaign that has ended."""
    figures: dict[str, Any] = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return figures


def made(figures: dict[str, Any]) -> dict[str, int]:
    """Count what was done, by role."""
    return {role: row["kills"] for role, row in figures["roles"].items() if row["kills"]}


def test_a_run_in_which_every_role_is_killed_once_loses_nothing(marked: dict[str, str], tmp_path: Path) -> None:
    """Campaign on S3, whose server dies, too. On a local disk: test_recovery.py, test_commands.py (the driver)."""
    roles = set(weights("s3"))
    # Beside other load a recovery takes 10 s, in which the run goes on: it must not be over before the last kill.
    sizes = ["--questions", "160", "--unit-size", "4", "--kills", str(len(roles)), "--seconds-per-kill", "10"]
    process = chaos(marked, tmp_path, "--storage", "s3", "--seed", str(SEED), *sizes)
    assert process.wait(WITHIN_S) == 0
    figures = figures_of(tmp_path)
    assert made(figures) == dict.fromkeys(roles, 1)
    assert not any(figures["faults"].values())
    assert figures["attempts"] >= 2
    assert not alive(marked)


def test_a_run_follows_its_nodes_from_one_to_three_and_back_and_does_nothing_twice(
    marked: dict[str, str], tmp_path: Path
) -> None:
    """Two nodes are added and used; then one is drained, and one taken away half a minute after its notice."""
    process = chaos(marked, tmp_path, "--roles", "nodes", "--kills", "4", "--seed", "1", "--questions", "400")
    assert process.wait(WITHIN_S) == 0
    figures = figures_of(tmp_path)
    assert made(figures) == {NODE_ADDED: 2, NODE_DRAINED: 1, NODE_PREEMPTED: 1}
    assert not any(figures["faults"].values())
    assert figures["nodes_used_at_a_time"] == 3
    assert figures["questions_worked_on_twice"] <= figures["questions_moved"]
    assert figures["units_lost_with_their_worker"] == 0
    assert not alive(marked)
