"""Rows of programs as data sets have them, tried by the command a user types: what is used, and what is refused."""

from __future__ import annotations

import base64
import json
import pickle
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf
from support.checking.sandbox import needs_bubblewrap
from support.runs import config_for

from tools.cli import main

FUNCTIONAL = [{"input": "[1, 2, 3]\n1", "output": "[3, 1, 2]", "testtype": "functional"}]
STDIN = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
ROTATE = "class Solution:\n    def rotate(self, nums: List[int], k: int):\n        return nums[-k:] + nums[:-k]"
ADD = "print(sum(map(int, input().split())))"


def row(title: str, tests: Any, metadata: dict[str, str], solution: str | None = None) -> dict[str, str | None]:
    """Return a row in the columns of LiveCodeBench, with a program that is right where there is one."""
    packed = base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests)))).decode()
    return {
        "question_content": title,
        "public_test_cases": json.dumps(tests),
        "private_test_cases": packed,
        "metadata": json.dumps(metadata),
        "solution": solution,
    }


def planned(tmp_path: Path, *rows: dict[str, str | None], answer: str = "public_test_cases") -> list[str]:
    """Return the arguments of `factory plan` for a file of these rows."""
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    source = {
        "kind": "jsonl",
        "path": str(tmp_path / "rows.jsonl"),
        "question_column": "question_content",
        "answer_column": answer,
        "metadata_columns": ["metadata", "solution"],
    }
    path = tmp_path / "config.yaml"
    config = config_for(tmp_path / "run", source=source, checker={"kind": "python_tests", "test_timeout_s": 300.0})
    OmegaConf.save(OmegaConf.create(config), path)
    return ["plan", str(path)]


def said(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command prints."""
    monkeypatch.setattr(sys, "argv", ["factory", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    out = capsys.readouterr().out
    assert not stopped.value.code, out
    return out


@needs_bubblewrap
def test_functional_rows_and_rows_of_programs_are_both_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        row("Rotate a list.", FUNCTIONAL, {"func_name": "rotate"}, ROTATE),
        row("Add two numbers.", STDIN, {}, ADD),
        row("Rotate it wrongly.", FUNCTIONAL, {"func_name": "rotate"}, ROTATE.replace("-k", "k")),
    ]
    out = said(planned(tmp_path, *rows), monkeypatch, capsys)
    assert "2 questions in" in out
    assert "skipped: 1 gold answers" in out


@needs_bubblewrap
def test_rows_that_cannot_be_judged_are_left_out_by_name_also_without_a_right_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        row("Rotate.", FUNCTIONAL, {}),
        row("Rotate it.", FUNCTIONAL, {"func_name": "rotate"}),
        row("Add.", STDIN, {}),
    ]
    out = " ".join(said(planned(tmp_path, *rows), monkeypatch, capsys).split())
    assert "2 questions in" in out
    assert f"{tmp_path}/rows.jsonl, line 1: " in out
    assert "they are functional, but nothing says which function they call" in out


@needs_bubblewrap
def test_packed_tests_are_refused_before_anything_starts(refused: Any, tmp_path: Path) -> None:
    complaint = refused(*planned(tmp_path, row("Rotate.", FUNCTIONAL, {}), answer="private_test_cases"))
    assert "no usable question" in complaint
    assert "they are packed" in complaint
    assert "take public_test_cases" in complaint
