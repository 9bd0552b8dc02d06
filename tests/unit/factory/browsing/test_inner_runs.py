"""Shares of right samples of each run within a folder."""

import numpy as np
import pyarrow as pa
from support.records import a_record, a_solution

from factory.browsing.facts import facts_of
from factory.browsing.inner_runs import inner_runs
from factory.browsing.parts import ObjectRows, Part, of_objects
from factory.records.record import to_batch


def part_of(**objects: list[bool]) -> Part:
    """Return a part with one object per folder, with one question per sample: right or wrong."""
    described, tables = [], []
    for folder, rights in objects.items():
        records = [
            a_record(
                f"{folder} {n}?", [a_solution([("x", None)], "correct" if right else "incorrect", method="sample")]
            )
            for n, right in enumerate(rights)
        ]
        described.append(ObjectRows(name=f"{folder}/data/part-a.parquet", mark="1", rows=len(rights)))
        tables.append(facts_of(pa.Table.from_batches([to_batch(records)])))
    return of_objects(described, [one for one, _ in tables], [one for _, one in tables])


def test_each_folder_has_a_row_over_all_parts_of_the_index() -> None:
    rows = inner_runs([part_of(round_1=[True, True], round_0=[False]), part_of(round_0=[True])])
    assert rows == [
        {"part": "round_0", "questions": 2, "samples": 2, "right": 1},
        {"part": "round_1", "questions": 2, "samples": 2, "right": 2},
    ]


def test_what_is_gone_counts_nowhere() -> None:
    part = part_of(round_0=[True], round_1=[True, False])
    part.gone = np.array([True, False, True])
    assert inner_runs([part]) == [{"part": "round_1", "questions": 1, "samples": 1, "right": 1}]
