"""Records with chosen solutions, committed as a run commits them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from factory.export.imported import NO_COST
from factory.records.record import to_batch
from factory.records.schema import SCHEMA, SCHEMA_VERSION, SOLUTION
from factory.records.tally import tally
from factory.shards.commits import commit
from factory.types import content_id

if TYPE_CHECKING:
    from pipelines.export.export import Exported

FORMATS = ("sft", "prm", "jsonl")
NOTHING = dict.fromkeys([field.name for field in SCHEMA])


def solution(
    text: str,
    right: bool = True,
    confidence: float | None = 0.99,
    labels: Sequence[int | None] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return a solution with one step per line; without `labels` only the last step of a wrong one is wrong."""
    lines = text.splitlines()
    if labels is None:
        labels = [1] * (len(lines) - 1) + [1 if right else -1]
    steps = [
        {"text": line, "n_trials": 4, "n_successes": 2, "mc_value": 0.5, "label": label, "confidence": confidence}
        for line, label in zip(lines, labels, strict=True)
    ]
    return {
        **dict.fromkeys([field.name for field in SOLUTION]),
        "solution_id": content_id(text),
        "text": text,
        "steps": steps,
        "verdict": "correct" if right else "incorrect",
        "first_error": -1 if right else len(lines) - 1,
        "contradicted": False,
        "label_calls": 0,
        "method": "sample",
        "occurrences": 1,
        "probes": 0,
        "hinted": False,
        "round": 0,
        "engine": "scripted",
        "model": "m",
        "model_revision": "1",
        "prompt_id": "p",
        "labeller": "omegaprm",
        "checker": "c/1",
        "checker_policy": "policy",
        "sampling": {"temperature": 0.7, "top_p": 1.0, "top_k": -1, "max_tokens": 9, "stop": []},
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "finish_reason": "stop",
        **fields,
    }


def record(question: str, *solutions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a record of a question with these solutions; `fields` replace its columns."""
    return {
        **NOTHING,
        "question_id": content_id(question),
        "source": "mine",
        "question": question,
        "gold_answer": "4",
        "answer_kind": "math",
        "metadata": [],
        "solutions": list(solutions),
        "tree": [],
        "cost": NO_COST,
        "status": "ok",
        "run_id": "r",
        "schema_version": SCHEMA_VERSION,
        **fields,
    }


def committed(folder: Path | str, records: Sequence[dict[str, Any]], unit: int = 2, name: str = "u") -> str:
    """Commit `records`, `unit` of them per shard, and return the folder; units' ids begin with `name`."""
    for start in range(0, len(records), unit):
        unit_id = f"{name}{start:05}"
        rows = [{**row, "unit_id": unit_id} for row in records[start : start + unit]]
        commit(folder, unit_id, to_batch(rows), tally(rows))
    return str(folder)


def records(n: int = 12, tag: str = "") -> list[dict[str, Any]]:
    """Return `n` questions with a right and a wrong solution each; `tag` makes their texts others."""
    return [
        record(
            f"What is {number} + 1?", solution(f"it is\n{number + 1}{tag}"), solution(f"no\n{number}{tag}", right=False)
        )
        for number in range(n)
    ]


def rows_of(done: Exported, config: str) -> list[dict[str, Any]]:
    """Return all rows of one config of an export, in the order of its files."""
    return [row for path in done.files(config) for row in rows_in(path)]


def rows_in(path: str) -> list[dict[str, Any]]:
    """Return the rows of one shard of an export."""
    if path.endswith(".jsonl"):
        return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def tree(folder: Path | str) -> dict[str, str]:
    """Return the SHA-256 of every file of a folder, by its path in there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }
