"""Candidates for training: what was cut off is none, also where its answer counts."""

from __future__ import annotations

import pytest
from support.records import a_record, a_solution

from factory.self_training.candidates import Reason, candidates, is_solved, unfit


@pytest.mark.parametrize(("finish", "reason"), [("stop", None), ("length", "truncated"), ("answered", "truncated")])
def test_a_text_that_was_cut_off_is_not_trained_on(finish: str, reason: str | None) -> None:
    record = a_record("Q?", [a_solution([("It is 14.", 1)], finish_reason=finish)])
    [candidate] = candidates(record)
    assert unfit(candidate) == (None if reason is None else Reason(reason))
    # A question without a text to train on is asked again.
    assert is_solved(record) is (reason is None)
