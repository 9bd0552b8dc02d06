"""Caps and balance, per format and over several runs: what is drawn is what a format can write."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.any_records import any_record
from support.exports.exports import committed, record, solution

from factory.contracts.formats import FORMATS, uses_every_solution
from factory.decontamination.near_duplicates import duplicates
from factory.export.filter import Filter
from factory.export.split import Split
from factory.storage.access import Access
from pipelines.export.inputs import chunks_of, listed, runs_of
from pipelines.export.questions import lost_solutions, read_questions
from pipelines.export.rows import Job, RowsWanted, selectors_of, write_rows

# A row of these is one solution; preference, revisions and trajectories make rows of several, critiques several rows.
SEVERAL = ("preference", "revisions", "trajectories", "critiques")
BY_SOLUTION = [name for name in FORMATS.names() if FORMATS.load(name).uses is not uses_every_solution]
BY_SOLUTION = [name for name in BY_SOLUTION if name not in SEVERAL]
NO_TAGS = [name for name in BY_SOLUTION if name not in ("qwen_prm", "openrlhf_prm", "math_shepherd")]


def drawn(name, found, row):
    """The rows that a format has of a record, and the solutions that it uses."""
    view = FORMATS.load(name)
    kept = found.apply(row, Counter(), selectors_of([name])).get(name)
    usable = Filter(hinted="any").apply(row, Counter(), selectors_of([name])).get(name, {"solutions": []})
    return list(view.rows(kept)) if kept else [], [one for one in usable["solutions"] if view.uses(one)]


@given(any_record(), st.integers(1, 4))
def test_every_format_has_as_many_rows_as_it_can_write_and_never_more_than_the_cap(row, cap):
    for name in BY_SOLUTION:
        rows, usable = drawn(name, Filter(per_question=cap, hinted="any"), row)
        assert len(rows) <= cap, name
        if name in NO_TAGS:
            assert len(rows) == min(cap, len(usable)), name


@given(any_record())
def test_what_a_format_does_not_use_has_no_rows_and_what_it_uses_has_one(row):
    for name in FORMATS.names():
        view = FORMATS.load(name)
        if view.uses is uses_every_solution:
            continue
        solutions = row["solutions"]
        assert not list(view.rows({**row, "solutions": [one for one in solutions if not view.uses(one)]})), name
        for one in solutions if name in NO_TAGS else []:
            assert len(list(view.rows({**row, "solutions": [one]}))) == view.uses(one), name


MIXED = [solution(f"right\n{number}") for number in range(4)]
MIXED += [solution(f"wrong\n{number}", right=False) for number in range(12)]


def test_a_cap_is_spent_on_what_the_format_can_use():
    dropped = Counter()
    kept = Filter(per_question=4).apply(record("Q?", *MIXED), dropped, selectors_of(["sft", "orm"]))
    assert Counter(one["verdict"] for one in kept["sft"]["solutions"] if one["verdict"] == "correct") == {"correct": 4}
    assert len(kept["orm"]["solutions"]) == 4
    assert dropped == {("solutions for orm", "over the cap per question"): 12}


def test_balance_is_of_formats_that_use_wrong_ones_too():
    kept = Filter(balance=True).apply(record("Q?", *MIXED[:-2]), Counter(), selectors_of(["sft", "orm", "prm"]))
    rows = {name: list(FORMATS.load(name).rows(found)) for name, found in kept.items()}
    assert {name: Counter(row["verdict"] for row in found) for name, found in rows.items()} == {
        "sft": {"correct": 4},
        "orm": {"correct": 4, "incorrect": 4},
        "prm": {"correct": 4, "incorrect": 4},
    }


def exported(tmp_path, runs, formats, found):
    """Rows by format, and what was dropped: what `pipelines/export/export.py` does in between."""
    every = [run for folder in runs for run in runs_of(folder, Access())]
    chunks = [chunk for run in every for chunk in chunks_of(run)]
    questions = read_questions(((run, listed((run, chunk))) for run, chunk in chunks), duplicates, lambda *_: False)
    tasks = questions.tasks()
    lost = lost_solutions(questions, tasks, found, frozenset(), map, formats)
    job = Job(formats=tuple(formats), filter=found, split=Split(), parts=str(tmp_path))
    rows, dropped = {name: [] for name in formats}, Counter()
    for task in tasks:
        ours = {place: lost[place] for place in task.places if place in lost}
        done = write_rows(RowsWanted(job=job, task=task, dropped=questions.dropped_in(task.places), lost=ours))
        dropped += done.dropped
        for (name, _), part in done.parts.items():
            rows[name] += pa.ipc.open_file(part.path).read_all().to_pylist()
    return rows, dropped


def test_records_of_a_question_in_several_runs_share_caps_in_every_format(tmp_path):
    halves = (MIXED[::2], MIXED[1::2])
    runs = [committed(tmp_path / str(n), [record(f"Q {i}?", *half) for i in range(5)]) for n, half in enumerate(halves)]
    rows, dropped = exported(tmp_path, runs, ["sft", "orm"], Filter(per_question=3))
    assert Counter(row["question_id"] for row in rows["sft"]) == dict.fromkeys(
        {row["question_id"] for row in rows["orm"]}, 3
    )
    assert dropped["solutions for sft", "over the cap per question"] == 5
    assert dropped["solutions for orm", "over the cap per question"] == 5 * 13
    turned, _ = exported(tmp_path, runs[::-1], ["sft", "orm"], Filter(per_question=3))
    assert {row["solution_id"] for row in rows["orm"]} == {row["solution_id"] for row in turned["orm"]}


@pytest.mark.parametrize("turned", [False, True])
def test_another_gold_or_id_makes_no_other_question_in_another_run(tmp_path, turned):
    one = record("What is 2 + 2?", solution("a\n4"), solution("b\n4"))
    other = record(
        "what is 2 + 2", solution("a\n4", verdict="timeout"), solution("c"), question_id="x", gold_answer="4.0"
    )
    runs = [committed(tmp_path / "one", [one]), committed(tmp_path / "other", [other])]
    rows, dropped = exported(tmp_path, runs[::-1] if turned else runs, ["sft"], Filter())
    assert sorted(row["messages"][1]["content"] for row in rows["sft"]) == ["a\n4", "b\n4", "c"]
    assert dropped == {("solutions", "same text as another"): 1}


def test_within_a_run_a_text_under_another_id_is_held_twice_but_one_of_the_same_words_is_not(tmp_path):
    asked = [("Compute 2*(3+4).", "a"), ("Compute 2*3+4.", "b"), ("compute  2*(3+4)", "c"), ("Compute 2*(3+4).", "a")]
    run = committed(
        tmp_path / "run",
        [record(text, solution(f"by {n}"), question_id=key) for n, (text, key) in enumerate(asked)],
    )
    rows, dropped = exported(tmp_path, [run], ["sft"], Filter())
    assert [row["messages"][1]["content"] for row in rows["sft"]] == ["by 0", "by 1", "by 3"]
    assert dropped == {
        ("records", "repeats another question"): 1,
        ("solutions", "repeats another question"): 1,
    }


def test_the_exported_are_those_that_some_format_uses(tmp_path):
    run = committed(tmp_path / "run", [record("Q?", *MIXED, solution("cut", finish_reason="length"))])
    [of] = runs_of(run, Access())
    questions = read_questions(((of, listed(chunk)) for chunk in chunks_of(of)), duplicates, lambda *_: False)
    for formats, n in ((("sft",), 4), (("sft", "orm"), 16), (("records",), 17)):
        job = Job(formats=formats, filter=Filter(), split=Split(), parts=str(tmp_path))
        [task] = questions.tasks()
        assert sum(write_rows(RowsWanted(job=job, task=task, dropped={}, lost={})).provenance.values()) == n
