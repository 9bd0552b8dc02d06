"""Runs whose checker is the model itself: the rubric reaches the engine, its verdicts and its bill the records."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import finished, settings_for

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
SCRIPT = {"with gold answer": ["The answer is 1."], "Solution under review": ["Reason: it says 1\nVerdict: incorrect"]}


def test_verdicts_are_the_models_and_are_billed_apart(tmp_path: Path) -> None:
    rows = finished(
        settings_for(
            tmp_path / "run",
            checker={"kind": "llm_judge", "style": "chat"},
            engine={"kind": "scripted", "solutions": SCRIPT},
            supervision={"method": "scan", "k": 1},
            source={"kind": "simulated", "n": 2},
        )
    )
    solutions = [found for row in rows for found in row["solutions"]]
    assert {found["verdict"] for found in solutions} == {"incorrect"}
    assert {found["verdict_reason"] for found in solutions} == {"judged 1:0: it says 1"}
    assert {found["checker"] for found in solutions} == {"llm_judge/2"}
    assert all(0 < row["cost"]["judge_calls"] <= row["cost"]["policy_calls"] for row in rows)
