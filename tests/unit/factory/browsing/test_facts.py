"""Facts of records: what the two tables say of each question and solution."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from support.records import a_record, a_solution

from factory.browsing.facts import COLUMNS, QUESTIONS, SOLUTIONS, facts_of, joined
from factory.records.record import to_batch
from factory.records.schema import SCHEMA


def facts(*records: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of both tables."""
    questions, solutions = facts_of(pa.Table.from_batches([to_batch(list(records))]))
    assert questions.schema == QUESTIONS
    assert solutions.schema == SOLUTIONS
    return questions.to_pylist(), solutions.to_pylist()


def test_a_question_has_its_level_source_and_beginning_on_one_line() -> None:
    [row], _ = facts(a_record("What\n is it?" + "x" * 500, [], metadata=[("index", "3"), ("level", "hard")]))
    assert (row["level"], row["source"], row["status"], row["failure"]) == ("hard", "own.jsonl", "ok", "")
    assert row["beginning"].startswith("What is it?x")
    assert len(row["beginning"]) <= 140


def test_samples_count_as_often_as_they_came() -> None:
    right = a_solution([("a", 1)], occurrences=3)
    wrong = a_solution([("b", -1)], "incorrect", occurrences=2)
    [row], _ = facts(a_record("?", [right, wrong]))
    assert (row["samples"], row["right"], row["solutions"]) == (5, 3, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "rollout"},
        {"method": "given"},
        {"independent": False},
        {"role": "prover"},
        {"hinted": True},
    ],
)
def test_what_is_no_sample_of_the_policy_is_not_counted(fields: dict[str, Any]) -> None:
    [row], _ = facts(a_record("?", [a_solution([("a", 1)], **fields)]))
    assert (row["samples"], row["right"], row["solutions"]) == (0, 0, 1)


def test_a_solution_that_was_cut_off_is_truncated_and_not_right() -> None:
    [row], [solution] = facts(a_record("?", [a_solution([("a", 1)], finish_reason="length")]))
    assert (solution["verdict"], row["samples"], row["right"]) == ("truncated", 1, 0)


def test_the_least_confidence_is_of_labelled_steps() -> None:
    solution = a_solution([("a", 1), ("b", None), ("c", -1)], "incorrect")
    for step, confidence in zip(solution["steps"], (0.75, 0.25, 0.5), strict=True):
        step["confidence"] = confidence
    _, rows = facts(a_record("?", [solution, a_solution([("a", None)]), a_solution([])]))
    assert rows[0]["confidence"] == 0.5
    assert math.isnan(rows[1]["confidence"])
    assert math.isnan(rows[2]["confidence"])


def test_flags_know_yes_no_and_unknown() -> None:
    _, rows = facts(
        a_record("?", [a_solution([("a", 1)], flawed=flag, contradicted=flag) for flag in (True, False, None)])
    )
    assert [row["flawed"] for row in rows] == [1, 0, -1]
    assert [row["contradicted"] for row in rows] == [1, 0, -1]


def test_first_errors_are_steps_none_or_unknown() -> None:
    _, rows = facts(a_record("?", [a_solution([("a", 1)], first_error=first) for first in (3, -1, None)]))
    assert [row["first_error"] for row in rows] == [3, -1, -2]


def test_solutions_follow_their_questions_also_where_some_have_none() -> None:
    some = [a_solution([("a", 1)], role="x"), a_solution([("b", 1)], role="y")]
    questions, solutions = facts(a_record("1", []), a_record("2", some), a_record("3", []), a_record("4", some[:1]))
    assert [row["solutions"] for row in questions] == [0, 2, 0, 1]
    assert [row["role"] for row in solutions] == ["x", "y", "x"]


def test_columns_that_are_missing_are_unknown() -> None:
    questions, solutions = facts_of(pa.table({"question_id": ["a", "b"]}))
    assert questions["question_id"].to_pylist() == ["a", "b"]
    assert questions["level"].to_pylist() == ["", ""]
    assert solutions.num_rows == 0
    early = pa.array([[{"verdict": "correct", "steps": [{"text": "s", "label": 1, "confidence": 0.5}]}], None])
    questions, solutions = facts_of(pa.table({"question_id": ["a", "b"], "solutions": early}))
    [solution] = solutions.to_pylist()
    assert (solution["verdict"], solution["role"], solution["flawed"]) == ("correct", "policy", -1)
    assert questions["samples"].to_pylist() == [1, 0]


def test_columns_that_are_no_lists_and_maps_as_in_a_record_are_unknown() -> None:
    questions, solutions = facts_of(
        pa.table({"question_id": ["a"], "solutions": [3], "metadata": ["x"], "cost": [1.5]})
    )
    assert questions.select(["level", "solutions", "seconds"]).to_pylist() == [
        {"level": "", "solutions": 0, "seconds": 0.0}
    ]
    assert solutions.num_rows == 0


def test_a_slice_of_a_table_has_its_own_facts() -> None:
    records = [
        a_record(str(n), [a_solution([("a", 1)], occurrences=n)] * n, metadata=[("level", str(n))]) for n in (1, 2, 3)
    ]
    whole = pa.Table.from_batches([to_batch(records)])
    questions, solutions = facts_of(whole.slice(1, 1))
    assert questions.select(["level", "samples", "solutions"]).to_pylist() == [
        {"level": "2", "samples": 4, "solutions": 2}
    ]
    assert solutions.num_rows == 2


def test_joined_tables_share_their_names() -> None:
    one, two = (facts_of(pa.Table.from_batches([to_batch([a_record("?", [], source=name)])]))[0] for name in "ab")
    both = joined([one, two])
    assert both["source"].to_pylist() == ["a", "b"]
    assert both["source"].num_chunks == 1


def test_every_column_is_one_of_the_schema() -> None:
    assert {name.partition(".")[0] for name in COLUMNS} <= set(SCHEMA.names)
