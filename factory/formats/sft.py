"""Supervised fine-tuning: one row per correct solution, as chat messages (what TRL's SFTTrainer reads)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

SUFFIX = ".parquet"
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
FEATURES = pa.schema(
    [
        ("messages", pa.list_(MESSAGE)),
        ("question_id", pa.string()),
        ("solution_id", pa.string()),
        ("engine", pa.string()),
        ("model", pa.string()),
    ]
)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The finished solutions of a record whose answer was judged correct; each text is one row."""
    for solution in record["solutions"]:
        if solution["verdict"] != "correct" or solution["finish_reason"] == "length":
            continue
        yield {
            "messages": [
                {"role": "user", "content": record["question"]},
                {"role": "assistant", "content": solution["text"].strip()},
            ],
            "question_id": record["question_id"],
            "solution_id": solution["solution_id"],
            "engine": solution["engine"],
            "model": solution["model"],
        }
