"""Pools with the misbehaving checker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.checking.checker_pools import KIND

from actors.checking.pool import CheckerPool

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def checkers_of_the_tests_are_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture
def pool() -> Iterator[CheckerPool]:
    """Two workers that are given all the time they need."""
    made = CheckerPool(KIND, {}, workers=2, timeout_s=120)
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[CheckerPool]:
    """Two workers that are killed when they hang."""
    made = CheckerPool(KIND, {}, workers=2, timeout_s=2)  # shorter, and "ok" would be late on a busy machine, too
    yield made
    made.close()
