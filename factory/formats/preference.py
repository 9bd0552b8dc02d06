"""Preference pairs for direct preference optimisation (Rafailov et al., arXiv 2305.18290; TRL's DPOTrainer): a right
against a wrong solution of the same question, as strings.

`factory/self_training/preference_pairs.py` makes the pairs: only of solutions that the policy itself sampled, each used
as few times as possible. The draw depends on the question's id alone, so a question has the same pairs wherever its
record lies. Pairs are made within a record: a question that two runs hold has up to `PAIRS_PER_QUESTION` of each run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import completion_text, is_judged, is_sampled, is_whole, prompt_text
from factory.self_training.candidates import candidates
from factory.self_training.preference_pairs import pair_row, pairs, schema

SUFFIX = ".parquet"
PAIRS_PER_QUESTION = 8  # pairs of 16 samples, half of them right, when none is used twice
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
    """Return True when a solution may be in a pair: it was sampled, judged and not cut off."""
    return is_judged(solution) and is_sampled(solution) and is_whole(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield at most `PAIRS_PER_QUESTION` pairs of a record's sampled solutions."""
    for pair in pairs(candidates(record), PAIRS_PER_QUESTION, Random(record["question_id"])):
        yield {
            **pair_row(pair, prompt_text(record)),
            "chosen": completion_text(pair.chosen.text),
            "rejected": completion_text(pair.rejected.text),
            "chosen_model": pair.chosen.model or None,
            "rejected_model": pair.rejected.model or None,
            "chosen_round": pair.chosen.round,
            "rejected_round": pair.rejected.round,
        }
