"""Two sets of step labels of the same solutions, compared."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from factory.errors import BadInput
from pipelines.maintenance.import_labels import import_file
from tools.commands.compare import RunComparison, compare_folders, compared, comparison_figures, show_comparison


def record(question: str, *solutions: tuple[int | None, list[tuple[str, int | None]]]) -> dict[str, Any]:
    return {
        "question": question,
        "solutions": [
            {"first_error": first, "steps": [{"text": text, "label": label} for text, label in steps]}
            for first, steps in solutions
        ],
    }


A = record("Q?", (1, [("a", 1), ("b", -1), ("c", None)]), (-1, [("x", 1)]))


def test_labels_of_the_same_solution_are_counted():
    b = record("Q?", (2, [("a", 1), ("b", 1), ("c", -1)]), (-1, [("y", 1)]))
    assert compared([A], [b]) == RunComparison(
        solutions=1,
        first_errors=1,
        first_errors_agree=0,
        steps=3,
        labelled_both=2,
        labels_agree=1,
        unlabelled_a=1,
        unlabelled_b=0,
    )


def test_which_side_is_held_in_memory_changes_nothing():
    b = record("Q?", (None, [("a", None), ("b", -1), ("c", -1)]))
    assert compared([A], [b]) == compared([A], [b], index_b=True)
    assert compared([A], [b]).unlabelled_b == 1


def test_an_unknown_first_error_neither_agrees_nor_disagrees():
    found = compared([A], [record("Q?", (None, [("x", None)]))])
    assert (found.solutions, found.first_errors, found.labelled_both) == (1, 0, 0)


def test_white_space_at_the_ends_and_the_kind_of_line_ends_make_no_other_solution():
    a, b = record("Q\r\n?", (-1, [("a\nb", 1)])), record(" Q\n? ", (-1, [("\n\na\r\nb\n", 1)]))
    assert compared([a], [b]).solutions == 1


@pytest.mark.parametrize(
    "other",
    [
        record("Another?", (-1, [("x", 1)])),
        record("Q?", (-1, [("x", 1), ("", 1)])),
        record("Q?", (1, [("ab", 1), ("c", -1)])),
    ],
)
def test_another_question_or_other_steps_make_another_solution(other):
    assert compared([A], [other]).solutions == 0


def test_a_solution_given_twice_counts_once_as_it_stands_first():
    twice = record("Q?", (-1, [("x", 1)]), (0, [("x", -1)]))
    assert compared([A], [twice]).labels_agree == compared([twice], [A]).labels_agree == 1
    assert compared([twice], [twice]).solutions == 1


def test_shares_are_unknown_where_there_is_nothing_to_share():
    assert set(compared([A], []).shares().values()) == {None}
    assert compared([A], [A]).shares() == {
        "first_error_agreement": 1.0,
        "label_agreement": 1.0,
        "unlabelled_a": 0.25,
        "unlabelled_b": 0.25,
    }


def imported(tmp_path: Path, name: str, *signs: str, question: str = "Q") -> Path:
    """A folder with one solution per sign, labelled by it."""
    lines = [
        json.dumps({"input": f"{question}{n}? Step 1: a ки", "label": f"{question}{n}? Step 1: a {sign}"})
        for n, sign in enumerate(signs)
    ]
    path = tmp_path / f"{name}.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    import_file(str(path), "math_shepherd", tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("turned", [False, True])
def test_two_folders_are_compared_whichever_is_smaller(tmp_path, turned):
    folders = [imported(tmp_path, "a", "+", "-", "+"), imported(tmp_path, "b", "+", "+")]
    found = compare_folders(*(reversed(folders) if turned else folders))
    assert (found.solutions, found.labels_agree, found.first_errors_agree) == (2, 1, 1)


def test_the_table_and_the_json_say_the_same(tmp_path):
    a, b = imported(tmp_path, "a", "+", "-"), imported(tmp_path, "b", "+", "+")
    console, comparison = Console(file=StringIO(), width=120), compare_folders(a, b)
    show_comparison(comparison, a, b, console)
    assert "50.0%" in console.file.getvalue()
    figures = comparison_figures(comparison, a, b)
    assert (figures["a"], figures["solutions"], figures["shares"]["label_agreement"]) == (a, 2, 0.5)


def test_folders_without_a_common_solution_are_told_what_makes_one(tmp_path):
    console = Console(file=StringIO(), width=120)
    folders = imported(tmp_path, "a", "+"), imported(tmp_path, "b", "+", question="R")
    show_comparison(compare_folders(*folders), *folders, console)
    assert "No solution is in both" in console.file.getvalue()


def test_a_folder_without_records_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"holds no committed records\. Expected a folder made by"):
        compare_folders(imported(tmp_path, "a", "+"), tmp_path / "nothing")
