"""Labels of runs and of others on solutions that people have labelled."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from support.records import a_record, a_solution

from factory.evaluation.prm_scores import ScoredSolution, Tuning, tuned
from tools.evaluation import label_accuracy
from tools.evaluation.label_accuracy import EQUATIONS, measured
from tools.evaluation.label_tables import report
from tools.evaluation.labels_of_people import Cut, first_error_chance

WRONG = ["Two boxes of 3: 2 * 3 = 7.", "And 1 more: 7 + 1 = 8.", "The answer is 8."]
RIGHT = ["Two boxes of 3: 2 * 3 = 6.", "And 1 more: 6 + 1 = 7.", "The answer is 7."]
RUN = "labels of the run"


def line(number: int, steps: Sequence[str], label: int) -> dict[str, Any]:
    return {"problem": f"Question {number}?", "steps": list(steps), "final_answer_correct": label < 0, "label": label}


@pytest.fixture
def people(tmp_path: Path) -> str:
    """Return a file with one wrong and one right solution."""
    return written(tmp_path / "people.jsonl", line(1, WRONG, 0), line(2, RIGHT, -1))


def written(path: Path, *lines: object) -> str:
    path.write_text("".join(json.dumps(one) + "\n" for one in lines))
    return str(path)


def labelled(number: int, texts: Sequence[str], labels: Sequence[int | None], **fields: Any) -> dict[str, Any]:
    """Return the record of a run that has labelled one solution."""
    steps = list(zip(texts, labels, strict=True))
    entry = {
        "role": "policy",
        "model": "m",
        "calls": 3,
        "prompt_tokens": 10,
        "cached_tokens": 0,
        "completion_tokens": 5,
    }
    cost = {"roles": [{**entry, "engine": "e", "revision": "r", "money": 0.0}]}
    return a_record(f"Question {number}?", [a_solution(steps, **fields)], cost=cost)


def test_equations_and_a_guess_need_no_records(people: str) -> None:
    figures = measured(people, {})
    assert figures["sources"][EQUATIONS]["f1"] == 1.0
    # It says "no error" half of the time, and otherwise step 0.
    assert (figures["guess"]["step"], figures["guess"]["none"], figures["guess"]["f1"]) == (0, 0.5, 0.5)


def test_a_runs_labels_opinions_and_critiques_are_sources_of_their_own(people: str) -> None:
    opinion = {"source": "verifier", "first_error": 1, "grade": 2, "model": None, "revision": None}
    critique = {"text": "Fine.", "right": True, "role": "critic", "model": None, "revision": None}
    row = labelled(1, WRONG, [-1, -1, -1], opinions=[opinion], critiques=[critique])
    figures = measured(people, {RUN: lambda: [row, labelled(2, RIGHT, [1, None, None])]})
    kinds = {name: (one["on_erroneous"], one["on_correct"]) for name, one in figures["sources"].items()}
    assert kinds[RUN][0]["exact"] == kinds[RUN][1]["unsaid"] == 1
    assert kinds[f"{RUN}: opinion of verifier"][0]["late"] == kinds[f"{RUN}: critique of critic"][0]["missed"] == 1
    [policy] = figures["compared"][RUN]["roles"]
    assert (policy["calls"], policy["prompt_tokens"], policy["completion_tokens"]) == (6, 20, 10)


def test_labels_on_finer_steps_are_compared_and_on_others_not(people: str) -> None:
    finer = ["Two boxes of 3:", "2 * 3 = 7.", "And 1 more:", "7 + 1 = 8.", "The answer is 8."]
    records = [labelled(1, finer, [1, -1, -1, -1, -1]), labelled(2, [" ".join(RIGHT)], [1])]
    figures = measured(people, {RUN: lambda: records})
    assert figures["sources"][RUN]["on_erroneous"]["exact"] == 1
    assert figures["compared"][RUN]["cut otherwise"] == 1


def test_labels_of_others_come_in_the_same_layout(people: str, tmp_path: Path) -> None:
    theirs = written(tmp_path / "theirs.jsonl", line(2, RIGHT, 1), line(1, WRONG, 2))
    figures = measured(people, {"theirs": lambda: label_accuracy.records_in(theirs)})
    one = figures["sources"]["theirs"]
    assert (one["on_erroneous"]["late"], one["on_correct"]["alarmed"], one["f1"]) == (1, 1, 0.0)


def test_more_solutions_than_are_kept_at_a_time_are_compared_in_several_passes(
    people: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [labelled(1, WRONG, [-1, -1, -1]), labelled(2, RIGHT, [1, 1, 1])]
    at_once = measured(people, {RUN: lambda: records})
    monkeypatch.setattr(label_accuracy, "AT_ONCE", 1)
    assert measured(people, {RUN: lambda: records}) == at_once


def test_a_reward_model_is_measured_on_other_questions_than_its_threshold_is_tuned_on(tmp_path: Path) -> None:
    people = written(tmp_path / "p.jsonl", *(line(number, RIGHT, number % 2 - 1) for number in range(40)))
    asked: list[str] = []

    def scorer(solutions: Sequence[tuple[str, Sequence[str]]]) -> list[list[float] | None]:
        asked.extend(question for question, _ in solutions)
        return [[0.9 - 0.2 * (int(question[9:-1]) % 2), 0.8, 0.8] for question, _ in solutions]

    figures = measured(people, {}, scorer, tune=0.5)
    tuned_on = figures["prm"]["tuned_on"]
    assert sorted(set(asked)) == sorted(asked)
    assert len(asked) == 40
    assert 0 < tuned_on < 40
    one = figures["sources"]["PRM, threshold tuned"]
    assert one["erroneous"] + one["correct"] == 40 - tuned_on
    assert one["f1"] == 1.0
    assert figures["sources"]["PRM at 0.5"]["f1"] == 0.0


def test_a_threshold_tuned_one_by_one_is_that_tuned_at_once() -> None:
    tuning, solutions = (
        Tuning(),
        [
            ScoredSolution(scores=scores, first_error=first)
            for scores, first in (((0.9, 0.3, 0.6), 1), ((0.8, 0.7), -1), ((0.2, 0.9), 1), ((0.65, 0.64, 0.1), 2))
        ],
    )
    for solution in solutions:
        tuning.add(solution)
    assert tuning.best == tuned(solutions)


def test_prm800k_is_read_too(tmp_path: Path) -> None:
    rated = [
        {"completions": [{"text": text, "rating": rating, "flagged": None}], "human_completion": None}
        for text, rating in zip(WRONG, (1, -1, None), strict=True)
    ]
    steps = [{**step, "chosen_completion": 0 if number == 0 else None} for number, step in enumerate(rated)]
    entry = {
        "question": {"problem": "Q?", "ground_truth_answer": "7"},
        "label": {"steps": steps, "finish_reason": None},
    }
    figures = measured(written(tmp_path / "p.jsonl", entry), {})
    assert figures["solutions"] == 2  # the trajectory of one step, and the rejected second one behind it


def test_a_step_cut_finer_belongs_to_one_of_theirs() -> None:
    cut = Cut(ours=[3, 5, 9], theirs=[5, 9])
    assert [cut.first_error(ours) for ours in (None, -1, 0, 1, 2)] == [None, -1, 0, 0, 1]


def test_the_chance_of_a_first_error_is_what_its_step_adds() -> None:
    def chance(first: int | None, *steps: tuple[int | None, float]) -> float | None:
        rows = [{"label": label, "confidence": confidence} for label, confidence in steps]
        return first_error_chance({"first_error": first, "steps": rows})

    assert chance(1, (1, 0.97), (-1, 0.99)) == pytest.approx(0.96)
    assert chance(0, (-1, 0.9), (-1, 0.95)) == pytest.approx(0.9)
    assert chance(-1, (1, 0.99), (1, 0.92)) == pytest.approx(0.92)
    assert chance(None, (1, 0.99), (None, 0.6)) is None


def test_the_tables_show_what_was_measured(people: str) -> None:
    row = labelled(1, WRONG, [-1, -1, -1])
    console = Console(width=130, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    report(measured(people, {RUN: lambda: [row]}), console)
    shown = console.export_text()
    assert RUN in shown
    assert EQUATIONS in shown
    assert "a constant guess" in shown
    assert "1 labelled ones" in shown


@pytest.mark.parametrize(
    ("text", "arguments", "complaint"),
    [
        ("{}\n", [], "no line of prm800k or processbench"),
        (json.dumps({"problem": "Q?", "steps": [], "label": -1}) + "\n", [], "'steps' is empty"),
        ("", [], "says of no solution"),
        (json.dumps(line(1, WRONG, 0)) + "\n", ["--labels", "nofile"], "expected NAME=FILE"),
        (json.dumps(line(1, WRONG, 0)) + "\n", ["--labels", "a=/no/such/file"], "/no/such/file"),
        (json.dumps(line(1, WRONG, 0)) + "\n", ["/no/such/run"], "/no/such/run"),
        (json.dumps(line(1, WRONG, 0)) + "\n", ["--tune", "2"], "--tune is 2"),
        (json.dumps(line(1, WRONG, 0)) + "\n", ["--json", "/no/such/folder/x"], "cannot write"),
        (json.dumps(line(1, WRONG, 0)) + "\n", ["--prm", "/no/such/model"], "/no/such/model"),
    ],
)
def test_bad_input_is_one_line(
    text: str,
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "people.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(sys, "argv", ["label_accuracy", *arguments, "--against", str(path)])
    assert label_accuracy.main() == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
