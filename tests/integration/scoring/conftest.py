"""Tiny scorers that the tests of this folder share; nothing changes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines.scorers import tiny_extra_0, tiny_orm, tiny_prm, tiny_tagged


@pytest.fixture(autouse=True)
def nothing_else_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator ends all children of its process; here these are the Ray and the S3 server of other tests."""
    monkeypatch.setattr("actors.generator.kill_children", lambda: None)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Model folders by layout."""
    make: dict[str, Callable[[Path], Path]] = {
        "steps": tiny_prm,
        "solution": tiny_orm,
        "tags": tiny_tagged,
        "extra_0": tiny_extra_0,
    }
    root = tmp_path_factory.mktemp("scorers")
    return {layout: one(root / layout) for layout, one in make.items()}
