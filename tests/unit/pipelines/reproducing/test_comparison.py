"""Records of every schema, with and without labels, verdicts or solutions, beside what comes now."""

from __future__ import annotations

from typing import Any

import pytest
from support.records import a_record, a_solution
from support.validation import EARLIER, of_schema

from pipelines.reproducing.comparison import as_old_as, parting, parts_of

RECORDS = {
    "labelled": a_record("q", [a_solution([("a", 1)])]),
    "no labels": a_record("q", [a_solution([("a", None)], labeller=None)]),
    "not judged": a_record("q", [a_solution([("a", None)], None, labeller=None)]),
    "failed": a_record(
        "q", [], status="failed", failure={"stage": "generate", "type": "EngineFailed", "message": "m", "attempts": 3}
    ),
}
NOW = a_record("q", [a_solution([("a", 1)]), a_solution([("b", -1)], "incorrect")])


def compared(record: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """Return the parts that differ."""
    now = as_old_as(record, now)
    parting(record, now)
    return {part.name for part in parts_of(record, now) if not part.same}


@pytest.mark.parametrize("version", [*EARLIER, "7"])
@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_the_same_as_itself_and_differs_from_another(name: str, version: str) -> None:
    record = dict(of_schema(version, RECORDS[name]) if version in EARLIER else RECORDS[name])
    assert compared(record, RECORDS[name]) == set()
    assert {"samples", "verdicts"} <= compared(record, NOW)


@pytest.mark.parametrize("version", EARLIER)
def test_a_verdict_or_label_that_the_record_lacks_is_a_difference(version: str) -> None:
    record = dict(of_schema(version, RECORDS["not judged"]))
    assert compared(record, RECORDS["labelled"]) == {"verdicts", "labels", "first errors"}
