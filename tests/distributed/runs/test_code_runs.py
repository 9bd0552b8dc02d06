"""Runs whose questions ask for programs: tests as gold answers, partial verdicts in the records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.runs import finished, settings_for
from support.checking.sandbox import needs_bubblewrap

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster"), needs_bubblewrap]
RIGHT = "```python\ndef double(x):\n    return 2 * x\n```"
WRONG = "```python\ndef double(x):\n    return x + 2\n```"


def test_every_test_of_every_program_is_in_the_record(tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.jsonl"
    row = {"task": "Write double(x).", "tests": "assert double(2) == 4\nassert double(3) == 6"}
    tasks.write_text(json.dumps(row) + "\n")
    columns = {"question_column": "task", "answer_column": "tests"}
    [record] = finished(
        settings_for(
            tmp_path / "run",
            source={"kind": "jsonl", "path": str(tasks), **columns},
            prompt={"template": "zero_shot_python"},
            engine={"kind": "scripted", "solutions": {"Write double": [RIGHT, WRONG]}},
            search={"n": 6},
            checker={"kind": "python_tests"},
            supervision={"method": "scan", "k": 1},
        )
    )
    found = {solution["text"]: solution for solution in record["solutions"]}
    assert [part["outcome"] for part in found[RIGHT]["verdict_parts"]] == ["correct", "correct"]
    assert [part["outcome"] for part in found[WRONG]["verdict_parts"]] == ["correct", "incorrect"]
    assert found[WRONG]["verdict"] == "incorrect"
    assert "1 of 2 tests passed" in found[WRONG]["verdict_reason"]
    assert len({solution["checker_policy"] for solution in record["solutions"]}) == 1
