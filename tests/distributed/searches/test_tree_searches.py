"""rStar and MCTS in whole runs: a stop and a kill in the middle of a tree leave the records as they would have been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.plugins.gate import close, waiting
from support.runs import Interrupting, finished, rows_of, run
from support.searches.gated import driven_with_a_kill, gated
from support.validation import faults

from factory.records.difference import differences
from pipelines.run.settings import Settings

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

ENGINE: dict[str, Any] = {
    "fallback": [
        "Short.\nThen this.\nThe answer is 1.",
        "Short.\nNo.\nThe answer is 2.",
        "Much longer.\nSo.\nThe answer is 1.",
    ],
    # The prompt of sub-questions.
    "solutions": {"by small questions": ["How many? It is 1.\nThen?", "How much? It is 2.\nThen?"]},
}
SEARCHES: dict[str, dict[str, Any]] = {
    "rstar": {"rollouts": 6, "steps": 2, "sub_questions": 2, "finishes": 2, "discriminator": "discriminator"},
    "mcts": {"rollouts": 6, "value": "verifier", "selection": "puct"},
}
MODELS: dict[str, dict[str, Any]] = {
    "rstar": {"discriminator": {"model": "d", "engine": {"kind": "scripted", "fallback": ENGINE["fallback"][:2]}}},
    "mcts": {"prm": {"model": "p", "engine": {"kind": "tests.support.plugins.scorer"}}},
}

ACTIONS = {"rstar": {"A1", "A2", "A3", "A4"}, "mcts": {"choice"}}


def grown(folder: Path, method: str, gate: Path, **run: Any) -> Settings:
    """Return a run of that method, its policy behind a gate."""
    search = {"method": method, **SEARCHES[method]}
    return gated(folder, gate, engine=ENGINE, models=MODELS[method], search=search, **run)


@pytest.mark.parametrize("method", SEARCHES)
def test_a_stop_and_a_kill_in_the_middle_leave_the_records_as_they_would_have_been(method: str, tmp_path: Path) -> None:
    """Questions wait behind their first step: there the run is stopped, and, taken up again, loses its worker."""
    gate = tmp_path / "gate"
    undisturbed = finished(grown(tmp_path / "undisturbed", method, gate))
    assert faults(tmp_path / "undisturbed") == []
    assert [row["status"] for row in undisturbed] == ["ok"] * 4
    calls = [{entry["role"]: entry["calls"] for entry in row["cost"]["roles"]} for row in undisturbed]
    assert all(roles.keys() == {"policy", *MODELS[method]} and all(roles.values()) for roles in calls)

    for row in undisturbed:
        assert ACTIONS[method] <= {node["action"] for node in row["tree"]}
        assert row["tree"][0]["visits"] == SEARCHES[method]["rollouts"]
        assert [one["score"] is not None for one in row["solutions"] if one["selected"]] == [True]

    close(gate, "Short.\n")
    disturbed = grown(tmp_path / "disturbed", method, gate, grace_s=0)
    assert run(disturbed, Interrupting(lambda: waiting(gate))).interrupted
    assert rows_of(disturbed) == []
    close(gate, "Short.\n")
    assert driven_with_a_kill(disturbed, gate).retried
    for one, other in zip(undisturbed, rows_of(disturbed), strict=True):
        assert differences(one, other) == []
