"""Audit of checkers: cases in, figures out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.waiting import HANGS_S

from factory.errors import BadInput
from factory.types import Outcome, Verdict
from tools.checker_audit.audit import AuditedCase, accuracy, missed_gates, settings_of, speed
from tools.checker_audit.cases import read_cases

ROOT = Path(__file__).parents[4]
CORRECT, INCORRECT, UNPARSABLE, TIMEOUT = Outcome.CORRECT, Outcome.INCORRECT, Outcome.UNPARSABLE, Outcome.TIMEOUT


def case(gold: str, prediction: str, expected: bool | str | None, **more: Any) -> dict[str, Any]:
    return {"gold": gold, "prediction": prediction, "expected": expected, "kind": "city", **more}


def written(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "cases.jsonl"
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def checked(folder: Path, *rows: tuple[bool | str | None, Outcome]) -> list[AuditedCase]:
    cases = read_cases(str(written(folder, *(case("a", "a", expected) for expected, _ in rows))))
    verdicts = [Verdict(outcome=outcome) for _, outcome in rows]
    return [
        AuditedCase(case=one, verdict=verdict, seconds=at + 1.0, settled=at % 2 == 0)
        for at, (one, verdict) in enumerate(zip(cases, verdicts, strict=True))
    ]


def audit(folder: Path, path: Path, *options: str, **environment: str) -> tuple[int, dict[str, Any], str, str]:
    """Exit status, figures, stdout and stderr of the command."""
    figures = folder / "figures.json"
    command = [sys.executable, "-m", "tools.checker_audit.audit", str(path), "--json", str(figures), *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    return done.returncode, json.loads(figures.read_text()) if figures.exists() else {}, done.stdout, done.stderr


def test_a_case_is_read_with_its_form_its_question_and_its_metadata(tmp_path: Path) -> None:
    more = {"id": 7, "question": "Where?", "metadata": {"choices": ["a", "b"], "none": None}, "why": "ignored"}
    path = tmp_path / "cases.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(case("A", "I say (A)", True, form="full", **more)).encode()))
    (read,) = read_cases(str(path))
    assert (read.id, read.kind, read.text, read.question.text) == ("7", "city", "I say (A)", "Where?")
    assert read.question.metadata == {"choices": '["a", "b"]'}


def test_a_bare_prediction_is_boxed_and_an_id_is_its_line(tmp_path: Path) -> None:
    _, read = read_cases(str(written(tmp_path, case("A", "A", True), "", case("A", "B", False))))
    assert (read.text, read.prediction, read.id) == (r"\boxed{B}", "B", "line 3")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"gold": ', "line 2: not JSON"),
        ("[" * 100_000, "line 2: not JSON"),
        ("[1]", "line 2: got JSON that is no object"),
        ('{"gold": "a", "expected": true, "kind": "k"}', "line 2: 'prediction' is missing"),
        ('{"gold": 5, "prediction": "5", "expected": true, "kind": "k"}', "line 2: 'gold' is 5; expected text"),
        (json.dumps(case("a", "a", "right")), "line 2: 'expected' is 'right'"),
        (json.dumps(case("a", "a", 1)), "line 2: 'expected' is 1"),  # type: ignore[arg-type]
        ('{"gold": "a", "prediction": "a", "kind": "k"}', "line 2: 'expected' is missing"),
        (json.dumps(case("a", "a", True, form="half")), "line 2: form is 'half'; expected one of bare, full"),
        (json.dumps(case("a", "a", True, metadata=[])), "line 2: 'metadata' is"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_cases(str(written(tmp_path, case("a", "a", True), line)))
    assert complaint in str(refused.value)


def test_a_file_without_cases_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no cases"):
        read_cases(str(written(tmp_path)))


def test_only_correct_meets_true_and_anything_else_meets_false(tmp_path: Path) -> None:
    rows = [(True, CORRECT), (True, UNPARSABLE), (False, CORRECT), (False, INCORRECT), (False, TIMEOUT)]
    figures = accuracy(checked(tmp_path, *rows))
    assert (figures["n"], figures["accuracy"]) == (5, 0.6)
    assert (figures["false_positives"], figures["false_positive_ids"]) == (1, ["line 3"])
    assert (figures["false_negatives"], figures["false_negative_ids"]) == (1, ["line 2"])
    assert figures["wrong_answers_called"] == {"correct": 1, "incorrect": 1, "timeout": 1}
    assert figures["by_kind"]["city"] == {"n": 5, "accuracy": 0.6, "false_positives": 1, "false_negatives": 1}


def test_a_named_outcome_is_met_by_that_one_only(tmp_path: Path) -> None:
    rows = [("unparsable", UNPARSABLE), ("unparsable", INCORRECT), ("incorrect", CORRECT), ("correct", INCORRECT)]
    figures = accuracy(checked(tmp_path, *rows))
    assert figures["accuracy"] == 0.25
    assert [one["id"] for one in figures["wrong"]] == ["line 2", "line 3", "line 4"]
    assert (figures["false_positive_ids"], figures["false_negative_ids"]) == (["line 3"], ["line 4"])


def test_debatable_cases_are_listed_with_their_verdict_and_not_counted(tmp_path: Path) -> None:
    figures = accuracy(checked(tmp_path, (None, CORRECT), (True, CORRECT)))
    assert (figures["n"], figures["accuracy"]) == (1, 1.0)
    assert [(one["id"], one["outcome"]) for one in figures["debatable"]] == [("line 1", "correct")]
    assert accuracy(checked(tmp_path, (None, CORRECT)))["accuracy"] is None


def test_the_fast_path_is_timed_by_itself(tmp_path: Path) -> None:
    figures = speed(checked(tmp_path, *[(True, CORRECT)] * 4), seconds=2.0)
    assert (figures["checks_per_s"], figures["settled_fast"], figures["fast_checks_per_s"]) == (2.0, 2, 0.5)
    assert (figures["median_s"], figures["slowest_s"], figures["slowest_id"]) == (2.5, 4.0, "line 4")


def test_settings_may_be_nested_and_are_text_unless_an_array_or_object() -> None:
    assert settings_of(["a.b=1", "a.c=x=y", "d=[1]", "e=[0-9]+"]) == {
        "a": {"b": "1", "c": "x=y"}, "d": [1], "e": "[0-9]+",
    }  # fmt: skip


def test_gates_are_missed_only_by_what_is_worse() -> None:
    figures = {"false_positives": 1, "accuracy": 0.9}
    assert missed_gates(figures, None, None) == missed_gates(figures, 1, 0.9) == []
    assert len(missed_gates(figures, 0, 0.91)) == 2


@pytest.mark.parametrize("gates", [(0, None), (None, 0.0), (0, 0.5)])
def test_any_gate_is_missed_where_no_verdict_is_known(gates: tuple[int | None, float | None]) -> None:
    (missed,) = missed_gates({"false_positives": 0, "accuracy": None}, *gates)
    assert "no case has a known verdict" in missed
    assert missed_gates({"false_positives": 0, "accuracy": None}, None, None) == []


def test_the_command_audits_any_checker_and_hostile_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    rows = [
        case("Paris", "paris", True),
        case("Paris", "\x1b[2J[red]London", True, id="\x1b]0;x"),
        case("a", "b", False),
    ]
    options = ("--checker", "exact", "--set", "ignore_case=true", "--workers", "2")
    status, figures, out, _ = audit(tmp_path, written(tmp_path, *rows), *options)
    assert (status, figures["checker"], figures["config"]["ignore_case"]) == (0, "exact/2", True)
    assert (figures["n"], figures["false_negatives"], figures["false_positives"]) == (3, 1, 0)
    assert (figures["canary_empty"], figures["settled_fast"]) == (True, 3)
    assert figures["checks_per_s"] > 0
    assert "[red]London" in out
    assert "\x1b" not in out


MISCHIEF = '''
"""Hangs, writes or is right, as the gold says."""
import time
from dataclasses import dataclass
from factory.interfaces import CheckerLimits
from factory.types import Outcome, Verdict
NAME_VERSION = "mischief/1"
@dataclass
class Config:
    """No settings."""
def limits(config):
    return CheckerLimits(timeout_s=1.0, confined=False)
def check(question, text, config):
    if question.gold == "hang":
        time.sleep(3600)
    if question.gold == "write":
        open("written", "w").close()
    return Verdict(outcome=Outcome.CORRECT)
'''


def test_a_hang_is_killed_and_what_is_written_is_seen(tmp_path: Path) -> None:
    (tmp_path / "plugins" / "mischief_pack").mkdir(parents=True)
    (tmp_path / "plugins" / "mischief_pack" / "mischief.py").write_text(MISCHIEF)
    path = written(tmp_path, case("hang", "a", "timeout", id="h"), case("write", "a", True))
    options = ("--checker", "mischief_pack.mischief", "--min-accuracy", "1")
    where = os.pathsep.join([str(tmp_path / "plugins"), os.environ.get("PYTHONPATH", "")])
    status, figures, out, _ = audit(tmp_path, path, *options, PYTHONPATH=where)
    assert (status, figures["accuracy"], figures["slowest_id"]) == (0, 1.0, "h")
    assert 1.0 <= figures["slowest_s"] < 3600  # the sleep that was cut short
    assert figures["canary_empty"] is False
    assert "NOT empty" in out


def test_bare_math_verify_is_measured_in_the_same_run(tmp_path: Path) -> None:
    rows = [case("5 m", "5 km", False), case("5", "5", True), case("4", "5", False)]
    status, figures, out, err = audit(
        tmp_path, written(tmp_path, *rows), "--versus", "math-verify", "--max-false-positives", "0"
    )
    other = figures["versus"]
    assert (status, figures["false_positives"], other["false_positives"], other["n"]) == (0, 0, 1, 3), err
    assert other["times_as_fast"] > 0
    assert "bare_math_verify" in out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--checker", "mathanswer"], "Did you mean 'math_answer'?"),
        (["--set", "tail=5"], "Did you mean 'tail_chars'?"),
        (["--set", "tail_chars"], "is not of the form key=value"),
        (["--set", "a=1", "--set", "a.b=1"], "expected one or the other"),
        (["--checker", "llm_judge"], "asks a model"),
        (["--workers", "0"], "--workers is 0"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    complaint: str,
) -> None:
    from tools.checker_audit import audit as audit_checker

    path = written(tmp_path, case("a", "a", True))
    monkeypatch.setattr(sys, "argv", ["audit_checker", str(path), "--json", str(tmp_path / "out.json"), *options])
    assert audit_checker.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line


def test_missed_gates_are_exit_status_1(tmp_path: Path) -> None:
    path = written(tmp_path, case("a", "a", False))
    status, figures, _, err = audit(tmp_path, path, "--checker", "exact", "--max-false-positives", "0")
    assert (status, figures["false_positives"]) == (1, 1)
    assert "1 false positives, at most 0 allowed" in err
