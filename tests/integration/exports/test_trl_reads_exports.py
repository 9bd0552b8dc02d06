"""TRL reads what is exported: its own trainers preprocess the rows and train one step on them.

Needs an interpreter that has TRL 1.13, which this project does not depend on; skipped without one. To make it, beside
the packages of this environment, and to run this:

    python -m venv /tmp/trl
    python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > /tmp/trl/lib/python3.11/site-packages/ours.pth
    /tmp/trl/bin/python -m pip install --no-deps trl==1.13.0
    FACTORY_TRL_PYTHON=/tmp/trl/bin/python .venv/bin/python -m pytest
    tests/integration/exports/test_trl_reads_exports.py
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.records import records
from support.waiting import HANGS_S

from factory.contracts.formats import FORMATS

PYTHON = os.environ.get("FACTORY_TRL_PYTHON")
PROGRAM = Path(__file__).parents[2] / "support/trl.py"
VERSION = "1.13."

pytestmark = pytest.mark.skipif(not PYTHON, reason="FACTORY_TRL_PYTHON names no interpreter with TRL 1.13")


def read_by_trl(name: str, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The exported rows, and the same as TRL's trainer holds them."""
    view = FORMATS.load(name)
    rows = [row for record in records() for row in view.rows(record)]
    pq.write_table(pa.Table.from_pylist(rows, schema=view.FEATURES), folder / "rows.parquet")
    command = [str(PYTHON), str(PROGRAM), name, str(folder / "rows.parquet"), str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANGS_S, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["version"].startswith(VERSION)
    assert math.isfinite(said["loss"])
    return rows, said["rows"]


def test_stepwise_preprocessing_puts_every_label_at_the_end_of_its_step(tmp_path: Path) -> None:
    ours, theirs = read_by_trl("prm", tmp_path)
    assert len(ours) == len(theirs) > 0
    for row, read in zip(ours, theirs, strict=True):
        assert read["input_ids"] == row["prompt"] + "".join(f"{step}\n" for step in row["completions"])
        n_bytes = [len(f"{step}\n".encode()) for step in row["completions"]]
        expected = [-100] * len(row["prompt"].encode())
        for size, label in zip(n_bytes, row["labels"], strict=True):
            expected += [-100] * (size - 1) + [int(label)]
        assert read["labels"] == expected


@pytest.mark.parametrize("name", ["sft", "prompt_completion", "preference", "unpaired"])
def test_the_other_trainers_take_their_format(name: str, tmp_path: Path) -> None:
    ours, theirs = read_by_trl(name, tmp_path)
    assert len(ours) == len(theirs) > 0
