"""Process supervision in TRL's stepwise layout: a prompt, its solution's steps, a boolean per step.

Steps behind the first error are left out: what follows an error has no meaning of its own (Lightman et al.,
arXiv 2305.20050, sec. 2.6). So is everything from the first step whose label is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, has_known_steps, known_steps, origin

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("prompt", pa.string()),
        ("completions", pa.list_(pa.string())),
        ("labels", pa.list_(pa.bool_())),
        ("mc_values", pa.list_(pa.float32())),
        ("confidences", pa.list_(pa.float32())),
        *ORIGIN,
    ]
)
COLUMNS = ["question_id", "question", "solutions"]
uses = has_known_steps


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per solution whose first step is labelled, with its steps up to the first error."""
    for solution in record["solutions"]:
        if uses(solution):
            steps = known_steps(solution)
            yield {
                "prompt": record["question"],
                "completions": [step["text"] for step in steps],
                "labels": [step["label"] == 1 for step in steps],
                "mc_values": [step["mc_value"] for step in steps],
                "confidences": [step["confidence"] for step in steps],
                **origin(record, solution),
            }


def labels(row: Mapping[str, Any]) -> list[bool]:
    """Return the labels of a row, for the counts in the data set's card."""
    return list(row["labels"])
