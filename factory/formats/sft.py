"""Supervised fine-tuning: one row per correct solution that the policy wrote, or that was given, as chat messages (for
TRL's SFTTrainer).

Solutions that a search has guided or revised are among them (`independent` is false): so a model learns to answer at
once what it found by searching. `selected` says which one the search answers with.

Trainers other than the factory's render them by the model's chat template, which may cut reasoning in front of
`</think>`: `prompt_completion` has the same solutions as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, is_to_imitate, origin
from factory.text.chat_messages import MESSAGES
from factory.text.wording import unpadded

SUFFIX = ".parquet"
FEATURES = pa.schema([("messages", MESSAGES), *ORIGIN])
COLUMNS = ["question_id", "question", "solutions"]
ONLY_RIGHT = True
uses = is_to_imitate


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per finished solution whose answer was judged correct."""
    for solution in record["solutions"]:
        if uses(solution):
            yield {
                "messages": [
                    {"role": "user", "content": record["question"]},
                    {"role": "assistant", "content": unpadded(solution["text"])},
                ],
                **origin(record, solution),
            }
