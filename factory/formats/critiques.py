"""Critiques of solutions, to train a critic: one row per critique, as a conversation in which the critic reads question
and solution and replies; `label` says whether its verdict on the solution was right.

The label is the checker's: it compares the critic's verdict with that on the solution's answer. A critique may call a
solution wrong for a reason that is none, or overlook an error that does not change the answer. To teach a critic to
write, take the rows whose label is true; for KTO take all. Solutions that could not be judged or were cut off have no
rows, nor have critiques without a readable verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.drafting.transcript import to_criticise
from factory.export.flat_rows import ORIGIN, is_judged, is_right, is_whole, origin
from factory.text.chat_messages import MESSAGES

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("messages", MESSAGES),
        ("label", pa.bool_()),
        ("says_right", pa.bool_()),
        ("critic", pa.string()),
        ("critic_model", pa.string()),
        ("critic_revision", pa.string()),
        *ORIGIN,
    ]
)
COLUMNS = ["question_id", "question", "solutions"]


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution has a critique with a verdict, and was itself judged and not cut off."""
    return is_judged(solution) and is_whole(solution) and bool(_with_verdict(solution))


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per critique with a verdict, of solutions that were judged; equal ones of a solution once."""
    for solution in filter(uses, record["solutions"]):
        for critique in _with_verdict(solution):
            yield {
                "messages": [
                    {"role": "user", "content": to_criticise(record["question"], solution["text"])},
                    {"role": "assistant", "content": critique["text"]},
                ],
                "label": critique["right"] == is_right(solution),
                "says_right": critique["right"],
                "critic": critique["role"],
                "critic_model": critique["model"],
                "critic_revision": critique["revision"],
                **origin(record, solution),
            }


def labels(row: Mapping[str, Any]) -> list[bool]:
    """Return the label of a row, for the counts in the data set's card."""
    return [row["label"]]


def _with_verdict(solution: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the critiques of a solution that have a verdict, equal ones once."""
    critiques = [critique for critique in solution["critiques"] or () if critique["right"] is not None]
    return list({(critique["role"], critique["text"]): critique for critique in critiques}.values())
