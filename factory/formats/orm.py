"""Outcome supervision (Cobbe et al., arXiv 2110.14168, sec. 4.1): one row per judged solution, and whether it is right.

All judged solutions are included: also rollouts from prefixes, given ones, those that a search guided or revised, and
those of other roles, such as a prover that is told to be wrong. `method`, `hinted`, `independent` and `role` tell which
they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.flat_rows import ORIGIN, completion_text, is_judged, is_right, origin, prompt_text
from factory.records.thought_fields import whole_text

SUFFIX = ".parquet"
FEATURES = pa.schema([("prompt", pa.string()), ("completion", pa.string()), ("label", pa.bool_()), *ORIGIN])
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True
uses = is_judged


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per finished solution that was judged correct (`label` true) or incorrect."""
    for solution in record["solutions"]:
        if uses(solution):
            yield labelled(record, solution)


def labels(row: Mapping[str, Any]) -> list[bool]:
    """Return the label of a row, for the counts in the data set's card."""
    return [row["label"]]


def labelled(record: Mapping[str, Any], solution: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a judged solution."""
    return {
        "prompt": prompt_text(record),
        "completion": completion_text(whole_text(solution)),
        "label": is_right(solution),
        **origin(record, solution),
    }
