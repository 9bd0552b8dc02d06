"""Calls spread over processes."""

from __future__ import annotations

import os
import time

import pytest

from factory.errors import FactoryError
from pipelines.export import pool as export_pool
from pipelines.export.pool import pool


def test_results_come_in_the_order_of_the_calls_and_what_one_raises_at_its_place():
    with pool(2) as spread:
        assert list(spread(abs, range(-9, 0))) == list(range(9, 0, -1))
        found = spread(int, ["1", "2", "x", "4"])
        assert [next(found), next(found)] == [1, 2]
        with pytest.raises(ValueError, match="'x'"):
            next(found)


def test_a_process_that_is_killed_is_one_clear_error():
    with pool(2) as spread, pytest.raises(FactoryError, match="was killed"):
        list(spread(os._exit, [1]))


def test_a_call_that_hangs_is_ended_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(export_pool, "CALL_LIMIT_S", 1.0)
    with pytest.raises(FactoryError, match="said nothing for 1 s"), pool(2) as spread:
        list(spread(time.sleep, [3600]))  # and ended, or this test would not end either


def test_a_time_out_that_a_call_raises_is_its_own():
    with pool(2) as spread, pytest.raises(TimeoutError, match="mine"):
        list(spread(_times_out, [1]))


def _times_out(_: int) -> None:
    raise TimeoutError("mine")
