"""Multiple choice: which answers name the gold choice, which another, and which none for certain."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.answers.extraction.choices import read_choices
from factory.checkers.multiple_choice import Config, right_answer, settle
from factory.types import Question

PLACES = json.dumps(["bank", "library", "department store", "salt and pepper", "fight or flight"])


def outcome(gold: str, text: str, choices: str = PLACES) -> str:
    question = Question(text="", gold=gold, metadata={"choices": choices} if choices else {})
    return str(settle(question, text, Config()).outcome)


def boxed(gold: str, answer: str, choices: str = PLACES) -> str:
    return outcome(gold, rf"\boxed{{{answer}}}", choices)


LETTERS = (
    "B", "b", "(B)", "[B]", "B)", "B.", r"\text{B}", r"\mathrm{(B)}", r"\textbf{(B) }", "**B**", "**(B)**", "option B",
    "Choice (B)", "The correct option is B", "answer: B",
)  # fmt: skip
WITH_TEXT = ("B) library", "B. Library", "(B) library", "B: library", "B - library", "**B**: library", "B (library)",
             r"\textbf{(B) } library", "B library", "library (B)", "B) library, because it lends books")  # fmt: skip


@pytest.mark.parametrize("choices", ["", PLACES])
@pytest.mark.parametrize("answer", LETTERS)
def test_a_letter_counts_however_it_is_written(answer: str, choices: str) -> None:
    assert boxed("B", answer, choices) == "correct"
    assert boxed("C", answer, choices) == "incorrect"


@pytest.mark.parametrize("answer", [*WITH_TEXT, "library", "Library.", r"\text{library}"])
def test_a_letter_with_its_text_counts_and_so_does_the_text_alone(answer: str) -> None:
    assert boxed("B", answer) == "correct"
    assert boxed("A", answer) == "incorrect"


@pytest.mark.parametrize("answer", ["salt and pepper", "D) salt and pepper", "(D)"])
def test_a_text_may_hold_words_that_join_choices(answer: str) -> None:
    assert boxed("D", answer) == "correct"


@pytest.mark.parametrize("gold", ["B", "(B)", "B) library", "library", "b"])
def test_the_gold_may_be_a_letter_a_text_or_both(gold: str) -> None:
    assert boxed(gold, "B") == "correct"
    assert boxed(gold, "A") == "incorrect"


@pytest.mark.parametrize(
    "answer",
    ["A or B", "either A or B", "A/B", "(A) or (B)", "A, B or C", "bank or library", "A) bank or B) library"],
)
def test_a_hedge_is_incorrect(answer: str) -> None:
    assert boxed("B", answer) == "incorrect"
    assert boxed("A", answer) == "incorrect"
    assert boxed("A, B", answer) == "incorrect"


@pytest.mark.parametrize("answer", ["A, C", "C, A", "A and C", "(A), (C)", "AC", "A & C", "bank; C"])
def test_several_letters_are_compared_without_order(answer: str) -> None:
    assert boxed("A, C", answer) == "correct"
    assert boxed("AC", answer) == "correct"
    assert boxed("A", answer) == "incorrect"
    assert boxed("A, B, C", answer) == "incorrect"


@pytest.mark.parametrize(
    "answer",
    [
        "B) bank", "(B): department store", "library (A)",  # the letter contradicts its text
        "B. Wait, I am not sure", "B, or maybe not", "B. Unlike C, it lends books", "B) a bank, not a place for books",
        "not B", "neither A nor B", "all but B", "A library is what B says", "Books", "B2", "2", "nan",
    ],
)  # fmt: skip
def test_what_names_no_choice_for_certain_is_unparsable(answer: str) -> None:
    assert boxed("B", answer) == "unparsable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer is B. This is because books are lent there.", "correct"),
        ("A bank? No. The correct option is **B**.", "correct"),
        ("(B)", "correct"), ("B) library", "correct"), ("library", "correct"), ("A", "incorrect"),
        ("<think>(A)?</think>\nAnswer: (B)", "correct"),
        ("<think>The best option is B", "unparsable"), ("Be careful: Both Are Close", "unparsable"), ("", "unparsable"),
        ("Bank", "incorrect"), ("A\nB", "unparsable"), ("I think of B", "unparsable"),
    ],
)  # fmt: skip
def test_the_answer_is_found_where_the_completion_states_it(text: str, expected: str) -> None:
    assert outcome("B", text) == expected


def test_a_letter_that_is_another_choices_text_needs_its_brackets() -> None:
    blood = json.dumps(["O", "A", "B"])
    assert boxed("B", "A", blood) == boxed("A", "A", blood) == "unparsable"
    assert boxed("B", "(B)", blood) == "correct"
    assert boxed("A", "O", blood) == "correct"


def test_case_counts_where_it_tells_two_choices_apart() -> None:
    genes = json.dumps(["AA", "Aa", "aa"])
    assert boxed("B", "Aa", genes) == "correct"
    assert boxed("B", "aA", genes) == "unparsable"


@pytest.mark.parametrize("gold", ["", "F", "yes", "A or B", "B) bank", "7"])
def test_a_gold_that_names_no_choice_is_an_error(gold: str) -> None:
    assert boxed(gold, gold or "B") == "error"


@pytest.mark.parametrize(
    "written",
    [
        '["bank", "library"]', '["A) bank", "B) library"]', '{"A": "bank", "B": "library"}', "A) bank\nB) library",
        '[{"label": "A", "text": "bank"}, {"label": "B", "text": "library"}]', "(a) bank\n\n(b) library\n",
        '{"label": ["A", "B"], "text": ["bank", "library"]}',
    ],
)  # fmt: skip
def test_choices_are_read_as_data_sets_spell_them(written: str) -> None:
    assert read_choices(written).texts == {"A": "bank", "B": "library"}


def test_choices_may_be_numbered() -> None:
    numbered = '{"label": ["1", "2"], "text": ["bank", "library"]}'
    assert boxed("2", "(2)", numbered) == boxed("2", "library", numbered) == "correct"
    assert boxed("2", "1", numbered) == "incorrect"
    assert boxed("2", "B", numbered) == "unparsable"


@pytest.mark.parametrize(
    "written", ["bank", '["bank"]', "[", "[1, [2]]", '["bank", ""]', '{"A": "x", "a": "y"}', "A) x\nA) y", "[" * 9999]
)
def test_choices_that_cannot_be_read_are_an_error_of_the_question(written: str) -> None:
    with pytest.raises(ValueError, match="choice"):
        read_choices(written)
    assert boxed("A", "A", written) == "error"


@given(
    texts=st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1), min_size=2, max_size=6),
    at=st.integers(0, 5),
)
def test_the_right_answer_is_correct_for_its_choice_and_incorrect_for_the_others(texts: list[str], at: int) -> None:
    choices, labels = json.dumps(texts), "ABCDEF"[: len(texts)]
    gold = labels[at % len(labels)]
    try:
        read_choices(choices)
    except ValueError:
        return
    right = right_answer(Question(text="", gold=gold, metadata={"choices": choices}))
    assert [outcome(label, right, choices) for label in labels if label != gold] == ["incorrect"] * (len(labels) - 1)
    assert outcome(gold, right, choices) == "correct"


FRAGMENTS = [
    "A",
    "B",
    "(",
    ")",
    "**",
    "or ",
    "and ",
    ", ",
    ". ",
    "library",
    " ",
    r"\boxed{",
    "}",
    "The answer is ",
    "\\",
]


@given(text=st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)))
def test_no_text_is_correct_for_two_golds(text: str) -> None:
    assert [outcome(gold, text) for gold in ("A", "B", "C", "A, B")].count("correct") <= 1


@pytest.mark.parametrize("choices", ["", PLACES])
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The relation is \\boxed{x \\ll y}, so the last one fits.\n\n**Answer: B**", "B"),
        ("So \\boxed{42}. The correct option is (B).", "B"),
        ("#### 42\nAnswer: B", "B"),
        ("La respuesta es la opción B.", "B"),
        ("故选B。", "B"),
        ("B</s>", "B"),
        ("\\boxed{42}", None),
        ("\\boxed{A}. Answer: B", None),
        ("So \\boxed{42}. Answer: B. Wait, no.", None),
    ],
)
def test_a_box_that_names_no_choice_gives_way_to_a_sentence_that_does(
    text: str, answer: str | None, choices: str
) -> None:
    verdicts = [outcome(gold, text, choices) for gold in ("A", "B")]
    assert verdicts == (["incorrect", "correct"] if answer else ["unparsable", "unparsable"])
