"""Calls spread over processes."""

from __future__ import annotations

import os

import pytest

from factory.errors import FactoryError
from pipelines.export_pool import pool


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
