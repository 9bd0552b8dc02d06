"""Supervised fine-tuning without a chat template: one row per right solution, as two strings that make one text.

TRL's SFTTrainer reads it and learns the completion alone. `sft` has the same solutions as chat messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, completion_text, is_to_imitate, origin, prompt_text
from factory.records.thought_fields import whole_text

SUFFIX = ".parquet"
FEATURES = pa.schema([("prompt", pa.string()), ("completion", pa.string()), *ORIGIN])
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True
ONLY_RIGHT = True
uses = is_to_imitate


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per finished solution whose answer was judged correct."""
    for solution in record["solutions"]:
        if uses(solution):
            yield {
                "prompt": prompt_text(record),
                "completion": completion_text(whole_text(solution)),
                **origin(record, solution),
            }
