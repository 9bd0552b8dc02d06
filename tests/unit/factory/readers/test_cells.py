"""A name leads to a column, or to something within one."""

from __future__ import annotations

from typing import Any

import pytest

from factory.errors import BadInput
from factory.readers.cells import value_of
from factory.readers.columns import Columns, check_columns, needed, to_question

ROW: dict[str, Any] = {
    "question": "q",
    "answer": ["4", "four"],
    "extra_info": {"answer": "5", "level": {"a.b": 3}, "tags": []},
    "prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
    "json": '{"answer": "6", "list": ["x", "y"]}',
    "map": [("k", "v"), ("l", "w")],
    "a.b": "dotted",
    "a": {"b": "nested", "c": "other"},
    "c[0]": "bracketed",
    "nothing": None,
    "text": "plain",
    "matrix": [["1", "2"], ["3"]],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("question", "q"),
        ("answer[0]", "4"),
        ("answer[1]", "four"),
        ("answer[-1]", "four"),
        ("answer[2]", None),
        ("answer[-3]", None),
        ("extra_info.answer", "5"),
        ("extra_info.level.a.b", 3),
        ("extra_info.tags", []),
        ("extra_info.tags[0]", None),
        ("prompt[0].content", "s"),
        ("prompt[-1].content", "u"),
        ("json.answer", "6"),
        ("json.list[1]", "y"),
        ("map.l", "w"),
        ("a.b", "dotted"),
        ("a.c", "other"),
        ("c[0]", "bracketed"),
        ("nothing.at.all[3]", None),
        ("matrix[0][1]", "2"),
        ("matrix[1][1]", None),
    ],
)
def test_a_name_leads_into_a_column(name: str, value: object) -> None:
    assert value_of(ROW, name, "line 1") == value


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "extra_info.anwser",
            "line 1: 'extra_info' has no 'anwser'. Did you mean 'answer'? Valid: answer, level",
        ),
        ("extra_info.level.c", "line 1: 'extra_info.level' has no 'c'. "),
        ("extra_inf.answer", "line 1: there is no column 'extra_inf.answer'. Did you mean 'extra_info'? "),
        ("answer.value", "name one of its entries with [0]"),
        ("extra_info[0]", "line 1: 'extra_info' has no '[0]'"),
        ("text.value", "line 1: 'text' is 'plain', so there is no '.value' in it; expected a JSON object"),
        ("text[0]", "expected a list"),
        ("answer[x]", "so there is no '[x]' in it"),
        ("prompt[0].contents", "line 1: 'prompt[0]' has no 'contents'. Did you mean 'content'?"),
        ("extra_info.", "has no ''"),
        ("", "there is no column ''"),
    ],
)
def test_a_name_that_leads_nowhere_names_the_nearest(name: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        value_of(ROW, name, "line 1")
    assert said in str(caught.value)


def test_only_the_columns_are_needed_that_hold_what_is_asked_for() -> None:
    columns = Columns(
        question_column="prompt[-1].content",
        answer_column="extra_info.answer",
        id_column="extra_info.level.a.b",
        metadata_columns=["a.b", "choices=json.list"],
    )
    check_columns(ROW, columns, "file")
    assert needed(columns, list(ROW)) == ["prompt", "extra_info", "a.b", "json"]
    with pytest.raises(BadInput, match=r"^file: there is no column 'jsn\.list'\. Did you mean 'json'"):
        check_columns(ROW, Columns(answer_column="answer", metadata_columns=["choices=jsn.list"]), "file")


def test_every_kind_of_column_may_lie_within_another() -> None:
    columns = Columns(
        question_column="prompt[1].content",
        answer_column="json.answer",
        id_column="extra_info.level.a.b",
        solution_column="answer[1]",
        licence_column="a.c",
        metadata_columns=["extra_info.answer", "choices=json.list", "answer"],
    )
    question = to_question(ROW, columns, "line 1", "file")
    assert (question.text, question.gold, question.id, question.given) == ("u", "6", "3", ("four",))
    assert question.licence == "other"
    assert question.metadata == {"extra_info.answer": "5", "choices": '["x", "y"]', "answer": '["4", "four"]'}


def test_a_column_whose_name_holds_an_equals_sign_is_carried_along_under_it() -> None:
    row = {"question": "q", "answer": "1", "a=b": "x", "b": "y"}
    assert to_question(row, Columns(metadata_columns=["a=b"]), "line 1", "file").metadata == {"a=b": "x"}
