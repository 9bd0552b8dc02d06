"""Preference pairs of single steps (Step-DPO, Lai et al., arXiv 2406.18629): two different next steps behind the same
prefix of a solution, the better one and the other, with their values and the margin between.

`prompt` is the question with the prefix, `chosen` and `rejected` continue it directly, as in `preference`. `value_of`
says what the values are: `rollouts` (shares of rollouts from there that reached the gold answer; 1 or 0 for a step that
ends a solution), `reward` (means of what a tree search backed up) or `score` (a verifier's). When two steps are a pair:
`factory/export/step_pairs.py`. Pairs are made within a record: trees of two runs are not put together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import completion_text, prompt_text
from factory.export.step_pairs import StepPair, step_pairs
from factory.text.wording import unpadded

SUFFIX = ".parquet"
PAIRS_PER_QUESTION = 16
FEATURES = pa.schema(
    [
        ("prompt", pa.string()),
        ("chosen", pa.string()),
        ("rejected", pa.string()),
        ("margin", pa.float32()),
        ("value_of", pa.string()),
        ("chosen_value", pa.float32()),
        ("rejected_value", pa.float32()),
        ("chosen_evidence", pa.int32()),
        ("rejected_evidence", pa.int32()),
        ("confidence", pa.float32()),
        ("action", pa.string()),
        ("depth", pa.int32()),
        ("question_id", pa.string()),
        ("chosen_node", pa.int32()),
        ("rejected_node", pa.int32()),
        ("run_id", pa.string()),
    ]
)
COLUMNS = ["question_id", "question", "solutions", "tree", "run_id"]


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield at most `PAIRS_PER_QUESTION` pairs of a record's tree, those with the largest margins.

    A tree that a model grew who had been told the answer gives none.
    """
    if any(solution["hinted"] for solution in record["solutions"]):
        return
    pairs = list(step_pairs(record))
    largest = sorted(pairs, key=lambda pair: (-pair.margin, pair.chosen_node))[:PAIRS_PER_QUESTION]
    for pair in pairs:
        if pair in largest:
            yield _row(record, pair)


def _row(record: Mapping[str, Any], pair: StepPair) -> dict[str, Any]:
    # White space between prefix and step belongs to the step, so that no token spans both.
    head = pair.prefix.rstrip()
    chosen, rejected = (text.rstrip()[len(head) :] for text in (pair.chosen, pair.rejected))
    has_prefix = bool(unpadded(head))
    return {
        "prompt": prompt_text(record) + (completion_text(head) if has_prefix else ""),
        "chosen": chosen if has_prefix else completion_text(chosen),
        "rejected": rejected if has_prefix else completion_text(rejected),
        "margin": pair.margin,
        "value_of": pair.by,
        "chosen_value": pair.chosen_value.value,
        "rejected_value": pair.rejected_value.value,
        "chosen_evidence": pair.chosen_value.evidence,
        "rejected_evidence": pair.rejected_value.evidence,
        "confidence": pair.confidence,
        "action": pair.action,
        "depth": pair.depth,
        "question_id": record["question_id"],
        "chosen_node": pair.chosen_node,
        "rejected_node": pair.rejected_node,
        "run_id": record["run_id"],
    }
