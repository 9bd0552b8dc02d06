"""Plan of a push: what it still has to do, read off the exported folder and the branch. Asks nothing of the Hub.

There is no journal. All changes are one commit, so a branch holds the old export or the new one, never some of both; a
push that was broken anywhere is repeated by planning again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub.utils.sha import git_hash

from factory.errors import BadInput
from factory.export.file_names import CARD, MANIFEST
from pipelines.dataset_card.card_mark import mark_of
from pipelines.dataset_card.exported_folder import LocalFile, data_names
from pipelines.dataset_card.public_manifest import BESIDE

# Files and bytes uploaded at a time, between two lines of progress.
BATCH_FILES, BATCH_BYTES = 64, 8_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """File on a branch.

    * `size`: in bytes.
    * `sha256`: of the content where it is stored apart from git, otherwise None.
    * `blob`: git's hash of it (of its pointer, where it is stored apart).
    """

    size: int
    blob: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Content of a commit. `manifest`: that of an export, None for anything else. `card`: its text."""

    commit: str
    files: Mapping[str, RemoteFile]
    manifest: Mapping[str, Any] | None
    card: str | None

    def named(self) -> frozenset[str]:
        """Return the names that an export of ours put there, but the card."""
        if self.manifest is None:
            return frozenset()
        beside = self.manifest.get(BESIDE)
        strings = [name for name in beside if isinstance(name, str)] if isinstance(beside, list) else []
        return frozenset([MANIFEST, *data_names(self.manifest), *strings]) - {CARD}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlan:
    """Changes of one commit. `keeps_card`: the card there was written or edited by somebody, and stays."""

    add: tuple[LocalFile, ...]
    delete: tuple[str, ...]
    keeps_card: bool

    def __bool__(self) -> bool:
        """Return True where there is something to do."""
        return bool(self.add or self.delete)


def planned(files: Sequence[LocalFile], held: Held, *, replace_card: bool = False) -> PushPlan:
    """Return what makes the branch hold `files`, and no others of an earlier export.

    What somebody else put there stays; the card too, if it was edited, unless `replace_card`.
    """
    add = [file for file in files if not _same(file, held.files.get(file.name))]
    keeps_card = not replace_card and _is_somebodys(held.card) and any(file.name == CARD for file in add)
    # Only what an export of ours put there may go.
    gone = held.named() - {file.name for file in files}
    return PushPlan(
        add=tuple(file for file in add if not (keeps_card and file.name == CARD)),
        delete=tuple(sorted(gone & set(held.files))),
        keeps_card=keeps_card,
    )


def check_replaced(plan: PushPlan, held: Held, configs: Sequence[str], where: str) -> None:
    """Raise `BadInput` where the plan takes away more than an earlier version of the same export.

    Args:
      plan: the changes.
      held: what the branch holds.
      configs: configs of the new export.
      where: branch and data set, for the message.
    """
    lost = [name for name in (held.manifest or {}).get("configs", ()) if name not in configs]
    if lost:
        raise BadInput(
            f"{where} holds the configs {', '.join(lost)}, which this export lacks: they would go. Export all formats "
            "at once, choose another data set, or say --replace."
        )
    named = held.named()
    others = [file.name for file in plan.add if file.name in held.files and file.name not in named | {CARD}]
    if others:
        raise BadInput(
            f"{where} holds a {others[0]} that no export of ours put there. Choose another data set, or say --replace."
        )


def batches(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    """Yield files in batches of bounded number and size, in order."""
    batch: list[LocalFile] = []
    for file in files:
        if batch and (len(batch) == BATCH_FILES or sum(one.size for one in batch) + file.size > BATCH_BYTES):
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _same(file: LocalFile, remote: RemoteFile | None) -> bool:
    """Return True where a file on the branch has the same content."""
    if remote is None or file.size != remote.size:
        return False
    # Large files are stored apart from git and have a SHA-256; small ones have git's own hash.
    if remote.sha256 is not None:
        return file.sha256 == remote.sha256
    return git_hash(file.content.read_bytes() if isinstance(file.content, Path) else file.content) == remote.blob


def _is_somebodys(card: str | None) -> bool:
    """Return True for a card that was written or edited by somebody."""
    mark = mark_of(card) if card is not None else None
    return card is not None and (mark is None or mark.edited)
