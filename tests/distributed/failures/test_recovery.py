"""Actors are killed, engines die, checkers hang: the run completes, and only what is to blame fails."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from support.plugins.gate import close, waiting
from support.runs import driven, every_question_once, finished, pid_of, rows_of, settings_for

from pipelines.driving.drive import Progress
from pipelines.run.fleet import Fleet

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


@pytest.mark.parametrize("roles", [("writers", "generators"), ("checkers", "workers")], ids=" and ".join)
def test_a_run_survives_the_sigkill_of_one_of_its(roles: tuple[str, ...], tmp_path: Path) -> None:
    """Two units wait at a gate until both roles have lost an actor."""
    gate = tmp_path / "gate"
    close(gate, *(f"question {number} " for number in range(4, 8)))
    engine = {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, "gate": str(gate)}
    settings = settings_for(
        tmp_path / "run", engine=engine, supervision={"searches": 3}, cluster={"units_in_flight": 2}
    )
    left = list(roles)

    def kill_the_next(fleet: Fleet, progress: Progress) -> None:
        if not left:
            gate.unlink(missing_ok=True)
        elif len(waiting(gate)) == 4:
            os.kill(pid_of(getattr(fleet, left.pop(0))[0]), signal.SIGKILL)

    progress = driven(settings, kill_the_next)
    assert not left
    assert progress.retried == (2 if "workers" in roles else 0)
    assert every_question_once(settings)
    assert {row["status"] for row in rows_of(settings)} == {"ok"}


def misbehaving(folder: Path, engine: dict[str, Any], **cluster: Any) -> list[dict[str, Any]]:
    """Rows of a run with the engine for tests, all questions in flight together."""
    engine = {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, **engine}
    wide = {"units_in_flight": 8, **cluster}
    return finished(settings_for(folder, engine=engine, source={"n": 6}, supervision={"searches": 0}, cluster=wide))


def blamed(rows: list[dict[str, Any]], *numbers: int) -> list[dict[str, Any]]:
    """The failures of the questions `numbers`, which alone may have one."""
    assert [row["status"] for row in rows] == ["failed" if number in numbers else "ok" for number in range(6)]
    return [rows[number]["failure"] for number in numbers]


def test_a_request_that_kills_its_engine_every_time_fails_alone(tmp_path: Path) -> None:
    # Latency: all others are in flight with it, and die with it, until it is known by dying alone.
    [failure] = blamed(misbehaving(tmp_path, {"dies_on": "question 3 ", "latency_s": 0.4}, attempts=3), 3)
    assert (failure["stage"], failure["type"]) == ("generate", "EngineFailed")
    # Twice with everybody, then in halves of at most six.
    assert 3 <= failure["attempts"] <= 2 + 3
    assert f"after {failure['attempts']} attempts" in failure["message"]


def test_a_request_that_never_answers_and_one_longer_than_the_context_fail_alone(tmp_path: Path) -> None:
    engine = {"hangs_on": "question 3 ", "refuses": "question 5 "}
    hung, refused = blamed(misbehaving(tmp_path, engine, attempts=2, request_timeout_s=5), 3, 5)
    assert (hung["type"], hung["attempts"]) == ("EngineFailed", 2)
    assert (refused["type"], refused["message"]) == ("PromptTooLong", "no room for an answer")


def test_a_run_completes_on_the_other_engine_when_one_hangs_and_cannot_restart(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    rows = misbehaving(tmp_path / "run", {"breaks": str(broken)}, generators=2, request_timeout_s=2)
    assert broken.exists()
    assert [row["status"] for row in rows] == ["ok"] * 6


def test_a_hanging_check_is_a_timeout_and_never_a_negative_label(tmp_path: Path) -> None:
    source = tmp_path / "questions.jsonl"
    source.write_text('{"question": "What is 2 + 2?", "answer": "4"}\n', encoding="utf-8")
    [row] = finished(
        settings_for(
            tmp_path / "run",
            source={"kind": "jsonl", "path": str(source)},
            engine={"kind": "scripted", "fallback": ["It is 4.", "First\nhang the checker"]},
            checker={"kind": "tests.support.plugins.hanging_checker"},
            search={"n": 2},
            supervision={"k": 1},
        )
    )
    verdicts = {solution["text"]: solution for solution in row["solutions"]}
    hung = verdicts["First\nhang the checker"]
    assert (hung["verdict"], hung["first_error"]) == ("timeout", None)
    assert all(step["label"] is None for step in hung["steps"])
    assert verdicts["It is 4."]["verdict"] == "correct"


@pytest.mark.parametrize(
    "sections",
    [
        {"search": {"method": "tests.support.plugins.search"}},
        {"engine": {"kind": "tests.support.plugins.engines", "has_a_bug_on": "question 1 "}},
    ],
    ids=["algorithm", "engine"],
)
def test_a_bug_ends_the_run_with_a_traceback_and_not_with_data(sections: dict[str, Any], tmp_path: Path) -> None:
    settings = settings_for(tmp_path, **sections)
    with pytest.raises(TypeError, match="a bug in the"):
        finished(settings)
    assert all(row["status"] == "ok" for row in rows_of(settings))
