"""Process supervision as OpenRLHF's PRM trainer reads it (github.com/OpenRLHF/OpenRLHF, `ProcessRewardDataset`).

`input` is Math-Shepherd's, every step ending in the tag; `value` has "+" or "-" for each tag, as in the data set of the
project's own example (huggingface.co/datasets/zhuzilin/Math-Shepherd):

    train_prm --input_key input --label_key value --placeholder_token ки --reward_tokens + -

With `--label_key mc_values` it learns soft labels; it takes no nulls, so keep the rows that have none of them.
Its tokenizer has to know the tag as one token, as Mistral's does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.flat_rows import ORIGIN, known_steps, origin
from factory.formats.math_shepherd import fits, tagged

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


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per solution with a labelled step at its front. Left out are texts with the tag in them."""
    question = record["question"].strip()
    for solution in record["solutions"]:
        steps = known_steps(solution)
        texts = [step["text"].strip() for step in steps]
        if steps and fits(question, texts):
            yield {
                "input": tagged(question, texts),
                "value": ["+" if step["label"] == 1 else "-" for step in steps],
                "mc_values": [step["mc_value"] for step in steps],
                **origin(record, solution),
            }
