"""Figures of the benchmark of full engines: from looks at engines and from records, without a run."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tools.bench.saturation.figures import Look, Records, busy_share, figures, limit_of, memory_over, of_linear


def look(at: float, *used: float, running: int = 0, waiting: int = 0) -> Look:
    """Return a look at engines that have been busy for `used` slot-seconds."""
    rest = {"running": running, "waiting": waiting, "most_running": running}
    return Look(at, [{"slot_seconds": seconds, **rest} for seconds in used])


def row(begun: float, steps: list[tuple[str, int | None, float]], first_error: int | None) -> dict[str, Any]:
    """Return the record of a question with one wrong sample, one probe and one right sample."""
    labelled = [
        {"text": text, "n_trials": 1, "n_successes": 0, "mc_value": 0.0, "label": label, "confidence": confidence}
        for text, label, confidence in steps
    ]
    wrong = {"method": "sample", "verdict": "incorrect", "first_error": first_error, "contradicted": False}
    return {
        "created_at": datetime.fromtimestamp(begun + 3, UTC),
        "cost": {"seconds": 3.0, "policy_calls": 10, "label_calls": 6},
        "solutions": [
            {**wrong, "steps": labelled},
            {**wrong, "steps": labelled, "method": "rollout"},
            {**wrong, "steps": labelled, "verdict": "correct"},
        ],
    }


STEPS = [("Step 1 holds in variant 1.", 1, 0.99), ("Step 2 slips in variant 2.", -1, 0.98), ("Step 3 follows", -1, 0.5)]


def test_a_busy_share_is_of_all_slots_and_may_begin_and_end_between_two_looks() -> None:
    looks = [look(100, 0, 0), look(110, 40, 20), look(120, 40, 60)]
    assert busy_share(looks, slots=8, begin=100, end=120) == 100 / 160
    assert busy_share(looks, slots=8, begin=105, end=115) == (30 + 20) / 80


def test_no_share_is_told_of_too_short_a_time() -> None:
    assert busy_share([look(100, 0), look(101, 4)], slots=4, begin=100, end=100.2) is None


def test_records_say_when_questions_were_begun_and_how_the_labels_of_wrong_samples_are() -> None:
    records = Records()
    records.add(row(50.0, STEPS, first_error=1))
    records.add(row(60.0, STEPS, first_error=None))
    assert records.begun == pytest.approx([50.0, 60.0])
    assert (records.rollouts, records.label_rollouts) == (20, 12)
    assert (records.wrong.solutions, records.wrong.located, records.wrong.exact) == (2, 1, 1)
    assert [right for _, right in records.wrong.sure] == [True] * 4


def test_the_figures_of_a_run() -> None:
    records = Records()
    for begun, first_error in ((100.0, 1), (110.0, 0)):
        records.add(row(begun, STEPS, first_error))
    looks = [look(100, 0, 0), look(110, 40, 20, running=4, waiting=3), look(120, 40, 60)]
    made = figures(looks, records, {"driver": 1.0, "worker": 11.0, "ray": 4.0}, cores=2, slots=4)
    assert (made["engines"], made["questions"], made["seconds"], made["rollouts_per_s"]) == (2, 2, 20.0, 1.0)
    assert (made["busy"], made["busy_of_each"]) == (0.625, [0.5, 0.75])
    assert made["busy_while_beginning"] == 60 / 80
    assert (made["label_rollouts_per_error"], made["located"], made["wrong"], made["exact"]) == (6.0, 2, 2, 0.5)
    assert (made["cpu_seconds_per_1000_rollouts"], made["cpu_share"]) == (800.0, 0.4)
    assert made["timeline"][1] == (10, 8, 6)
    assert made["limit"] == "too little in flight"


@pytest.mark.parametrize(
    ("mine", "first", "share"), [(0.9, 1.0, 0.9), (0.5, 0.8, 0.625), (None, 1.0, None), (0.9, None, None)]
)
def test_engines_add_up_as_far_as_they_are_as_busy_as_the_first_runs(
    mine: float | None, first: float | None, share: float | None
) -> None:
    assert of_linear({"busy_while_beginning": mine}, {"busy_while_beginning": first}) == share


@pytest.mark.parametrize(
    ("cpu_share", "worker", "busy", "limit"),
    [
        (0.95, 1.0, 0.5, "CPU: all of 2 cores"),
        (0.6, 0.97, 0.5, "CPU: worker, 1.0 cores"),
        (0.3, 0.4, 0.95, "engines"),
        (0.3, 0.4, 0.5, "too little in flight"),
    ],
)
def test_the_limit_of_a_run_is_what_was_used_up(cpu_share: float, worker: float, busy: float, limit: str) -> None:
    row = {"cpu_share": cpu_share, "cores": 2, "cores_used": {"worker": worker, "ray": 0.1}, "busy": busy}
    assert limit_of(row) == limit


@pytest.mark.parametrize("wrong", [["--engines", "1,x"], ["--slots", "0"], ["--engines", "1", "--slow", "5"]])
def test_the_command_refuses_what_it_cannot_do_with_exit_2(tmp_path: Path, wrong: list[str]) -> None:
    command = [sys.executable, "-m", "tools.bench.saturation", "--json", str(tmp_path / "o.json"), *wrong]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_memory_is_told_at_the_beginning_in_the_middle_and_at_the_end() -> None:
    looks = [Look(float(at), [], {"driver": (100 + at) * 2**20}) for at in range(101)]
    assert memory_over(looks) == {"driver": [110.0, 150.0, 197.5]}
    assert memory_over(looks[:1]) == {"driver": [100.0, 100.0, 100.0]}
