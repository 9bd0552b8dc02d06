"""Runs that only sample: rows without a label that are sound all the same."""

from __future__ import annotations

from support.top_ups import done, questions, recipe, simulated_models

from factory.records.record import to_batch
from factory.records.tally import tally
from factory.records.validation import row_faults


async def test_nothing_is_labelled_and_no_rollout_asked_for() -> None:
    row = await done(recipe("none"), questions(1)[0], simulated_models())
    [row] = to_batch([row]).to_pylist()
    assert [*row_faults(row)] == []
    assert row["solutions"]
    assert {solution["labeller"] for solution in row["solutions"]} == {None}
    assert {step["label"] for solution in row["solutions"] for step in solution["steps"]} == {None}
    counted = tally([row])
    assert (counted.label_calls, counted.first_errors, counted.labels_right) == (0, 0, 0)
