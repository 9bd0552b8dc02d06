"""Judgements of people on step labels (`factory view --annotate`), one row each, beside the label of the run.

`label` is the person's: 1 where the solution is still right after the step, -1 where it is not, 0 where the person
cannot tell; `run_label` is what the run said at that time, null where it had no label; `agrees` is null where one of
them says nothing. `steps` are all steps of the solution, `step` counts from 0. Of several judgements of one step by one
person the last one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.annotations.annotation import checked
from factory.export.flat_rows import ORIGIN, origin

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("question", pa.string()),
        ("gold_answer", pa.string()),
        ("steps", pa.list_(pa.string())),
        ("step", pa.int32()),
        ("label", pa.int8()),
        ("run_label", pa.int8()),
        ("run_confidence", pa.float32()),
        ("agrees", pa.bool_()),
        ("note", pa.string()),
        ("person", pa.string()),
        ("at", pa.string()),
        *ORIGIN,
    ]
)
COLUMNS = ["question_id", "question", "gold_answer", "solutions"]
ANNOTATED = True


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per judgement of a step of the record's solutions, in the order of solutions and steps."""
    judged: dict[str, list[Mapping[str, Any]]] = {}
    for one in record.get("annotations") or ():
        judged.setdefault(one["solution_id"], []).append(one)
    for solution in (record["solutions"] or ()) if judged else ():
        steps = [step["text"] for step in solution["steps"]]
        for one in sorted(judged.get(solution["solution_id"], ()), key=lambda one: (one["step"], one["at"])):
            # The solution may have been written again with fewer steps since.
            if one["step"] < len(steps):
                yield {
                    "question": record["question"],
                    "gold_answer": record["gold_answer"],
                    "steps": steps,
                    **{name: one[name] for name in _SAID},
                    "agrees": checked(one).agrees,
                    **origin(record, solution),
                }


_SAID = ("step", "label", "run_label", "run_confidence", "note", "person", "at")
