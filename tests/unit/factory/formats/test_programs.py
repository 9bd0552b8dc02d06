"""Programs keep their indentation in every format; and which labels a format counts."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from support.records import a_node, a_record, a_solution
from support.records import records as some_records

from factory.contracts.formats import FORMATS, no_labels
from factory.formats import preference, revisions

LINES = ["    if n:", "        return 1", "    return 0"]
PROGRAM = "\n".join(LINES)
WRITTEN = {
    "qwen_prm": lambda row: row["messages"][2]["content"].split("<extra_0>")[:-1],
    "openrlhf_prm": lambda row: [part.partition(": ")[2] for part in row["input"].split(" ки")[:-1]],
    "math_shepherd": lambda row: [part.partition(": ")[2] for part in row["input"].split(" ки")[:-1]],
    "sft": lambda row: row["messages"][1]["content"].split("\n"),
    "prompt_completion": lambda row: row["completion"].removeprefix("\n\n").split("\n"),
    "orm": lambda row: row["completion"].removeprefix("\n\n").split("\n"),
    "prm": lambda row: row["completions"],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_steps_of_a_program_keep_their_indentation(name: str) -> None:
    [row] = FORMATS.load(name).rows(a_record("def f(n)", [a_solution([(line, 1) for line in LINES])]))
    assert WRITTEN[name](row) == LINES


def test_white_space_around_a_text_is_left_out() -> None:
    padded = a_solution([(PROGRAM, 1)], text=f"\n\n{PROGRAM} \n\n")
    [row] = FORMATS.load("sft").rows(a_record("def f(n)", [padded]))
    assert row["messages"][1]["content"] == PROGRAM


def test_pairs_and_revisions_keep_the_indentation_too() -> None:
    both = [a_solution([(PROGRAM, 1)]), a_solution([(PROGRAM.replace("1", "2"), -1)], "incorrect")]
    [pair] = preference.rows(a_record("def f(n)", both))
    assert pair["chosen"] == f"\n\n{PROGRAM}"
    [revision] = revisions.rows(a_record("def f(n)", both))
    assert revision["attempts"] == [PROGRAM.replace("1", "2")]


def test_in_a_tree_the_indentation_that_a_step_ends_in_is_of_the_next() -> None:
    tree = [a_node(0, None, "", 0.5), a_node(1, 0, "    if n:\n        ", 0.5), a_node(2, 1, "return 1\n", 1.0)]
    [row] = FORMATS.load("math_aps_tree").rows(a_record("def f(n)", [], tree=tree))
    [first] = row["reasoning_steps"]["children"]
    assert (first["text"], first["children"][0]["text"]) == ("    if n:", "        return 1")


def test_right_and_wrong_programs_that_differ_in_indentation_are_both_unpaired() -> None:
    both = [
        a_solution([(PROGRAM, 1)]),
        a_solution([(PROGRAM.replace("    return 0", "        return 0"), -1)], "incorrect"),
    ]
    assert [row["label"] for row in FORMATS.load("unpaired").rows(a_record("def f(n)", both))] == [
        True,
        False,
    ]


LABELS = {
    "prm": {True: 3, False: 1},
    "qwen_prm": {1: 3, 0: 1},
    "openrlhf_prm": {"+": 3, "-": 1},
    "math_shepherd": {"+": 3, "-": 1},
    "prm800k": {1: 3, -1: 1},
    "orm": {True: 1, False: 1},
    "unpaired": {True: 1, False: 1},
    "processbench": {-1: 1, 1: 1},
    "critiques": {True: 1, False: 1},
}


@pytest.mark.parametrize("name", LABELS)
def test_the_labels_of_a_format_are_counted(name: str) -> None:
    view = FORMATS.load(name)
    said = [{"text": "Yes.", "right": True, "role": "critic", "model": None, "revision": None}]
    right, wrong = [("a", 1), ("b", 1)], [("c", 1), ("d", -1)]
    both = [a_solution(right, critiques=said), a_solution(wrong, "incorrect", critiques=said)]
    assert Counter(label for row in view.rows(a_record("Q?", both)) for label in view.labels(row)) == LABELS[name]


@pytest.mark.parametrize("name", [name for name in FORMATS.names() if name not in LABELS])
def test_other_formats_have_no_labels(name: str) -> None:
    assert FORMATS.load(name).labels is no_labels


def test_the_labels_of_an_imported_line_are_counted() -> None:
    line = json.loads(
        '{"question": {"problem": "Q?", "ground_truth_answer": "4"}, "label": {"finish_reason": "give_up", "steps": ['
        '{"completions": [{"text": "a", "rating": 0}, {"text": "b", "rating": -1}, {"text": "c", "rating": null}],'
        ' "chosen_completion": 0}, {"completions": null, "human_completion": {"text": "d", "rating": 1}}]}}'
    )
    assert list(FORMATS.load("prm800k").labels(line)) == [0, -1, 1]


def test_every_record_of_the_golden_files_has_as_many_labels_as_its_rows_show() -> None:
    view = FORMATS.load("math_shepherd")
    for row in (row for record in some_records() for row in view.rows(record)):
        assert len(list(view.labels(row))) == row["input"].count("ки")
