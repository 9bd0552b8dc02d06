"""Costs, timeline, failures, picks: by hand on a few records."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.records import a_record, a_solution, flat

from factory.export.imported import NO_COST
from factory.run_figures.costs import Costs
from factory.run_figures.drawn import Drawn, Slowest
from factory.run_figures.failures import MOST, Failures, Kinds
from factory.run_figures.flat_rows import Place
from factory.run_figures.timeline import PERIODS, Timeline

BEGIN = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)


def a_cost(**amounts: Any) -> dict[str, Any]:
    return {**NO_COST, **amounts}


def a_role(role: str, **amounts: Any) -> dict[str, Any]:
    counts = {"calls": 1, "prompt_tokens": 10, "cached_tokens": 0, "completion_tokens": 5, "money": 0.5}
    return {"role": role, "engine": "e", "model": "m", "revision": None, **counts, **amounts}


def failed(question: str, kind: str, message: str) -> dict[str, Any]:
    failure = {"stage": "search", "type": kind, "message": message, "attempts": 1}
    return a_record(question, [], status="failed", failure=failure)


def test_costs_add_up_by_role_and_model() -> None:
    section = Costs()
    roles = [a_role("policy"), a_role("judge", money=2.0)]
    section.add(flat(a_record("q", [], cost=a_cost(policy_calls=3, roles=roles, money=2.5))))
    section.add(flat(a_record("r", [], cost=a_cost(policy_calls=4, roles=[a_role("policy", calls=2)], money=0.5))))
    figures = section.figures()
    assert [(row["role"], row["calls"], row["money"]) for row in figures["by_role"]] == [
        ("judge", 1, 2.0),
        ("policy", 3, 1.0),
    ]
    assert (figures["total"]["policy_calls"], figures["total"]["money"]) == (7, 3.0)


def test_periods_are_counted_from_the_first_to_the_last_and_empty_ones_are_there() -> None:
    section = Timeline()
    for minute in (0, 0, 3):
        made = BEGIN + timedelta(minutes=minute)
        section.add(flat(a_record("q", [], created_at=made, cost=a_cost(completion_tokens=7))))
    figures = section.figures()
    assert figures["period_s"] == 60
    assert [row["questions"] for row in figures["rows"]] == [2, 0, 0, 1]
    assert [row["tokens"] for row in figures["rows"]] == [14, 0, 0, 7]


def test_a_long_run_has_few_long_periods_and_loses_no_question() -> None:
    section = Timeline()
    for day in range(40):
        section.add(flat(a_record("q", [], created_at=BEGIN + timedelta(days=day))))
    rows = section.figures()["rows"]
    assert len(rows) <= PERIODS
    assert sum(row["questions"] for row in rows) == 40


def test_failures_are_counted_by_kind_whatever_numbers_are_in_the_message() -> None:
    section = Failures()
    section.add(flat(failed("q", "PromptTooLong", "4,097 tokens"), failed("r", "PromptTooLong", "5,000 tokens")))
    section.add(flat(failed("s", "EngineFailed", "down")))
    rows = section.figures()["questions"]
    assert [(row["type"], row["count"], row["message"]) for row in rows] == [
        ("PromptTooLong", 2, "4,097 tokens"),
        ("EngineFailed", 1, "down"),
    ]


def test_texts_that_could_not_be_judged_have_an_example_each() -> None:
    section = Failures()
    unparsable = a_solution([("x", None)], "unparsable", verdict_reason="two boxes, 2 and 3")
    cut_off = a_solution([("y", None)], "incorrect", finish_reason="length", looping=True)
    record = a_record("q", [a_solution([("a", 1)]), unparsable, cut_off])
    section.add(flat(record))
    rows = section.figures()["texts"]
    assert {(row["outcome"], row["reason"]): row["solution_id"] for row in rows} == {
        ("unparsable", "two boxes, N and N"): unparsable["solution_id"],
        ("truncated", "in a loop"): cut_off["solution_id"],
    }
    assert {row["question_id"] for row in rows} == {record["question_id"]}


def test_a_text_that_could_not_be_judged_is_of_one_kind_whatever_a_checker_says() -> None:
    section = Failures()
    solutions = [a_solution([(str(n), None)], "incorrect", finish_reason="length", looping=n > 0) for n in range(3)]
    solutions += [a_solution([("x", None)], "error", verdict_reason="in a loop of mine")]
    section.add(flat(a_record("q", solutions)))
    rows = section.figures()["texts"]
    assert sorted((row["outcome"], row["reason"], row["count"]) for row in rows) == [
        ("error", "in a loop of mine", 1),
        ("truncated", "", 1),
        ("truncated", "in a loop", 2),
    ]


def test_kinds_of_any_number_are_kept_in_bounds_and_none_is_lost() -> None:
    kinds = Kinds()
    kinds.add(("from the first",), 1000, {})
    for number in range(5 * MOST):
        kinds.add((f"kind {number}",), 1, {})
    kinds.add(("late",), 500, {})
    first, late, *_, other = kinds.rows(("kind",), 3)
    # What may have been forgotten before it came again is told.
    assert first == {"kind": "from the first", "count": 1000, "lacking": 0}
    assert (late["kind"], late["count"]) == ("late", 500)
    assert 0 < late["lacking"] <= 5
    assert sum(row["count"] for row in kinds.rows(("kind",), 3)) == 5 * MOST + 1500
    assert other["kind"] == "other"


def test_a_kind_that_comes_again_and_again_among_many_is_kept() -> None:
    kinds = Kinds()
    for number in range(20 * MOST):
        kinds.add((f"kind {number}",), 1, {})
        if number % 20 == 0:
            kinds.add(("often",), 1, {})
    [row, *_] = kinds.rows(("kind",), 1)
    assert row["kind"] == "often"
    assert row["count"] <= MOST <= row["count"] + row["lacking"]


def test_rows_that_name_no_role_are_the_policy_s_beside_those_that_do() -> None:
    section = Costs()
    old = a_cost(policy_calls=90, completion_tokens=900, judge_calls=2, judge_tokens=7, roles=None)
    new = a_cost(policy_calls=10, completion_tokens=100, roles=[a_role("policy", calls=10)])
    section.add(flat(a_record("old", [], cost=old), a_record("new", [], cost=new)))
    rows = [(row["role"], row["model"], row["calls"]) for row in section.figures()["by_role"]]
    assert rows == [("judge", "", 2), ("policy", "", 90), ("policy", "m", 10)]


def test_the_slowest_questions_come_first_with_where_they_lie() -> None:
    section = Slowest(2)
    for name, seconds in (("a", 1.0), ("b", 5.0), ("c", 3.0), ("d", 0.0)):
        section.add(flat(a_record(name, [], cost=a_cost(seconds=seconds)), part=name))
    assert [row["part"] for row in section.figures()["rows"]] == ["b", "c"]
    assert section.picks()[0].place == Place("b", "data/part-0.parquet")


@pytest.mark.parametrize("order", [1, -1])
def test_a_seed_draws_the_same_questions_in_whatever_order_they_come(order: int) -> None:
    records = [a_record(f"question {number}", []) for number in range(50)][::order]
    section, other = Drawn(3, 5), Drawn(4, 5)
    for record in records:
        section.add(flat(record))
        other.add(flat(record))
    drawn = [row["question_id"] for row in section.figures()["rows"]]
    assert drawn == [row["question_id"] for row in _reference(3).figures()["rows"]]
    assert set(drawn) != {row["question_id"] for row in other.figures()["rows"]}


def _reference(seed: int) -> Drawn:
    section = Drawn(seed, 5)
    section.add(flat(*(a_record(f"question {number}", []) for number in range(50))))
    return section


def test_a_question_that_comes_twice_is_drawn_once() -> None:
    section = Drawn(0, 5)
    section.add(flat(a_record("q", []), a_record("q", [])))
    assert len(section.picks()) == 1


def test_a_pick_knows_its_object_and_its_row_there() -> None:
    rows = flat(a_record("q", []), a_record("r", []))
    assert rows.place(1) == (Place("", "data/part-1.parquet"), 0)


def test_the_same_question_of_several_runs_is_as_many_questions() -> None:
    slowest, drawn = Slowest(2), Drawn(0, 5)
    for part, seconds in (("round_0", 5.0), ("round_1", 500.0)):
        rows = flat(a_record("q", [], cost=a_cost(seconds=seconds)), part=part)
        slowest.add(rows)
        drawn.add(rows)
    assert [(row["part"], row["seconds"]) for row in slowest.figures()["rows"]] == [
        ("round_1", 500.0),
        ("round_0", 5.0),
    ]
    assert sorted(row["part"] for row in drawn.figures()["rows"]) == ["round_0", "round_1"]
