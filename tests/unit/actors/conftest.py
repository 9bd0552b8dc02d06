"""Fixture of the tests over generators in this process."""

from __future__ import annotations

import pytest
from support.engines.local_actors import ACTOR

from actors import generator


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have engines that die take their local actor along, not the tests' process."""
    monkeypatch.setattr(generator, "_exit", lambda reason: ACTOR.get().die())
