"""Critiques of solutions, to train a critic: one row per critique, as a conversation in which the critic reads question
and solution and replies; `label` says whether it was right.

A critic that was asked for a verdict is held against the checker's on the solution's answer. It may call a solution
wrong for a reason that is none, or overlook an error that does not change the answer. A critic that was asked for the
first wrong step (`supervision.critic`; GenPRM, Zhao et al., arXiv 2504.00891) reads numbered steps, and is held against
the step labels, which rest on rollouts and on all that was said of the solution, by itself, too: `first_error` is what
they say, `says_first_error` what it said. Where the first error is not located, a critic that sees none in a wrong
solution is wrong all the same; what else it says has no row.

To teach a critic to write, take the rows whose label is true; for KTO take all. Solutions that could not be judged or
were cut off have no rows, nor have critiques that cannot be read. Thoughts before a reply are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.drafting.transcript import to_criticise, to_locate
from factory.export.flat_rows import ORIGIN, is_judged, is_right, is_whole, origin
from factory.labelling.opinions import NONE
from factory.records.thought_fields import whole_text
from factory.text.chat_messages import MESSAGES

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("messages", MESSAGES),
        ("label", pa.bool_()),
        ("says_right", pa.bool_()),
        ("says_first_error", pa.int32()),
        ("first_error", pa.int32()),
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
            said = critique.get("first_error")
            label = _is_true(critique, solution)
            if label is None:
                continue
            asked = to_criticise(record["question"], whole_text(solution))
            if said is not None:
                asked = to_locate(record["question"], [step["text"] for step in solution["steps"]])
            yield {
                "messages": [
                    {"role": "user", "content": asked},
                    {"role": "assistant", "content": critique["text"]},
                ],
                "label": label,
                "says_right": critique["right"],
                "says_first_error": said,
                "first_error": solution["first_error"],
                "critic": critique["role"],
                "critic_model": critique["model"],
                "critic_revision": critique["revision"],
                **origin(record, solution),
            }


def _is_true(critique: Mapping[str, Any], solution: Mapping[str, Any]) -> bool | None:
    """Return whether a critique is right; None where nobody knows."""
    said, known = critique.get("first_error"), solution["first_error"]
    if said is None:
        return bool(critique["right"] == is_right(solution))
    if known is not None:
        return bool(said == known)
    return False if said == NONE and not is_right(solution) else None


def labels(row: Mapping[str, Any]) -> list[bool]:
    """Return the label of a row, for the counts in the data set's card."""
    return [row["label"]]


def _with_verdict(solution: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the critiques of a solution that have a verdict, equal ones once."""
    critiques = [critique for critique in solution["critiques"] or () if critique["right"] is not None]
    return list({(critique["role"], critique["text"]): critique for critique in critiques}.values())
