"""Process supervision as Qwen2.5-Math-PRM reads it (Zhang et al., arXiv 2501.07301): chat messages in which every step
ends in `<extra_0>`, and a class for each of those tokens.

The messages are those of the model card (huggingface.co/Qwen/Qwen2.5-Math-PRM-7B), its system prompt included; the
model's two outputs at a token are P(wrong), P(right), so `labels` has 0 or 1. `mc_values` are the soft labels of sec.
2.1, where it also says that what follows a wrong step is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, known_steps, origin, prompt_text
from factory.text.chat_messages import MESSAGES
from factory.text.wording import unpadded

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [("messages", MESSAGES), ("labels", pa.list_(pa.int8())), ("mc_values", pa.list_(pa.float32())), *ORIGIN]
)
COLUMNS = ["question_id", "question", "solutions"]
TOKEN = "<extra_0>"
SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."
# Special tokens of this tokenizer. In a text they would become tokens with a meaning of their own.
_SPECIAL = re.compile(r"<extra_[0-9]+>|<\|[a-z_]+\|>")


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution's first step is labelled and no labelled step contains a special token."""
    steps = known_steps(solution)
    return bool(steps) and not any(_SPECIAL.search(step["text"]) for step in steps)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per solution whose first step is labelled. Texts with special tokens in them are left out."""
    question = prompt_text(record)
    if _SPECIAL.search(question):
        return
    for solution in record["solutions"]:
        if uses(solution):
            steps = known_steps(solution)
            yield {
                "messages": [
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": question},
                    {"role": "assistant", "content": "".join(unpadded(step["text"]) + TOKEN for step in steps)},
                ],
                "labels": [int(step["label"] == 1) for step in steps],
                "mc_values": [step["mc_value"] for step in steps],
                **origin(record, solution),
            }


def labels(row: Mapping[str, Any]) -> list[int]:
    """Return the classes of a row, 1 for right, for the counts in the data set's card."""
    return list(row["labels"])
