"""Whole run on real Ray actors with the simulated engine, whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.runs import every_question_once, finished, rows_of, run, settings_for

from pipelines.run.settings import Settings

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
WIDE: dict[str, dict[str, Any]] = {
    "run": {"unit_size": 2, "learn": False},
    "source": {"n": 12},
    "search": {"n": 8},
    "supervision": {"k": 16, "searches": 4},
    "cluster": {"workers": 2},
}


@pytest.fixture(scope="module")
def done(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A completed run, read by several tests."""
    settings = settings_for(tmp_path_factory.mktemp("done"), **WIDE)
    finished(settings)
    return settings


def test_a_run_holds_every_question_exactly_once(done: Settings) -> None:
    assert every_question_once(done)
    assert {row["status"] for row in rows_of(done)} == {"ok"}


def test_records_name_the_engine_so_that_no_simulation_passes_for_a_model(done: Settings) -> None:
    assert {solution["engine"] for row in rows_of(done) for solution in row["solutions"]} == {"simulated"}


def test_the_attempts_log_says_what_its_engines_were(done: Settings) -> None:
    log = json.loads((Path(done.run.dir) / "logs" / "attempt_1" / "attempt.json").read_text())
    assert log["engine"]["engine"] == "simulated"
    assert {"revision", "max_model_len", "max_num_seqs", "max_num_batched_tokens"} <= set(log["engine"])


def test_every_labelled_step_carries_its_trials_and_successes(done: Settings) -> None:
    steps = [step for row in rows_of(done) for solution in row["solutions"] for step in solution["steps"]]
    labelled = [step for step in steps if step["label"] is not None]
    assert {step["label"] for step in labelled} == {1, -1}
    assert all(0 <= step["n_successes"] <= step["n_trials"] for step in steps)
    assert any(step["n_trials"] >= 16 for step in labelled)


def test_first_errors_are_where_the_simulated_policy_slipped(done: Settings) -> None:
    found = [
        (solution["first_error"], [" slips " in step["text"] for step in solution["steps"]].index(True))
        for row in rows_of(done)
        for solution in row["solutions"]
        if (solution["first_error"] or 0) >= 0 and solution["first_error"] is not None
    ]
    assert len(found) > 50
    assert sum(said == truth for said, truth in found) / len(found) > 0.9


def test_no_step_labelled_wrong_holds_and_no_correct_solution_has_a_first_error(done: Settings) -> None:
    solutions = [solution for row in rows_of(done) for solution in row["solutions"]]
    wrong = [step for solution in solutions for step in solution["steps"] if step["label"] == -1]
    assert sum(" holds " in step["text"] for step in wrong) / len(wrong) < 0.1
    assert all(solution["first_error"] in (-1, None) for solution in solutions if solution["verdict"] == "correct")


def test_a_second_run_in_the_same_folder_does_nothing_and_says_complete(done: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path(done.run.dir).rglob("*.parquet")}
    assert run(done).complete
    assert {path: path.stat().st_mtime_ns for path in Path(done.run.dir).rglob("*.parquet")} == before
    assert len(list((Path(done.run.dir) / "logs").iterdir())) == 1


def test_the_same_seed_gives_the_same_solutions_and_labels_on_another_fleet(done: Settings, tmp_path: Path) -> None:
    other = settings_for(tmp_path / "again", **{**WIDE, "cluster": {"generators": 2, "units_in_flight": 1}})

    def essence(settings: Settings) -> list[Any]:
        return [(row["question_id"], row["solutions"], row["tree"]) for row in rows_of(settings)]

    finished(other)
    assert essence(other) == essence(done)


def test_a_run_that_has_used_up_its_completions_ends_and_goes_on_with_more(ray_cluster: None, tmp_path: Path) -> None:
    slow = {"engine": {"kind": "simulated", "latency_s": 0.3}, "cluster": {"units_in_flight": 1}}
    few = settings_for(tmp_path, run={"unit_size": 1}, stop={"policy_calls": 5}, **slow)
    ended = run(few)
    assert not ended.complete
    assert not ended.interrupted
    assert "stop.policy_calls is 5" in ended.stopped
    assert 0 < len(rows_of(few)) < 8
    # With the same budget nothing begins, with none the rest is done.
    assert run(few).tally.questions == len(rows_of(few)) == ended.tally.questions
    assert len(list((tmp_path / "logs").iterdir())) == 1
    enough = settings_for(tmp_path, run={"unit_size": 1}, **slow)
    assert run(enough).complete
    assert every_question_once(enough)
