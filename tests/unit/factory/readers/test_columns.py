"""Rows of somebody's data set become questions, or one line says what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import BadInput
from factory.readers.columns import MAX_SOLUTIONS, Columns, to_question, to_questions
from factory.types import Question, content_id


def one(row: Mapping[str, Any], **columns: Any) -> Question:
    return to_question(row, Columns(**columns), "data.jsonl, line 7", "data.jsonl")


def test_question_and_answer_are_taken_from_the_named_columns() -> None:
    question = one({"problem": " 1 + 1? ", "solution": "2"}, question_column="problem", answer_column="solution")
    assert (question.text, question.gold, question.source) == ("1 + 1?", "2", "data.jsonl")


def test_the_id_is_a_content_hash_unless_a_column_gives_it() -> None:
    row = {"question": "q", "answer": "2", "key": 12}
    assert one(row).id == content_id("q", "2")
    assert one(row, id_column="key").id == "12"


def test_licence_and_metadata_are_carried_along_as_text() -> None:
    row = {"question": "q", "answer": "2", "licence": "MIT", "level": 3, "tags": ["a"], "hint": None}
    question = one(row, licence_column="licence", metadata_columns=["level", "tags", "hint"])
    assert question.licence == "MIT"
    assert question.metadata == {"level": "3", "tags": '["a"]'}


@pytest.mark.parametrize(
    ("answer", "gold"),
    [(51.0, "51"), (0.5, "0.5"), (-3, "-3"), ("x", "x"), (0, "0"), (Decimal("2.50"), "2.50"), (Decimal("4.0"), "4")],
)
def test_numbers_are_answers_too(answer: object, gold: str) -> None:
    assert one({"question": "q", "answer": answer}).gold == gold


@pytest.mark.parametrize("answer", ["", "  ", None, float("nan"), Decimal("NaN")])
def test_a_missing_answer_is_left_to_the_screening_of_golds(answer: object) -> None:
    assert one({"question": "q", "answer": answer}).gold == ""


@pytest.mark.parametrize("answer", [float("inf"), True, ["2"], {"value": 2}, Decimal("-Infinity"), b"2"])
def test_an_answer_that_is_none_marks_its_question_with_the_line(answer: object) -> None:
    question = one({"question": "q", "answer": answer})
    assert question.gold == ""
    assert question.gold_problem.startswith("data.jsonl, line 7: the answer (column 'answer') is ")


@pytest.mark.parametrize(
    ("answer", "advice"), [(["2"], "one entry is answer[0]"), ({"value": 2}, "one key of it is answer.KEY")]
)
def test_an_answer_that_holds_others_says_how_to_name_one(answer: object, advice: str) -> None:
    assert advice in one({"question": "q", "answer": answer}).gold_problem


def test_the_tests_of_a_program_may_be_a_list_or_an_object() -> None:
    assert one({"question": "q", "answer": ["assert f(1) == 2"]}, gold="json").gold == '["assert f(1) == 2"]'
    assert one({"question": "q", "answer": {"inputs": ["é"]}}, gold="json").gold == '{"inputs": ["é"]}'
    assert one({"question": "q", "answer": " [] "}, gold="json").gold == "[]"
    assert "source.gold=json takes all of it" in one({"question": "q", "answer": ["2"]}).gold_problem


@pytest.mark.parametrize("preset", ["gsm8k", "math"])
def test_a_row_without_its_marker_marks_its_question_and_stops_nothing(preset: str) -> None:
    question = one({"question": "q", "answer": "so 7"}, gold=preset)
    assert question.gold == ""
    assert question.gold_problem.startswith("data.jsonl, line 7: the answer 'so 7' has no ")


def test_a_later_row_may_lack_the_answer_and_the_first_may_not() -> None:
    rows = [("line 1", {"question": "q", "answer": "1"}), ("line 2", {"question": "r"})]
    first, second = to_questions(rows, Columns(), "x")
    assert (first.gold_problem, second.gold) == ("", "")
    assert second.gold_problem.startswith("line 2: there is no column 'answer'")
    with pytest.raises(BadInput, match=r"^line 2: there is no column 'answer'"):
        list(to_questions(rows[1:], Columns(), "x"))


def test_nan_is_nothing_in_every_other_column() -> None:
    question = one({"question": "q", "answer": "2", "a": float("nan")}, metadata_columns=["a"], licence_column="a")
    assert (question.metadata, question.licence) == ({}, None)
    with pytest.raises(BadInput, match=r"the id .* is empty"):
        one({"question": "q", "answer": "2", "a": float("nan")}, id_column="a")


@pytest.mark.parametrize("text", ["", " \n", None, 7, ["q"]])
def test_a_question_that_is_none_is_refused_with_its_line(text: object) -> None:
    with pytest.raises(BadInput, match=r"^data\.jsonl, line 7: the question \(column 'question'\) is "):
        one({"question": text, "answer": "2"})


def test_a_missing_column_names_those_there_are_and_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"no column 'question'\. Did you mean 'questions'\? Valid: questions, answer\."):
        one({"questions": "q", "answer": "2"})


@pytest.mark.parametrize("wanted", [{"id_column": "x"}, {"licence_column": "x"}, {"metadata_columns": ["x"]}])
def test_every_column_asked_for_must_be_there(wanted: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="no column 'x'"):
        one({"question": "q", "answer": "2"}, **wanted)


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(BadInput, match="the id"):
        one({"question": "q", "answer": "2", "key": None}, id_column="key")


def test_half_a_character_is_refused_before_it_reaches_parquet() -> None:
    with pytest.raises(BadInput, match=r"^data\.jsonl, line 7: .*surrogate"):
        one({"question": "q \ud83d", "answer": "2"})


def test_limit_stops_reading() -> None:
    def rows() -> Any:
        yield "line 1", {"question": "q", "answer": "1"}
        raise AssertionError("read beyond the limit")

    assert len(list(to_questions(rows(), Columns(limit=1), "x"))) == 1


def test_no_rows_at_all_and_a_negative_limit_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^data\.jsonl holds no questions"):
        list(to_questions([], Columns(), "data.jsonl"))
    with pytest.raises(BadInput, match="limit is -1"):
        list(to_questions([], Columns(limit=-1), "data.jsonl"))


def with_solutions(*rows: tuple[str, Any], **columns: Any) -> list[Question]:
    """Questions of (question, solution) rows; the gold is always 1."""
    numbered = [
        (f"line {number}", {"question": question, "answer": 1, "solution": solution})
        for number, (question, solution) in enumerate(rows, start=1)
    ]
    return list(to_questions(numbered, Columns(solution_column="solution", **columns), "data.jsonl"))


def test_rows_of_one_question_in_a_row_are_one_question_with_several_solutions() -> None:
    found = with_solutions(("q", "a\nb"), ("q", " c \n"), ("r", "d"))
    assert [(q.text, q.given) for q in found] == [("q", ("a\nb", "c")), ("r", ("d",))]


def test_a_solution_that_comes_twice_is_kept_once() -> None:
    assert [q.given for q in with_solutions(("q", "a"), ("q", "b"), ("q", "a "))] == [("a", "b")]


def test_a_question_that_comes_again_with_other_solutions_is_another_item_with_the_same_id() -> None:
    first, _, again = with_solutions(("q", "a"), ("r", "a"), ("q", "b"))
    assert first.id == again.id == content_id("q", "1")
    assert first.key != again.key


def test_without_given_solutions_the_key_is_the_id() -> None:
    question = one({"question": "q", "answer": "2"})
    assert question.given == ()
    assert question.key == question.id


def test_one_id_for_two_texts_keeps_them_apart() -> None:
    rows = [("line", {"question": text, "answer": 1, "key": "k", "solution": "s"}) for text in "qr"]
    found = list(to_questions(rows, Columns(id_column="key", solution_column="solution"), "x"))
    assert [(q.id, q.text) for q in found] == [("k", "q"), ("k", "r")]


@given(
    rows=st.lists(st.tuples(st.sampled_from("qr"), st.integers(0, 200)), min_size=1, max_size=300),
)
def test_every_solution_is_given_once_per_group_and_no_question_holds_more_than_the_most(rows: Any) -> None:
    found = with_solutions(*((question, str(solution)) for question, solution in rows))
    assert all(0 < len(q.given) == len(set(q.given)) <= MAX_SOLUTIONS for q in found)
    assert {(q.text, solution) for q in found for solution in q.given} == {(q, str(s)) for q, s in rows}
    for one_of, next_of in pairwise(found):
        assert one_of.text != next_of.text or len(one_of.given) == MAX_SOLUTIONS


def test_the_limit_counts_questions_not_rows() -> None:
    found = with_solutions(("q", "a"), ("q", "b"), ("r", "c"), ("s", "d"), limit=2)
    assert [q.given for q in found] == [("a", "b"), ("c",)]


@pytest.mark.parametrize("solution", ["", " \n", None, 7, ["a"]])
def test_a_solution_that_is_none_is_refused_with_its_line(solution: object) -> None:
    with pytest.raises(BadInput, match=r"^line 2: the solution \(column 'solution'\) is .*; expected text; "):
        with_solutions(("q", "a"), ("q", solution))


def test_half_a_character_in_a_solution_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^line 1: .*surrogate"):
        with_solutions(("q", "a \ud83d"))


def test_the_solution_column_must_be_there() -> None:
    with pytest.raises(BadInput, match=r"^data\.jsonl, line 7: there is no column 'solution'"):
        one({"question": "q", "answer": "2"}, solution_column="solution")
