"""Process supervision in TRL's stepwise layout: a prompt, its solution's steps, a boolean per step.

Steps behind the first error are left out: what follows an error has no meaning of its own (Lightman et al.,
arXiv 2305.20050, sec. 2.6). So is everything from the first step whose label is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("prompt", pa.string()),
        ("completions", pa.list_(pa.string())),
        ("labels", pa.list_(pa.bool_())),
        ("mc_values", pa.list_(pa.float32())),
        ("confidences", pa.list_(pa.float32())),
        ("question_id", pa.string()),
        ("solution_id", pa.string()),
        ("engine", pa.string()),
        ("model", pa.string()),
    ]
)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per solution with at least one labelled step at its front."""
    for solution in record["solutions"]:
        steps = known_steps(solution["steps"])
        if steps:
            yield {
                "prompt": record["question"],
                "completions": [step["text"] for step in steps],
                "labels": [step["label"] == 1 for step in steps],
                "mc_values": [step["mc_value"] for step in steps],
                "confidences": [step["confidence"] for step in steps],
                "question_id": record["question_id"],
                "solution_id": solution["solution_id"],
                "engine": solution["engine"],
                "model": solution["model"],
            }


def known_steps(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps up to the first error, that one included, or up to the first unlabelled one, that one left out."""
    known = []
    for step in steps:
        if step["label"] is None:
            break
        known.append(step)
        if step["label"] == -1:
            break
    return known
