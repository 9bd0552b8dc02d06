"""Checks on their way to a checker: many to a fast one, few to one that may take minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import settings_for

from pipelines.run.recipes import check_flow

FAST, SLOW = {"kind": "math_answer"}, {"kind": "tests.support.plugins.checkers", "timeout_s": 300}


def test_a_fast_checker_gets_large_batches(tmp_path: Path) -> None:
    flow = check_flow(settings_for(tmp_path, checker=FAST, cluster={"request_timeout_s": 1800}))
    assert (flow.in_flight, flow.request_s) == (4, 1800)
    assert flow.batch > 50


@pytest.mark.parametrize(("workers", "processes"), [(1, 1), (2, 1), (4, 1), (8, 1), (4, 2), (1, 64)])
def test_all_that_is_on_its_way_fits_into_a_calls_time_out(tmp_path: Path, workers: int, processes: int) -> None:
    cluster = {"workers": workers, "checker_processes": processes, "request_timeout_s": 1800}
    flow = check_flow(settings_for(tmp_path, checker=SLOW, cluster=cluster))
    longest = 300 * workers * flow.in_flight * flow.batch / processes
    assert longest <= 0.75 * flow.request_s + 1e-6
    assert flow.request_s >= 1800
