"""Rules for every format and any record: nobody unjudged teaches anything, and every row fits its columns."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from support.any_records import any_record
from support.records import a_node, a_record, a_solution

from factory.contracts.formats import FORMATS
from factory.formats import (
    math_aps,
    math_shepherd,
    openrlhf_prm,
    orm,
    preference,
    prm,
    prm800k,
    processbench,
    prompt_completion,
    qwen_prm,
    records,
    revisions,
    trajectories,
    tree_nodes,
    unpaired,
)
from factory.rollouts.nodes import GIVEN, PROBE

RAW = {"jsonl", "records", "tree_nodes"}  # these say what there is, and teach nothing by themselves
BY_STEP = {"prm", "prm800k", "math_shepherd", "qwen_prm", "openrlhf_prm"}
PER_STEP = {"prm": "completions", "qwen_prm": "labels", "openrlhf_prm": "value"}


@given(any_record())
def test_what_nobody_judged_is_in_no_format_that_teaches(record: dict[str, Any]) -> None:
    for name in set(FORMATS.names()) - RAW:
        said = json.dumps(list(FORMATS.load(name).rows(record)))
        assert "NEVER" not in said, name
        assert "UNKNOWN" not in said or name in BY_STEP, name


@given(any_record())
def test_a_text_that_was_cut_off_is_nothing_to_learn_to_write(record: dict[str, Any]) -> None:
    for name in ("sft", "prompt_completion", "preference", "step_preference", "revisions", "trajectories", "unpaired"):
        assert "CUT" not in json.dumps(list(FORMATS.load(name).rows(record))), name


def test_steps_up_to_a_cut_behind_the_answer_are_labelled_ones() -> None:
    steps = [("2 + 12 = 14\n", 1), (r"It is \boxed{14}.", 1), ("\nTo be su", 1)]
    cut = a_solution(steps, finish_reason="answered")
    record = a_record("Q?", [cut, a_solution(steps[:2], finish_reason="answered")])
    assert [row["completions"] for row in prm.rows(record)] == [[text for text, _ in steps[:2]]] * 2
    assert [row["label"] for row in orm.rows(record)] == [True, True]
    assert [len(row["steps"]) for row in processbench.rows(record)] == [2, 2]
    assert [row["label"]["finish_reason"] for row in prm800k.rows(record)] == ["solution"] * 2
    assert [row["input"].count("ки") for row in math_shepherd.rows(record)] == [2, 2]


def test_an_error_in_the_piece_behind_the_answer_is_in_no_row() -> None:
    steps = [("2 + 12 = 15\n", 1), (r"It is \boxed{15}.", 1), ("\nTo be su", -1)]
    record = a_record("Q?", [a_solution(steps, "incorrect", finish_reason="answered")])
    assert [row["labels"] for row in prm.rows(record)] == [[True, True]]
    assert list(processbench.rows(record)) == []


@given(any_record())
def test_every_row_fits_its_columns_and_has_a_label_per_step(record: dict[str, Any]) -> None:
    for name in FORMATS.names():
        view = FORMATS.load(name)
        found = list(view.rows(record))
        if view.FEATURES is None:
            json.dumps(found).encode()
        else:
            assert all(set(row) == set(view.FEATURES.names) for row in found)
            pa.RecordBatch.from_pylist(found, schema=view.FEATURES).validate(full=True)
        for row in found if name in PER_STEP else []:
            assert len(row[PER_STEP[name]]) == len(row["mc_values"]) == len(row.get("labels") or row["value"]) > 0


@given(any_record())
def test_the_tags_of_a_layout_stand_behind_its_steps_and_nowhere_else(record: dict[str, Any]) -> None:
    for row in qwen_prm.rows(record):
        system, user, said = (message["content"] for message in row["messages"])
        assert said.count("<extra_0>") == len(row["labels"])
        assert "<extra_0>" not in system + user
        assert "<|im_end|>" not in user + said
    for row in openrlhf_prm.rows(record):
        assert row["input"].count("ки") == len(row["value"])


@given(any_record())
def test_a_right_one_is_never_rejected_nor_a_wrong_one_taught(record: dict[str, Any]) -> None:
    assert all(row["label"] == row["completion"].startswith("\n\ncorrect") for row in orm.rows(record))
    assert all(row["completion"].startswith("\n\ncorrect") for row in prompt_completion.rows(record))
    for row in preference.rows(record):
        assert row["chosen"].startswith("\n\ncorrect")
        assert row["rejected"].startswith("\n\nincorrect")
    for row in revisions.rows(record):
        assert row["completion"].startswith("\n\ncorrect")
        assert all(text.startswith("incorrect") for text in row["attempts"])
        assert 1 <= len(row["attempts"]) == len(row["attempt_ids"]) <= revisions.ATTEMPTS
    for row in trajectories.rows(record):
        assert row["completion"].startswith("\n\ncorrect")
        assert all(text.startswith("incorrect") for text in row["attempts"])
        assert 1 <= len(row["attempts"]) == len(row["critiques"]) <= trajectories.ATTEMPTS


def test_pairs_and_revisions_are_the_same_wherever_the_record_lies_and_bounded() -> None:
    right = [a_solution([(f"right {number}", None)]) for number in range(20)]
    wrong = [a_solution([(f"wrong {number}", None)], "incorrect") for number in range(20)]
    one, other = a_record("Q?", right + wrong), a_record("Q?", wrong[::-1] + right)
    assert list(preference.rows(one)) == list(preference.rows(other))
    assert list(revisions.rows(one)) == list(revisions.rows(other))
    assert len(list(preference.rows(one))) == preference.PAIRS_PER_QUESTION
    assert len(list(revisions.rows(one))) == revisions.ROWS_PER_QUESTION


def test_the_last_wrong_attempt_is_the_one_nearest_to_the_right_one() -> None:
    wrong = [("7", "of another kind altogether"), ("8", "2 + 12 = 24"), ("9", "something else again")]
    found = [a_solution([(text, None)], "incorrect", solution_id=key) for key, text in wrong]
    [row] = revisions.rows(a_record("Q?", [a_solution([("2 + 12 = 14", None)]), *found]))
    assert row["attempt_ids"][-1] == "8"
    assert row["prompt"].endswith(f"\n\n2 + 12 = 24\n\nAttempt {len(row['attempts']) + 1}:")


def test_unpaired_has_each_text_of_a_sampled_solution_once() -> None:
    steps = [("It is 5.", None)]
    found = [a_solution(steps, "incorrect"), a_solution([("It is 5. ", None)], "incorrect")]
    found += [a_solution(steps, method=PROBE), a_solution(steps, hinted=True), a_solution(steps, method=GIVEN)]
    assert [row["label"] for row in unpaired.rows(a_record("Q?", found))] == [False]
    assert [row["label"] for row in orm.rows(a_record("Q?", found))] == [False, False, True, True, True]


def test_processbench_has_what_is_judged_and_whose_first_error_is_known() -> None:
    lucky = a_solution([("a", 1), ("b", -1)])
    unknown = a_solution([("a", None), ("c", -1)], "incorrect")
    [row] = processbench.rows(a_record("Q?", [lucky, unknown, a_solution([("d", 1)], None)]))
    assert (row["final_answer_correct"], row["label"]) == (True, 1)


def test_an_ending_has_a_value_only_where_its_solution_was_judged() -> None:
    cut = a_solution([("so 1", None)], "incorrect", finish_reason="length")
    found = [cut, a_solution([("so 2", None)], "incorrect"), a_solution([("so", None)], "unparsable")]
    tree = [a_node(0, None, "", 0.5)]
    tree += [a_node(n, 0, one["text"], None, terminal=True, verdict=one["verdict"]) for n, one in enumerate(found, 1)]
    record = a_record("Q?", found, tree=tree)
    [row] = math_aps.rows(record)
    assert [entry["solution_prefix"] for entry in row["reasoning_steps"]] == ["Q?", "Q?\n\nso 2"]
    assert [node["verdict"] for node in tree_nodes.rows(record)] == [None, None, "incorrect", "unparsable"]


@pytest.mark.parametrize(("question", "prompt"), [("Q?", "Q?"), (" Q?\n", "Q?")])
def test_prompt_and_completion_make_one_text(question: str, prompt: str) -> None:
    [row] = prompt_completion.rows(a_record(question, [a_solution([("a\n", None)])]))
    assert row["prompt"] + row["completion"] == f"{prompt}\n\na"


def test_records_keep_everything_and_have_their_maps_as_lists() -> None:
    record = a_record("Q?", [a_solution([("a", 1)])])
    [row] = records.rows(record)
    assert {**row, "metadata": None, "effort": None} == {**record, "metadata": None, "effort": None}
    assert row["metadata"] == [{"key": "level", "value": "1"}]


def test_a_row_says_where_it_is_from() -> None:
    [row] = prm.rows(a_record("Q?", [a_solution([("a", 1)], model_revision="r7", round=3)]))
    assert (row["model_revision"], row["round"], row["verdict"], row["hinted"]) == ("r7", 3, "correct", False)
