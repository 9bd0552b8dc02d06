"""Manifest of a merged folder, `manifests/merged.json`: the run it was made of, and its shards.

A folder that holds one belongs to no driver: nothing can be added to it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from factory.errors import BadInput
from factory.shards.commits import shard_name
from factory.storage.store import Store

MERGED = "manifests/merged.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedShard:
    """Merged shard, with the number of units that go into it."""

    unit_id: str
    units: int

    @property
    def name(self) -> str:
        """Object name of the shard in its folder."""
        return shard_name(self.unit_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Manifest of a merge.

    Attributes:
      source: folder of the run.
      format: format of an import; None for a run.
      units: units of the run.
      questions: questions in them.
      digest: hash of names and contents of all units; a merge of other records has another.
      shards: merged shards in order, also those that are not written yet.
      begun: time at which the merge was planned, ISO 8601.
      ended: time at which the last shard was written; None while shards may be missing.
    """

    source: str
    format: str | None
    units: int
    questions: int
    digest: str
    shards: tuple[MergedShard, ...]
    begun: str
    ended: str | None = None


def merged_from(store: Store) -> Merged | None:
    """Return the manifest of a merged folder; None for any other. Raises `BadInput` for a broken manifest."""
    try:
        values = json.loads(store.read(MERGED))
        merged = Merged(**{**values, "shards": tuple(MergedShard(**shard) for shard in values["shards"])})
        counts = [merged.units, merged.questions, *(shard.units for shard in merged.shards)]
        if not all(isinstance(count, int) for count in counts):
            raise TypeError("a count is not a number")
        return merged
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{store.url}/{MERGED} cannot be read ({type(error).__name__}). Expected what `factory merge` keeps; "
            "remove the folder and merge again."
        ) from None


def keep(store: Store, merged: Merged) -> None:
    """Write the manifest."""
    store.replace(MERGED, (json.dumps(asdict(merged), indent=2) + "\n").encode())


def refuse_merged(store: Store) -> None:
    """Raise `BadInput` for a merged folder: nothing can be added to it."""
    merged = merged_from(store)
    if merged is not None:
        raise BadInput(
            f"{store.url} was merged from {merged.source} and nothing can be added to it. Resume {merged.source}, "
            "then merge it into a new folder."
        )
