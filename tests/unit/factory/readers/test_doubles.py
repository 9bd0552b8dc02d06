"""Every question passes once, under an id of its own, in every pass over a source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from factory.readers.doubles import Doubles
from factory.types import Question


def asked(id: str, text: str, file: str = "a.jsonl", line: int = 1, **fields: Any) -> Question:
    return Question(**{"gold": "1", "id": id, "text": text, "origin": f"/data/{file}, line {line}", **fields})


def passed(doubles: Doubles, questions: Sequence[Question]) -> list[tuple[str, str]]:
    """(id, text) of the questions that pass."""
    return [(one.id, one.text) for one in doubles.batch(questions) if one is not None]


def test_an_id_with_another_text_gets_the_name_of_its_file_behind_it() -> None:
    doubles = Doubles()
    questions = [asked("0", "p"), asked("1", "q"), asked("0", "r", "b.jsonl"), asked("1", "q", "b.jsonl", 2)]
    assert passed(doubles, questions) == [("0", "p"), ("1", "q"), ("0@b.jsonl", "r")]
    assert (doubles.dropped, doubles.renamed) == (1, 1)
    assert doubles.examples == ["'0' (/data/b.jsonl, line 1) is '0@b.jsonl' here"]


def test_a_renamed_question_that_comes_again_is_a_double() -> None:
    doubles = Doubles()
    questions = [asked("0", "p"), asked("0", "q", "b.jsonl"), asked("0", "q", "c.jsonl"), asked("0", "p", "c.jsonl")]
    assert passed(doubles, questions) == [("0", "p"), ("0@b.jsonl", "q")]
    assert (doubles.dropped, doubles.renamed) == (2, 1)


def test_files_of_one_name_and_rows_of_one_file_get_a_hash_too() -> None:
    names = [name for name, _ in passed(Doubles(), [asked("0", text, "x/test.jsonl") for text in "pqrs"])]
    assert names[:2] == ["0", "0@test.jsonl"]
    assert len(set(names)) == 4
    assert all(name.startswith("0@") and len(name) == 10 for name in names[2:])


def test_an_id_that_looks_like_a_renamed_one_stays_or_is_renamed_itself() -> None:
    questions = [asked("0@b.jsonl", "p"), asked("0", "q"), asked("0", "r", "b.jsonl")]
    first = passed(Doubles(), questions)
    assert len({name for name, _ in first}) == len(first) == 3
    again = passed(Doubles(), [questions[1], questions[2], questions[0]])
    assert len({name for name, _ in again}) == len(again) == 3


def test_another_gold_or_other_choices_make_another_question() -> None:
    assert len(passed(Doubles(), [asked("0", "p"), asked("0", "p", gold="2")])) == 2
    choices = [Question(text="p", gold="B", metadata={"choices": one}) for one in ("[1, 2]", "[3, 4]", "[1, 2]")]
    assert len(passed(Doubles(), choices)) == 1
    ids = [name for name, _ in passed(Doubles(reads=["choices"]), choices)]
    assert len(set(ids)) == 2
    assert ids[0] == choices[0].id


def test_other_solutions_are_another_item_of_the_same_question() -> None:
    questions = [asked("0", "p", given=("s",)), asked("0", "p", given=("t",)), asked("0", "p", given=("s",))]
    assert passed(Doubles(), questions) == [("0", "p"), ("0", "p")]
    others = [asked("0", "p", given=("s",)), asked("0", "q", "b.jsonl", given=("s",))]
    assert passed(Doubles(), others) == [("0", "p"), ("0@b.jsonl", "q")]


def test_a_run_from_before_leaves_out_what_it_left_out() -> None:
    doubles = Doubles(rename=False)
    assert passed(doubles, [asked("0", "p"), asked("0", "q", "b.jsonl")]) == [("0", "p")]
    assert (doubles.dropped, doubles.renamed) == (1, 0)


ROWS = st.tuples(
    st.sampled_from(["0", "1", "0@b", "0@b@c", "1@a", ""]),
    st.sampled_from("pqr"),
    st.sampled_from(["a", "b", "c", ""]),
    st.sampled_from([(), ("s",), ("t",)]),
)


@given(st.lists(ROWS, max_size=40), st.integers(1, 40))
def test_nothing_is_lost_or_mixed_however_the_stream_is_cut_into_batches(rows: Any, size: int) -> None:
    questions = [
        Question(id=id, text=text, gold="1", origin=f"{file}, line 1" * bool(file), given=given)
        for id, text, file, given in rows
    ]
    one_by_one = Doubles()
    passing = [one for question in questions for one in one_by_one.batch([question]) if one is not None]
    # One text per id, and each item once.
    assert len({(one.id, one.text) for one in passing}) == len({one.id for one in passing})
    assert len({one.key for one in passing}) == len(passing)
    assert {(one.text, one.given) for one in passing} == {(one.text, one.given) for one in questions}
    in_batches = Doubles()
    batches = [questions[first : first + size] for first in range(0, len(questions), size)]
    assert [one for batch in batches for one in in_batches.batch(batch) if one is not None] == passing
    assert (in_batches.dropped, in_batches.renamed) == (one_by_one.dropped, one_by_one.renamed)
