"""Process supervision as OpenRLHF's PRM trainer reads it (github.com/OpenRLHF/OpenRLHF, `ProcessRewardDataset`).

`input` is Math-Shepherd's, every step ending in the tag; `value` has "+" or "-" for each tag, as in the data set of the
project's own example (huggingface.co/datasets/zhuzilin/Math-Shepherd):

    train_prm --input_key input --label_key value --placeholder_token ки --reward_tokens + -

The tokenizer has to know the tag as one token, as Mistral's does.

To train on soft labels, use `--label_key mc_values`. First leave out the rows with a null in `mc_values`, at which the
trainer stops (a step without rollouts has no value, such as one that was labelled by a person):

    dataset.filter(lambda row: None not in row["mc_values"])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, known_steps, origin
from factory.formats.math_shepherd import TAG, fits, tagged
from factory.text.wording import unpadded

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("input", pa.string()),
        ("value", pa.list_(pa.string())),
        ("mc_values", pa.list_(pa.float32())),
        *ORIGIN,
    ]
)
COLUMNS = ["question_id", "question", "solutions"]


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution's first step is labelled and no labelled step has the tag in its text."""
    steps = known_steps(solution)
    return bool(steps) and not any(TAG in step["text"] for step in steps)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per solution whose first step is labelled. Texts with the tag in them are left out."""
    question = record["question"].strip()
    for solution in record["solutions"]:
        if uses(solution) and fits(question):
            steps = known_steps(solution)
            yield {
                "input": tagged(question, [unpadded(step["text"]) for step in steps]),
                "value": ["+" if step["label"] == 1 else "-" for step in steps],
                "mc_values": [step["mc_value"] for step in steps],
                **origin(record, solution),
            }


def labels(row: Mapping[str, Any]) -> list[str]:
    """Return the labels of a row, for the counts in the data set's card."""
    return list(row["value"])
