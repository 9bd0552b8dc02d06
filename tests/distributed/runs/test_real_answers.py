"""Answers as models really write them, through whole runs with a scripted model: the step labels they lead to.

A step is right in the script when another solution goes on from it to the gold answer, so every label is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.runs import finished, settings_for

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

MAX_TOKENS, SAMPLES = 300, 24
BOTH = r"$\boxed{3} \quad \text{and} \quad \boxed{5}$"
LONG = " And so on, and on, without an end that anybody would wait for." * 9
# Each question with its gold answer and the solutions that the model may give.
SCRIPT: dict[str, tuple[str, list[str]]] = {
    "Both roots of A?": (
        "3, 5",
        [f"Factor A.\n{BOTH}", f"Factor A.\n{BOTH.replace('5', '7')}", f"Guess A.\n{BOTH.replace('3', '4')}"],
    ),
    "The one root of B?": ("5", ["Factor B.\n$\\boxed{5}$", f"Factor B.\n{BOTH}", f"Guess B.\n{BOTH}"]),
    "What is C?": (
        "2",
        ["Add C.\n#### 2</s>", "Add C.\n\\boxed{2}<|im_end|>", "Add C.\n#### 3</s>", "Lose C.\n\\boxed{3}<|im_end|>"],
    ),
    "What is D?": (
        "4",
        [
            f"Add D.\nIt is $\\boxed{{4}}$.\nOnce more:{LONG}",
            f"Add D.\nIt is $\\boxed{{5}}$.\nOnce more:{LONG}",
            f"Lose D.\nIt is $\\boxed{{6}}$.\nOnce more:{LONG}",
            f"Add D.\nIt is slowly,{LONG} $\\boxed{{4}}$.",
        ],
    ),
}


def labelled(folder: Path, cut_off_box: str) -> dict[str, dict[str, Any]]:
    """Do a run and return its records, by question."""
    source = folder / "questions.jsonl"
    rows = [{"question": question, "answer": gold} for question, (gold, _) in SCRIPT.items()]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    records = finished(
        settings_for(
            folder / "run",
            run={"unit_size": 4, "learn": False},
            source={"kind": "jsonl", "path": str(source)},
            engine={"kind": "scripted", "solutions": {question: texts for question, (_, texts) in SCRIPT.items()}},
            search={"n": SAMPLES},
            supervision={"method": "scan", "k": 24},
            sampling={"max_tokens": MAX_TOKENS},
            checker={"kind": "math_answer", "policy": {"cut_off_box": cut_off_box}},
        )
    )
    return {record["question"]: record for record in records}


@pytest.fixture(scope="module")
def accepting(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Records of a run whose policy accepts a box in an output that was cut off."""
    return labelled(tmp_path_factory.mktemp("accept"), "accept")


@pytest.fixture(scope="module")
def rejecting(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Records of the same run by default."""
    return labelled(tmp_path_factory.mktemp("reject"), "reject")


def said(record: Mapping[str, Any]) -> dict[str, tuple[str, int | None, list[int | None]]]:
    """Return verdict, first error and step labels of what was sampled, by text."""
    return {
        one["text"]: (one["verdict"], one["first_error"], [step["label"] for step in one["steps"]])
        for one in record["solutions"]
        if one["method"] == "sample"
    }


def test_boxes_that_belong_together_are_one_answer(rejecting: dict[str, dict[str, Any]]) -> None:
    right, half, wrong = SCRIPT["Both roots of A?"][1]
    assert said(rejecting["Both roots of A?"]) == {
        right: ("correct", -1, [1, 1]),
        half: ("incorrect", 1, [1, -1]),
        wrong: ("incorrect", 0, [-1, -1]),
    }


def test_a_joined_answer_is_not_right_because_its_last_box_is(rejecting: dict[str, dict[str, Any]]) -> None:
    right, joined, guessed = SCRIPT["The one root of B?"][1]
    assert said(rejecting["The one root of B?"]) == {
        right: ("correct", -1, [1, 1]),
        joined: ("incorrect", 1, [1, -1]),
        guessed: ("incorrect", 0, [-1, -1]),
    }


def test_an_end_token_behind_an_answer_changes_nothing(rejecting: dict[str, dict[str, Any]]) -> None:
    hashes, boxed, wrong, lost = SCRIPT["What is C?"][1]
    assert said(rejecting["What is C?"]) == {
        hashes: ("correct", -1, [1, 1]),
        boxed: ("correct", -1, [1, 1]),
        wrong: ("incorrect", 1, [1, -1]),
        lost: ("incorrect", 0, [-1, -1]),
    }


def test_an_output_cut_off_behind_its_box_has_no_labels_by_default(rejecting: dict[str, dict[str, Any]]) -> None:
    record = rejecting["What is D?"]
    assert {one["finish_reason"] for one in record["solutions"]} == {"length"}
    assert {label for _, _, labels in said(record).values() for label in labels} == {None}
    assert (record["tree"][0]["trials"], record["tree"][0]["successes"]) == (0, 0)


def test_it_has_those_of_its_answer_where_the_policy_accepts_the_box(accepting: dict[str, dict[str, Any]]) -> None:
    record = accepting["What is D?"]
    right, wrong, lost, slow = (text[:MAX_TOKENS] for text in SCRIPT["What is D?"][1])
    labels = said(record)
    assert labels[right] == ("correct", -1, [1, 1, 1])
    assert labels[wrong][:2] == ("incorrect", 1)
    assert labels[wrong][2][:2] == [1, -1]
    assert labels[lost][:2] == ("incorrect", 0)
    reasons = {one["text"]: one["finish_reason"] for one in record["solutions"]}
    assert [reasons[text] for text in (right, wrong, lost, slow)] == ["answered"] * 3 + ["length"]
    # What was cut off in front of its answer is no evidence.
    assert labels[slow][1:] == (None, [None, None])
    root = record["tree"][0]
    assert 0 < root["successes"] < root["trials"] < root["requested"] == SAMPLES


def test_answers_that_are_whole_are_judged_alike_under_both_policies(
    accepting: dict[str, dict[str, Any]], rejecting: dict[str, dict[str, Any]]
) -> None:
    for question in list(SCRIPT)[:3]:
        assert said(accepting[question]) == said(rejecting[question])
