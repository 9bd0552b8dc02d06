"""Fixture of the distributed tests: the fleet that the small runs of a file share ends with the file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.runs import SHARED_FLEET


@pytest.fixture(scope="module", autouse=True)
def shared_fleet() -> Iterator[None]:
    """End what runs have left to each other: other tests need the room."""
    yield
    SHARED_FLEET.close()
