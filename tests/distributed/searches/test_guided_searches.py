"""Searches that a verifier guides, in whole runs: two models, records with tree and choice, kills in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.plugins.gate import close, waiting
from support.runs import Interrupting, finished, rows_of, run
from support.searches.gated import driven_with_a_kill, gated
from support.validation import faults

from factory.records.difference import differences
from pipelines.run.run_folder import opened
from pipelines.run.settings import Settings

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

# The scorer gives a step 1 / (1 + its characters): the shorter, the better.
SOLUTIONS = [
    "Short.\nThen this.\nThe answer is 1.",
    "Short.\nNo.\nThe answer is 2.",
    "Much longer.\nSo.\nThe answer is 3.",
]
MODELS = {"prm": {"model": "p", "engine": {"kind": "tests.support.plugins.scorer"}}}
SEARCHES: dict[str, dict[str, Any]] = {
    "beam": {"width": 2, "expansions": 4, "look_ahead": 1},
    "best_of_n": {"n": 4},
    "dvts": {"subtrees": 2, "expansions": 3},
    "rebase": {"leaves": 6},
    "step_best_of_n": {"n": 4},
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gate of all runs, so that they can leave their engines to each other."""
    return tmp_path_factory.mktemp("gate") / "gate"


def guided(folder: Path, method: str, gate: Path, **run: Any) -> Settings:
    """Return a run of that method, its engine behind a gate."""
    search = {"method": method, **SEARCHES[method]}
    return gated(folder, gate, engine={"fallback": SOLUTIONS}, models=MODELS, search=search, **run)


@pytest.mark.parametrize("method", SEARCHES)
def test_a_run_records_the_tree_the_choice_and_what_each_model_was_asked(
    method: str, gate: Path, tmp_path: Path
) -> None:
    rows = finished(guided(tmp_path / "run", method, gate))
    assert faults(tmp_path / "run") == []
    for row in rows:
        assert row["status"] == "ok"
        [chosen] = [one for one in row["solutions"] if one["selected"]]
        assert (chosen["method"], chosen["independent"]) == (method, method == "best_of_n")
        assert chosen["score"] == max(one["score"] for one in row["solutions"] if one["score"] is not None)
        scores = {round(node["score"], 4) for node in row["tree"] if node["score"] is not None}
        assert scores >= {round(1 / (1 + len(text)), 4) for text in chosen["text"].splitlines(keepends=True)}
        calls = {entry["role"]: entry["calls"] for entry in row["cost"]["roles"]}
        assert set(calls) == {"policy", "prm"}
        assert calls["policy"] == row["cost"]["policy_calls"]


@pytest.fixture(scope="module")
def undisturbed(ray_cluster: None, gate: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Rows of a beam search that nothing happened to."""
    return finished(guided(tmp_path_factory.mktemp("undisturbed"), "beam", gate))


def same_rows(settings: Settings, expected: list[dict[str, Any]]) -> bool:
    return all(not differences(one, other) for one, other in zip(expected, rows_of(settings), strict=True))


def test_a_search_that_is_stopped_in_its_middle_and_resumed_leaves_the_records_it_would_have_left(
    undisturbed: list[dict[str, Any]], gate: Path, tmp_path: Path
) -> None:
    """Questions wait at their second step."""
    close(gate, "Short.\n")
    settings = guided(tmp_path / "run", "beam", gate, grace_s=0)
    assert run(settings, Interrupting(lambda: waiting(gate))).interrupted
    assert rows_of(settings) == []
    gate.unlink()
    assert run(opened(settings.run.dir)).complete
    assert same_rows(settings, undisturbed)


def test_a_search_whose_worker_is_killed_in_its_middle_leaves_the_records_it_would_have_left(
    undisturbed: list[dict[str, Any]], gate: Path, tmp_path: Path
) -> None:
    close(gate, "Short.\n")
    settings = guided(tmp_path / "run", "beam", gate)
    assert driven_with_a_kill(settings, gate).retried
    assert same_rows(settings, undisturbed)
