"""A small export, and what pushes it to a stub of the Hub."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.exports.cards import exported
from support.exports.hub import StubHub
from support.exports.hub_repos import Blob, Repo

from pipelines.hub.calls import Patience
from pipelines.hub.push import Push, Pushed, push

NAME = "me/set"
BRIEF = Patience(connect_s=20, answer_s=20, attempts=3, longest_pause_s=0.01)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return exported(tmp_path / "out")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def send(hub: StubHub, out: Path, said: list[str]) -> Callable[..., Pushed]:
    return lambda folder=out, name=NAME, patience=BRIEF, **wish: push(
        folder, name, Push(**wish), say=said.append, patience=patience, endpoint=hub.endpoint
    )


def changed(out: Path, **how: Any) -> None:
    """`out` becomes another export, of other data."""
    shutil.rmtree(out)
    exported(out, **{"salt": " then", **how})


def by_hand(repo: Repo, name: str = "notes.md", content: bytes = b"mine") -> None:
    """Somebody commits a file."""
    tree = repo.commits[repo.sha("main")]
    repo.commit("main", repo.sha("main"), {**tree, name: Blob(content, large=False)}, "by hand")


def remote(repo: Repo, name: str) -> bytes:
    return repo.commits[repo.sha("main")][name].data


def local(folder: Path) -> set[str]:
    """What of a folder belongs on the Hub."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".huggingface.yaml"}
