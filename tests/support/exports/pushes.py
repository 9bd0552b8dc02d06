"""Changes to an export and to the repository it was pushed to."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from support.exports.cards import exported
from support.exports.hub_repos import Blob, Repo

from pipelines.hub.calls import HubPatience

NAME = "me/set"
BRIEF = HubPatience(connect_s=20, answer_s=20, attempts=3, longest_pause_s=0.01)


def changed(out: Path, **how: Any) -> None:
    """Replace the export in `out` by another one, of other data."""
    shutil.rmtree(out)
    exported(out, **{"salt": " then", **how})


def by_hand(repo: Repo, name: str = "notes.md", content: bytes = b"mine") -> None:
    """Commit a file to the repository, as a person would do it on the Hub."""
    tree = repo.commits[repo.sha("main")]
    repo.commit("main", repo.sha("main"), {**tree, name: Blob(content, large=False)}, "by hand")


def remote(repo: Repo, name: str) -> bytes:
    """Return the content of a file on the main branch."""
    return repo.commits[repo.sha("main")][name].data


def local(folder: Path) -> set[str]:
    """Return the files of a folder that belong on the Hub."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".huggingface.yaml"}
