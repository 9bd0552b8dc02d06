"""Wrong attempts, what was said of them, and the right one they led to: revisions as they happened in a search
(`search.method=self_refine`, `sequential_revision`, `compute_optimal`), to train a model that revises.

Each row ends with a right solution that revises a wrong one. Its `prompt` shows the wrong attempts right before it, in
order, at most four, with the critiques in between where there were any; `completion` is the right one. So the model
learns to write right solutions only, having seen wrong ones. `attempts` and `critiques` have them for other wordings.

Unlike those of `revisions`, attempts are no independent samples: each was written with those before it in view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.drafting.transcript import transcript
from factory.export.flat_rows import (
    ORIGIN,
    completion_text,
    is_flawed,
    is_judged,
    is_own,
    is_right,
    is_whole,
    origin,
    prompt_text,
)
from factory.records.thought_fields import whole_text
from factory.text.wording import unpadded

SUFFIX = ".parquet"
ATTEMPTS = 4  # most wrong attempts in a row, as in `revisions`
FEATURES = pa.schema(
    [
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("attempts", pa.list_(pa.string())),
        ("critiques", pa.list_(pa.string())),
        ("attempt_ids", pa.list_(pa.string())),
        *ORIGIN,
    ]
)
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution may be in a row: a search wrote it, it was judged, and it was not cut off."""
    return is_judged(solution) and is_own(solution) and is_whole(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per right solution that revises a wrong one; both are judged and were not cut off."""
    usable = {solution["solution_id"]: solution for solution in record["solutions"] if uses(solution)}
    for solution in usable.values():
        path = _before(solution, usable) if is_right(solution) and not is_flawed(solution) else []
        if path:
            yield _row(record, path, solution)


def _before(last: Mapping[str, Any], usable: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the wrong attempts right before `last`, in order, `ATTEMPTS` at most."""
    path: list[Mapping[str, Any]] = []
    before = usable.get(last["revises"])
    while before is not None and before not in path and not is_right(before) and len(path) < ATTEMPTS:
        path.insert(0, before)
        before = usable.get(before["revises"])
    return path


def _row(record: Mapping[str, Any], path: list[Mapping[str, Any]], last: Mapping[str, Any]) -> dict[str, Any]:
    texts = [unpadded(whole_text(attempt)) for attempt in path]
    # The critique that led to an attempt was of the one before it.
    critiques = [attempt["critique"] or "" for attempt in [*path[1:], last]]
    return {
        "prompt": f"{prompt_text(record)}\n\n{transcript(texts, critiques)}",
        "completion": completion_text(whole_text(last)),
        "attempts": texts,
        "critiques": critiques,
        "attempt_ids": [attempt["solution_id"] for attempt in path],
        **origin(record, last),
    }
