"""Supervised fine-tuning of reasoning models: the rows of `sft` with the thoughts in a field of their own, as chat
templates read it (`reasoning_content`).

`content` is the answer alone. So the model's chat template decides how thoughts are marked, whichever model wrote them.
`sft` has both as one text, with the marks of that model. Where the policy did not think aloud, `reasoning_content` is
null and the rows are those of `sft`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, is_to_imitate, origin
from factory.records.thought_fields import parted
from factory.text.chat_messages import THINKING_MESSAGES
from factory.text.wording import unpadded

SUFFIX = ".parquet"
FEATURES = pa.schema([("messages", THINKING_MESSAGES), *ORIGIN])
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True
ONLY_RIGHT = True
uses = is_to_imitate


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per finished solution whose answer was judged correct."""
    for solution in record["solutions"]:
        # An earlier checker may have read an answer in a thought that nothing closes.
        if uses(solution) and (apart := parted(solution))["text"].strip():
            said = {"role": "assistant", "content": unpadded(apart["text"])}
            yield {
                "messages": [
                    {"role": "user", "content": record["question"], "reasoning_content": None},
                    {**said, "reasoning_content": apart.get("reasoning") or None},
                ],
                **origin(record, solution),
            }
