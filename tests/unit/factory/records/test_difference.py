"""`factory diff`: what of a row counts, and what is said of what differs."""

from __future__ import annotations

import copy
import json
import random
import sys
import tracemalloc
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.validation import committed, labelled, run_of

from factory.errors import BadInput
from factory.records.difference import differences, item_id, row_digest
from pipelines.maintenance.diff import _with, diff
from tools.cli import main
from tools.commands.diff import difference_lines


@pytest.fixture
def row():
    return copy.deepcopy(labelled("math_shepherd", n=1)[0])


UNCOMPARED_CHANGES = {
    "when": lambda row: row.update(created_at=datetime(2026, 1, 1, tzinfo=UTC)),
    "in how many seconds": lambda row: row["cost"].update(seconds=99.0),
    "from which cache": lambda row: row["cost"].update(cached_tokens=7),
    "as part of what": lambda row: row.update(run_id="other", unit_id="other"),
    "a column that is missing": lambda row: row.pop("failure"),
    "the order of solutions": lambda row: row["solutions"].reverse(),
    "the numbers of nodes": lambda row: [
        node.update(node=node["node"] + 7, parent=None if node["parent"] is None else node["parent"] + 7)
        for node in row["tree"]
    ],
}

CHANGES = {
    "status": (lambda row: row.update(status="failed"), "status: ok → failed"),
    "gold": (lambda row: row.update(gold_answer="x"), "gold_answer: 77378 → x"),
    "a solution gone": (lambda row: row["solutions"].pop(), "solutions: 1 only in A"),
    "verdict": (lambda row: row["solutions"][0].update(verdict="timeout"), "verdict: "),
    "labels": (lambda row: [step.update(label=None) for step in row["solutions"][0]["steps"]], "labels: "),
    "counts": (lambda row: row["solutions"][0]["steps"][0].update(n_trials=99), "counts: "),
    "tree": (lambda row: row["tree"][0].update(trials=99), "tree: 0 nodes only in A, 0 only in B, 1 with other counts"),
    "cost": (lambda row: row["cost"].update(policy_calls=99), "cost.policy_calls: "),
    "a step's text": (lambda row: row["solutions"][0]["steps"][0].update(text="other"), "other texts"),
}


@pytest.mark.parametrize("how", UNCOMPARED_CHANGES)
def test_what_a_clock_a_place_or_an_order_makes_is_no_difference(row, how):
    other = copy.deepcopy(row)
    UNCOMPARED_CHANGES[how](other)
    assert other != row
    assert row_digest(other) == row_digest(row)
    assert differences(row, other) == []


@pytest.mark.parametrize("what", CHANGES)
def test_everything_else_is_one_and_is_named(row, what):
    other = copy.deepcopy(row)
    change, expected = CHANGES[what]
    change(other)
    assert row_digest(other) != row_digest(row)
    [line] = differences(row, other)
    assert expected in line


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1)), max_size=4), st.randoms(use_true_random=False))
def test_digests_are_equal_where_nothing_differs(items, shuffled):
    solutions = [{"solution_id": name, "verdict": "correct", "method": "s", "occurrences": n} for name, n in items]
    one = {"question_id": "q", "solutions": solutions, "tree": [], "cost": {}}
    again = list(solutions)
    shuffled.shuffle(again)
    other = {**one, "solutions": again}
    assert row_digest(one) == row_digest(other)
    assert differences(one, other) == []


def test_the_same_question_with_other_given_solutions_is_another_item(row):
    other = copy.deepcopy(row)
    other["solutions"][0]["method"] = "given"
    assert item_id(other) != item_id(row)
    assert len(row_digest(row)) == 16


@pytest.fixture
def folders(tmp_path):
    """A has 0 to 5, B has 2 to 7 in other units; 3 and 4 differ."""
    rows = labelled("scan", n=8)
    run_of(tmp_path / "a", rows[:6])
    theirs = copy.deepcopy(rows[2:])
    theirs[1]["cost"]["policy_calls"] += 1
    theirs[2]["status"] = "failed"
    random.Random(0).shuffle(theirs)
    run_of(tmp_path / "b", theirs, per_unit=3)
    return str(tmp_path / "a"), str(tmp_path / "b"), [row["question_id"] for row in rows]


@pytest.mark.parametrize("more_in_b", [0, 3])
def test_folders_are_compared_question_by_question(folders, more_in_b):
    a, b, ids = folders
    for n in range(more_in_b):  # whichever folder is held in memory
        committed(b, f"x{n}", [{**labelled("scan", n=1)[0], "question_id": f"new {n}"}])
    found = diff(a, b)
    assert (found.same, found.changed, found.only_a, found.only_b) == (2, 2, 2, 2 + more_in_b)
    assert {example.question_id for example in found.examples} == set(ids[3:5])
    assert set(found.examples_a) == set(ids[:2])
    assert set(ids[6:]) <= set(found.examples_b)
    assert any("status: ok → failed" in line for line in difference_lines(found))


def test_the_other_way_round_is_the_mirror_image(folders):
    a, b, _ = folders
    one, other = diff(a, b), diff(b, a)
    assert (one.same, one.changed, one.only_a, one.only_b) == (other.same, other.changed, other.only_b, other.only_a)
    assert one.examples_a == other.examples_b


def test_no_more_than_the_first_few_are_shown_and_the_rest_counted(folders):
    a, b, _ = folders
    found = diff(a, b, limit=1)
    assert (found.changed, len(found.examples), len(found.examples_a), len(found.examples_b)) == (2, 1, 1, 1)
    assert list(difference_lines(found))[-1] == "… and 3 more (--limit)"


def test_the_rows_of_many_ids_are_found_without_a_set_of_them(tmp_path):
    """A set of Python's numbers takes ten times the room of the array, which may be that of millions."""
    rows = labelled("scan", n=8)
    run_of(tmp_path, rows)
    ids = np.unique(np.array([item_id(row) for row in rows[2:5]], dtype=np.uint64))
    others = np.arange(2**63, 2**63 + 500_000, dtype=np.uint64)
    wanted = np.unique(np.concatenate([ids, others]))
    tracemalloc.start()
    try:
        found = [row["question_id"] for row in _with(wanted, str(tmp_path), None)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [row["question_id"] for row in rows[2:5]]
    assert peak < 10 * 2**20


def test_a_question_that_is_there_twice_differs_from_one_that_is_there_once(tmp_path):
    [row] = labelled("scan", n=1)
    committed(tmp_path / "a", "u0", [row])
    committed(tmp_path / "b", "u0", [row, row])
    [example] = diff(str(tmp_path / "a"), str(tmp_path / "b")).examples
    assert example.differences == ["rows: 1 → 2"]
    committed(tmp_path / "a", "u1", [row])
    assert diff(str(tmp_path / "a"), str(tmp_path / "b")).empty


def ended(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["factory", "diff", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def test_the_command_ends_like_diff_and_gives_json(folders, tmp_path, monkeypatch, capsys):
    a, b, _ = folders
    assert ended(monkeypatch, a, a) == 0
    capsys.readouterr()
    assert ended(monkeypatch, a, b, "--json") == 1
    kept = json.loads(capsys.readouterr().out)
    assert ended(monkeypatch, a, str(tmp_path)) == 2
    assert ended(monkeypatch, a, b, "--limit", "-1") == 2
    assert (kept["changed"], len(kept["examples"])) == (2, 2)


def test_a_folder_without_records_is_bad_input(folders, tmp_path):
    with pytest.raises(BadInput, match="no committed records"):
        diff(folders[0], str(tmp_path / "nothing"))
