"""Solutions that lie in a file already are labelled beside those the policy samples; their planted errors are found."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from support.runs import finished, settings_for

from actors.engines import simulated
from factory.sources.simulated import Config, questions

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
ENGINE = simulated.Config(steps=5, words=3)
QUESTIONS, FIRST, LATER = 8, 4, 3  # solutions in the first part of the file, and further down
SAMPLED = 8
Row = dict[str, Any]


def given_rows() -> list[Row]:
    """Wrong solutions, made by the simulated policy: some of every question, then others of every question."""
    parts: list[list[Row]] = [[], []]
    for question in questions(Config(n=QUESTIONS)):
        rng = Random(question.id)
        wrong: dict[str, None] = {}
        while len(wrong) < FIRST + LATER:
            text = simulated.complete(int(question.gold), 0, False, rng, ENGINE).text
            if "slips" in text:
                wrong[text] = None
        for place, text in enumerate(wrong):
            parts[place >= FIRST].append({"question": question.text, "solution": text, "gold": question.gold})
    return parts[0] + parts[1]


@pytest.fixture(scope="module")
def rows(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The records of a run over a file with solutions."""
    folder = tmp_path_factory.mktemp("given")
    path = folder / "my.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in given_rows()))
    columns = {"answer_column": "gold", "solution_column": "solution"}
    return finished(
        settings_for(
            folder / "run",
            source={"kind": "jsonl", "path": str(path), **columns},
            search={"n": SAMPLED},
            supervision={"method": "bayes_bisection", "confidence": 0.9},
        )
    )


def given_in(rows: list[Row]) -> list[Row]:
    return [solution for row in rows for solution in row["solutions"] if solution["method"] == "given"]


def test_every_given_solution_is_in_one_record_word_for_word(rows: list[Row]) -> None:
    there = [(row["question"], found["text"]) for row in rows for found in given_in([row])]
    assert sorted(there) == sorted((row["question"], row["solution"]) for row in given_rows())


def test_a_question_whose_solutions_come_again_further_down_is_a_second_record(rows: list[Row]) -> None:
    assert len(rows) == 2 * QUESTIONS
    assert len({row["question_id"] for row in rows}) == QUESTIONS
    assert sorted(len(given_in([row])) for row in rows) == [LATER] * QUESTIONS + [FIRST] * QUESTIONS
    assert {row["status"] for row in rows} == {"ok"}


def test_first_errors_of_given_solutions_are_where_they_were_planted(rows: list[Row]) -> None:
    found = [
        (solution["first_error"], [" slips " in step["text"] for step in solution["steps"]].index(True))
        for solution in given_in(rows)
        if solution["first_error"] is not None
    ]
    assert len(found) > 0.9 * QUESTIONS * (FIRST + LATER)
    assert sum(said == truth for said, truth in found) / len(found) > 0.9


def test_sampled_solutions_are_labelled_beside_them_and_name_their_engine(rows: list[Row]) -> None:
    sampled = [found for row in rows for found in row["solutions"] if found["method"] == "sample"]
    assert {found["engine"] for found in sampled} == {"simulated"}
    assert {found["engine"] for found in given_in(rows)} == {None}
    assert sum(found["first_error"] is not None for found in sampled) > 0.5 * len(sampled)


def test_given_solutions_are_no_evidence_of_what_the_policy_can(rows: list[Row]) -> None:
    for row in rows:
        asked_of_the_root = sum(found["occurrences"] for found in row["solutions"] if found["start_depth"] == 0)
        assert row["tree"][0]["trials"] == asked_of_the_root - len(given_in([row])) >= SAMPLED
