"""Preference pairs for direct preference optimisation (Rafailov et al., arXiv 2305.18290; TRL's DPOTrainer): a right
against a wrong solution of the same question, as strings.

`factory/self_training/preference_pairs.py` makes the pairs: of solutions that the policy wrote, those that a search has
guided or revised among them, each used as few times as possible. The draw depends on the question's id alone, so a
question has the same pairs wherever its record lies. Pairs are made within a record: a question that two runs hold has
up to `PAIRS_PER_QUESTION` of each run.

`margin`, which TRL's RewardTrainer reads, is how much better the right one is: by the scores that the search's
selection gave both (`margin_of` is "score"; below 0 where it preferred the wrong one), else by the verdicts: 1
("verdict").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import completion_text, is_flawed, is_judged, is_own, is_whole, prompt_text
from factory.self_training.candidates import candidates
from factory.self_training.preference_pairs import pair_row, pairs, schema

SUFFIX = ".parquet"
PAIRS_PER_QUESTION = 8  # pairs of 16 samples, half of them right, when none is used twice
FEATURES = pa.schema(
    [
        *schema("raw"),
        ("margin", pa.float32()),
        ("margin_of", pa.string()),
        ("chosen_model", pa.string()),
        ("rejected_model", pa.string()),
        ("chosen_round", pa.int32()),
        ("rejected_round", pa.int32()),
    ]
)
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution may be in a pair.

    That is when the policy wrote it, it was judged and not cut off, and it is not right in spite of a wrong step.
    """
    return is_judged(solution) and is_own(solution) and is_whole(solution) and not is_flawed(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield at most `PAIRS_PER_QUESTION` pairs of a record's solutions."""
    by_id = {solution["solution_id"]: solution for solution in record["solutions"] if uses(solution)}
    for pair in pairs(
        [one for one in candidates(record) if not one.flawed], PAIRS_PER_QUESTION, Random(record["question_id"])
    ):
        margin, margin_of = _margin(by_id[pair.chosen.solution_id], by_id[pair.rejected.solution_id])
        yield {
            **pair_row(pair, prompt_text(record)),
            "chosen": completion_text(pair.chosen.text),
            "rejected": completion_text(pair.rejected.text),
            "margin": margin,
            "margin_of": margin_of,
            "chosen_model": pair.chosen.model or None,
            "rejected_model": pair.rejected.model or None,
            "chosen_round": pair.chosen.round,
            "rejected_round": pair.rejected.round,
        }


def _margin(chosen: Mapping[str, Any], rejected: Mapping[str, Any]) -> tuple[float, str]:
    """Return how much better the chosen solution is, and by what."""
    # Rows before schema 5 have no scores. Those of two search methods have no common scale.
    better, other = chosen.get("score"), rejected.get("score")
    if better is not None and other is not None and chosen["method"] == rejected["method"]:
        return better - other, "score"
    return 1.0, "verdict"
