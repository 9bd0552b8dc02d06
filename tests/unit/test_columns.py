"""Rows of somebody's data set become questions, or one line says what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from factory.columns import Columns, to_question, to_questions
from factory.errors import BadInput
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


@pytest.mark.parametrize("answer", ["", "  ", None])
def test_a_missing_answer_is_left_to_the_screening_of_golds(answer: object) -> None:
    assert one({"question": "q", "answer": answer}).gold == ""


@pytest.mark.parametrize("answer", [float("nan"), float("inf"), True, ["2"], Decimal("NaN")])
def test_an_answer_that_is_none_is_refused_with_its_line(answer: object) -> None:
    with pytest.raises(BadInput, match=r"^data\.jsonl, line 7: the answer \(column 'answer'\) is "):
        one({"question": "q", "answer": answer})


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
