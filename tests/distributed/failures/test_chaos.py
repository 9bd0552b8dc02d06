"""Everything dies once, nothing is lost, and no process is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tools.chaos.schedule import weights

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


def chaos(environment: dict[str, str], folder: Path, storage: str, kills: int, seed: int) -> subprocess.Popen[bytes]:
    """Start a campaign.

    Beside other load a recovery takes 10 s, in which the run goes on: it must not be over before the last kill.
    """
    sizes = ["--questions", "160", "--unit-size", "4", "--kills", str(kills), "--seconds-per-kill", "10"]
    where = ["--storage", storage, "--json", str(folder / "figures.json"), "--keep", str(folder / "kept")]
    command = [sys.executable, "-m", "tools.chaos", "--seed", str(seed), *sizes, *where]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def test_a_run_in_which_every_role_is_killed_once_loses_nothing(marked: dict[str, str], tmp_path: Path) -> None:
    """Campaign on S3, whose server dies, too. On a local disk: test_recovery.py, test_commands.py (the driver)."""
    roles = set(weights("s3"))
    process = chaos(marked, tmp_path, "s3", len(roles), SEED)
    assert process.wait(WITHIN_S) == 0
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert {role: row["kills"] for role, row in figures["roles"].items() if row["kills"]} == dict.fromkeys(roles, 1)
    assert not any(figures["faults"].values())
    assert figures["attempts"] >= 2
    assert not alive(marked)
