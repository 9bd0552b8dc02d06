"""Math-Shepherd's lines as records, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports.formats import (
    HOSTILE,
    TEXTS,
    WHERE,
    WORDS,
    assert_comes_back,
    assert_equal_or_refused,
    mutated,
    own_record,
    own_solution,
    parsed,
)

from factory.errors import BadInput
from factory.formats import math_shepherd, prm
from factory.text.wording import unpadded
from factory.types import Question, content_id

SOLVED = "What is 1 + 1 + 1? Step 1: 1 + 1 = 2. @\nStep 2: 2 + 1 = 4. The answer is: 4 @"


def entry(text: str = SOLVED, signs: str = "+-", **more: Any) -> dict[str, Any]:
    label = text
    for sign in signs:
        label = label.replace("@", sign, 1)
    return {"input": text.replace("@", "ки"), "label": label, "task": "GSM8K", **more}


LINES = st.builds(
    lambda question, steps, glue, end: entry(
        f"{question}? Step 1: {glue.join(f'{text}@' for text, _ in steps)}{end}", "".join(sign for _, sign in steps)
    ),
    WORDS,
    st.lists(st.tuples(WORDS, st.sampled_from("+-")), min_size=1, max_size=4),
    st.sampled_from(["\n", "\nStep 2: ", " ", "", "\n\nStep 9:"]),
    st.sampled_from(["", "\n", "  "]),
)


def test_a_line_is_one_solution_with_a_label_per_step():
    record = parsed(math_shepherd, entry())
    [solution] = record["solutions"]
    assert record["question"] == "What is 1 + 1 + 1?"
    assert [step["text"] for step in solution["steps"]] == ["1 + 1 = 2.", "2 + 1 = 4. The answer is: 4"]
    assert [step["label"] for step in solution["steps"]] == [1, -1]
    assert (solution["first_error"], solution["verdict"], solution["final_answer"]) == (1, "incorrect", "4")


def test_a_record_says_where_it_is_from_and_whose_labels_it_has():
    record = parsed(math_shepherd, entry())
    [solution] = record["solutions"]
    assert record["question_id"] == Question(text=record["question"], gold="").id
    assert solution["solution_id"] == content_id(record["question_id"], solution["text"])
    assert (record["source"], record["gold_answer"], record["status"]) == ("math_shepherd", "", "ok")
    assert (solution["labeller"], solution["method"], solution["engine"]) == ("math_shepherd", "imported", None)


def test_the_last_label_is_the_verdict():
    [solution] = parsed(math_shepherd, entry(signs="++"))["solutions"]
    assert (solution["verdict"], solution["first_error"]) == ("correct", -1)


def test_a_step_that_is_right_again_after_an_error_leaves_the_first_error_where_it_is():
    assert parsed(math_shepherd, entry(signs="-+"))["solutions"][0]["first_error"] == 0


def test_only_what_cannot_be_derived_is_kept():
    assert dict(parsed(math_shepherd, entry())["metadata"]) == {"math_shepherd": '{"task": "GSM8K"}'}


@pytest.mark.parametrize("text", [SOLVED.replace(". @", ".  @"), SOLVED.replace("Step 2", "Step 3"), SOLVED + "\n"])
def test_odd_white_space_and_step_numbers_come_back(text):
    assert_comes_back(math_shepherd, entry(text))


ASKED = "How many are 1 + 1?"


@pytest.mark.parametrize(
    ("text", "question", "steps"),
    [
        (f"{ASKED} step 1: a @\nstep 2: b @", ASKED, ["a", "b"]),
        (f"{ASKED}\n**Step 1:** a @\n**Step 2:** b @", ASKED, ["a", "b"]),
        (f"{ASKED}Step 1 : a @\nSTEP 2: b @", ASKED, ["a", "b"]),
        (f"{ASKED} Step 1:a @\nStep 2:b @", ASKED, ["a", "b"]),
        (f"{ASKED}\n\nStep 1:\na @\nStep 2:\nb @", ASKED, ["a", "b"]),
        (f"{ASKED} Step 0: a @\nStep 1: b @", ASKED, ["a", "b"]),
        (f"{ASKED} Step 2: a @\nStep 3: b @", ASKED, ["a", "b"]),
        (f"{ASKED} a @\nFrom Step 2: b @", ASKED, ["a", "From Step 2: b"]),
        ("If step 1: is b, what is 1? Step 1: a @\nb @", "If step 1: is b, what is 1?", ["a", "b"]),
        ("If Step 1: is b, what is 1? Step 1: a @\nb @", "If Step 1: is b, what is 1?", ["a", "b"]),
        (f"{ASKED} Step 1: a. As in Step 1: c @\nb @", ASKED, ["a. As in Step 1: c", "b"]),
        (f"{ASKED} Step 1: a. Step 1: c @\nb @", ASKED, ["a. Step 1: c", "b"]),
        ("What follows from Step 1: a @\nb @", "What follows from", ["a", "b"]),
    ],
)
def test_published_spellings_of_the_first_step_are_read(text, question, steps):
    record = parsed(math_shepherd, entry(text))
    assert record["question"] == question
    assert [(step["text"], step["label"]) for step in record["solutions"][0]["steps"]] == list(
        zip(steps, [1, -1], strict=True)
    )
    assert_comes_back(math_shepherd, entry(text))


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Two @ and two? Step 1: a @\nStep 2: b @", "Two and two?"),
        ("Two and two? @ Step 1: a @\nStep 2: b @", "Two and two?"),
        ("Two @ and @ two? step 1: a @\nstep 2: b @", "Two and two?"),
        ("Two and two? @ a @\nb @", "Two and two?"),
        ("@ Two and @two? Step 1: a @\nStep 2: b @", "Two and two?"),
    ],
)
def test_a_tag_in_the_question_is_no_step(text, question):
    row = entry(text, "-" * (text.count("@") - 2) + "+-")
    record = parsed(math_shepherd, row)
    [solution] = record["solutions"]
    assert (record["question"], [step["label"] for step in solution["steps"]]) == (question, [1, -1])
    assert list(math_shepherd.labels(row)) == ["+", "-"]
    assert_comes_back(math_shepherd, row)


def test_a_word_that_ends_like_the_tag_is_no_tag():
    row = entry("Сколько стоят яблоки? Step 1: руки @\nStep 2: b @")
    record = parsed(math_shepherd, row)
    assert record["question"] == "Сколько стоят яблоки?"
    assert [step["text"] for step in record["solutions"][0]["steps"]] == ["руки", "b"]
    assert list(math_shepherd.labels(row)) == ["+", "-"]


def test_a_first_step_without_a_word_stays_a_step():
    [solution] = parsed(math_shepherd, entry("Q? Step 1: @\nStep 2: b @"))["solutions"]
    assert [(step["text"], step["label"]) for step in solution["steps"]] == [("", 1), ("b", -1)]


def test_a_number_within_a_step_stays_there():
    [solution] = parsed(math_shepherd, entry("Q? Step 1: a @\nBy Step 1: b @"))["solutions"]
    assert solution["steps"][1]["text"] == "By Step 1: b"


@given(LINES)
def test_every_line_comes_back(line):
    assert_comes_back(math_shepherd, line)


@given(st.one_of(TEXTS, mutated(entry())))
def test_any_line_is_read_or_refused(line):
    assert_equal_or_refused(math_shepherd, line)


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_by_its_place(line):
    with pytest.raises(BadInput, match=f"^{WHERE}: .*; expected "):
        math_shepherd.parse(line, WHERE)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"label": entry()["label"].replace("1 + 1 = 2", "1 + 1 = 3")},
            "'label' differs from 'input' before or at tag 1",
        ),
        ({"label": entry()["label"].replace("4 -", "4 0")}, "before or at tag 2"),
        ({"label": entry()["label"] + " +"}, "or 'label' ends otherwise"),
        ({"label": entry()["label"].replace("What", "Who")}, "before or at tag 1"),
        ({"label": None}, "'label' of the line is null; expected a JSON string"),
        (entry("Add 1 and 1. First: 1 + 1 = 2 @", "+"), "does not say where its question ends"),
        (entry("Is it? Or is it? First: 1 + 1 = 2 @", "+"), "does not say where its question ends"),
        (entry("Is step 1: x? step 1: a @", "+"), "has 2 steps in front of its first tag"),
        (entry("Is it? It is. @ By Step 1: yes @", "++"), "does not say where its question ends"),
        ({"input": entry()["input"] + " and so on"}, "text behind the last tag"),
        ({"input": "Q? Step 1: a", "label": "Q? Step 1: a"}, "no step that ends in the tag"),
        ({"input": " Step 1: a ки", "label": " Step 1: a +"}, "no question"),
    ],
)
def test_a_malformed_line_says_what_is_wrong(changes, complaint):
    with pytest.raises(BadInput, match=complaint):
        math_shepherd.parse(json.dumps({**entry(), **changes}), WHERE)


def test_own_solutions_are_written_when_every_step_is_labelled():
    solutions = [own_solution(("a\n", 1), ("b", -1)), own_solution(("a", 1), ("c", None)), own_solution()]
    assert list(math_shepherd.rows(own_record("Q?", solutions=solutions))) == [
        {"input": "Q? Step 1: a ки\nStep 2: b ки", "label": "Q? Step 1: a +\nStep 2: b -", "task": "gsm8k.jsonl"}
    ]


def test_own_steps_that_number_themselves_are_not_numbered_twice():
    [row] = math_shepherd.rows(own_record("Q?", solutions=[own_solution(("Step 1: a", 1))]))
    assert row["input"] == "Q? Step 1: a ки"


def test_what_the_layout_cannot_hold_is_left_out():
    labelled = [own_solution(("a", 1))]
    assert not list(math_shepherd.rows(own_record("Q?", solutions=[own_solution(("таки", 1))])))
    assert not list(math_shepherd.rows(own_record("Is Step 1: x right?", solutions=labelled)))


@given(WORDS.filter(str.strip), st.lists(st.tuples(WORDS.filter(str.strip), st.sampled_from([1, -1])), min_size=1))
def test_what_is_written_of_own_solutions_can_be_read(question, steps):
    [row] = math_shepherd.rows(own_record(question, solutions=[own_solution(*steps)]))
    [solution] = parsed(math_shepherd, row)["solutions"]
    assert [(step["text"], step["label"]) for step in solution["steps"]] == [
        (unpadded(text), label) for text, label in steps
    ]


def test_prm_reads_an_imported_record():
    [row] = prm.rows(parsed(math_shepherd, entry()))
    assert (row["labels"], row["confidences"]) == ([True, False], [None, None])
