"""Supervised fine-tuning: one row per correct solution that the policy wrote, or that was given, as chat messages (for
TRL's SFTTrainer).

Solutions that a search has guided or revised are among them (`independent` is false): so a model learns to answer at
once what it found by searching. `selected` says which one the search answers with.

What a model thought aloud stands in front of its answer, as it was written. Trainers other than the factory's render
messages by the model's chat template, which may cut it: `sft_reasoning` has it in a field of its own, and
`prompt_completion` has the same solutions as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, is_to_imitate, origin
from factory.records.thought_fields import whole_text
from factory.text.chat_messages import MESSAGES
from factory.text.wording import unpadded

SUFFIX = ".parquet"
FEATURES = pa.schema([("messages", MESSAGES), *ORIGIN])
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True
ONLY_RIGHT = True
uses = is_to_imitate


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per finished solution whose answer was judged correct."""
    for solution in record["solutions"]:
        if uses(solution):
            yield {
                "messages": [
                    {"role": "user", "content": record["question"]},
                    {"role": "assistant", "content": unpadded(whole_text(solution))},
                ],
                **origin(record, solution),
            }
