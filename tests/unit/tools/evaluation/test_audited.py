"""Right answers called flawed, against exact arithmetic."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.records import a_record, a_solution

from tools.evaluation import audited
from tools.evaluation.audited import counted, right_ones, shown

OPERATIONS = json.dumps([["start", 7], ["*", 9], ["+", 2]])
START, TIMES, PLUS, END = "Kurt starts with 7 boxes.", "7 * 9 = 63.", "63 + 2 = 65.", "The answer is 65."
SLIP = "7 * 9 = 62."


def right(*texts: str, flawed: bool | None, first_error: int | None) -> dict[str, Any]:
    steps = [(text, None) for text in texts]
    return a_solution(steps, "correct", flawed=flawed, first_error=first_error)


def test_precision_is_of_those_called_flawed_and_recall_of_those_that_are() -> None:
    solutions = [
        right(START, SLIP, PLUS, END, flawed=True, first_error=1),
        right(START, SLIP, END, flawed=True, first_error=2),
        right(START, TIMES, PLUS, END, flawed=True, first_error=1),
        right(START, TIMES, PLUS, "The answer is 65", flawed=False, first_error=-1),
        right(START, SLIP, PLUS, flawed=False, first_error=-1),
        right(START, "7 * 9 = 64.", flawed=None, first_error=None),
        a_solution([(SLIP, None)], "incorrect"),
    ]
    record = a_record("Q?", solutions, metadata=[("operations", OPERATIONS)], gold_answer="65")
    figures, flawed = counted(right_ones([record]))
    assert (figures["right"], figures["called flawed"], figures["called sound, flawed"]) == (6, 3, 1)
    assert (figures["precision"], figures["exact"], figures["recall"]) == (2 / 3, 1 / 3, 2 / 4)
    assert [one["truth"] for one in flawed] == [1, 1, -1]


def test_of_other_questions_nobody_knows_the_truth() -> None:
    record = a_record("Q?", [right(START, SLIP, flawed=True, first_error=1)])
    figures, [one] = counted(right_ones([record]))
    assert figures["precision"] is None
    assert shown(one).splitlines()[2:] == [f">  1 {SLIP}", "  truth: not known"]


def test_any_run_is_audited_by_its_equations_and_equal_solutions_count_once() -> None:
    plain = [a_solution([(text, 1) for text in texts]) for texts in ((START, TIMES, PLUS), (START, SLIP, PLUS))]
    record = a_record("Q?", [*plain, plain[1]], metadata=[("operations", OPERATIONS)], gold_answer="65")
    figures, [one] = counted(right_ones([record], by_equations=True))
    assert (one["said"], one["truth"]) == (1, 1)
    assert (figures["right"], figures["called flawed"], figures["not told"], figures["recall"]) == (2, 1, 1, 1.0)


def test_a_run_without_an_audit_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audited, "records_of", lambda *_: [a_record("Q?", [a_solution([("a", 1)])])])
    monkeypatch.setattr(sys, "argv", ["audited", str(tmp_path)])
    assert audited.main() == 2
    said = capsys.readouterr().err
    assert "audit_correct=all or sampled" in said
    assert said.count("\n") == 1
