"""Stub of the Hub, a small export, and what pushes it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.exports.cards import exported
from support.exports.hub import OWNER, StubHub, serving
from support.exports.pushes import BRIEF, NAME

from pipelines.hub.push import Pushed, PushOptions, push


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubHub]:
    """A stub, its owner logged in, no pause between two attempts."""
    import huggingface_hub.constants
    import huggingface_hub.utils

    monkeypatch.setenv("HF_TOKEN", OWNER)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(huggingface_hub.utils._http.time, "sleep", lambda _seconds: None)
    huggingface_hub.utils.disable_progress_bars()
    with serving() as hub:
        yield hub


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Folder of an export."""
    return exported(tmp_path / "out")


@pytest.fixture
def said() -> list[str]:
    """Lines that a push told its user."""
    return []


@pytest.fixture
def send(hub: StubHub, out: Path, said: list[str]) -> Callable[..., Pushed]:
    """Push of `out` to the stub, with options of `PushOptions` as keywords."""
    return lambda folder=out, name=NAME, patience=BRIEF, **options: push(
        folder, name, PushOptions(**options), say=said.append, patience=patience, endpoint=hub.endpoint
    )
