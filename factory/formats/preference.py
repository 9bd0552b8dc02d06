"""Preference pairs for direct preference optimisation (Rafailov et al., arXiv 2305.18290; TRL's DPOTrainer): a right
against a wrong solution of the same question, as strings.

Which make a pair is said in `factory/self_training/preference_pairs.py`: only what the policy itself sampled, each used
as few times as can be. They are drawn by the question's id, so a question has the same pairs wherever its record lies.
Pairs are made within a record: those of several runs are not gathered, and a question that two runs hold has up to
`PAIRS_PER_QUESTION` of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import completion_text, is_judged, is_sampled, prompt_text
from factory.self_training.candidates import candidates
from factory.self_training.preference_pairs import pair_row, pairs, schema

SUFFIX = ".parquet"
PAIRS_PER_QUESTION = 8  # what 16 samples, half of them right, have without using any twice
FEATURES = pa.schema(
    [
        *schema("raw"),
        ("chosen_model", pa.string()),
        ("rejected_model", pa.string()),
        ("chosen_round", pa.int32()),
        ("rejected_round", pa.int32()),
    ]
)
COLUMNS = ["question_id", "question", "solutions"]


def uses(solution: Mapping[str, Any]) -> bool:
    """Whether it may be in a pair: sampled and judged."""
    return is_judged(solution) and is_sampled(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """At most `PAIRS_PER_QUESTION` pairs of a record's sampled solutions."""
    found = candidates(record)
    for pair in pairs(found, PAIRS_PER_QUESTION, Random(record["question_id"])):
        yield {
            **pair_row(pair, prompt_text(record)),
            "chosen": completion_text(pair.chosen.text),
            "rejected": completion_text(pair.rejected.text),
            "chosen_model": pair.chosen.model or None,
            "rejected_model": pair.rejected.model or None,
            "chosen_round": pair.chosen.round,
            "rejected_round": pair.rejected.round,
        }
