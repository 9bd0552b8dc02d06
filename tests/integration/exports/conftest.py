"""Folders to export from and to."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.exports.exports import committed, records


@pytest.fixture
def run(tmp_path: Path) -> str:
    """Folder of a run: twelve questions with a right and a wrong solution each."""
    return committed(tmp_path / "run", records())


@pytest.fixture
def out(tmp_path: Path) -> str:
    """Folder to export to, not there yet."""
    return str(tmp_path / "out")
