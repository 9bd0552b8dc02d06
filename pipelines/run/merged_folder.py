"""`manifests/merged.json`: what a merged folder was made of. A folder that holds one belongs to no driver."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from factory.errors import BadInput
from factory.shards.commits import shard_name
from factory.storage.store import Store

MERGED = "manifests/merged.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedShard:
    """A merged shard and how many units go into it."""

    unit_id: str
    units: int

    @property
    def name(self) -> str:
        return shard_name(self.unit_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """`source`: the run's folder, `format` that of an import, None for a run. `digest` covers all its shards. `shards`
    in order, also those to be. `ended` is None while shards may be missing."""

    source: str
    format: str | None
    units: int
    questions: int
    digest: str
    shards: tuple[MergedShard, ...]
    begun: str
    ended: str | None = None


def merged_from(store: Store) -> Merged | None:
    """What the folder was merged from, None for one that was not. Raises `BadInput` for a broken manifest."""
    try:
        found = json.loads(store.read(MERGED))
        merged = Merged(**{**found, "shards": tuple(MergedShard(**shard) for shard in found["shards"])})
        counts = [merged.units, merged.questions, *(shard.units for shard in merged.shards)]
        if not all(isinstance(count, int) for count in counts):
            raise TypeError("a count is no number")
        return merged
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{store.url}/{MERGED} cannot be read ({type(error).__name__}). Expected what `factory merge` keeps; "
            "remove the folder and merge again."
        ) from None


def keep(store: Store, merged: Merged) -> None:
    store.replace(MERGED, (json.dumps(asdict(merged), indent=2) + "\n").encode())


def refuse_merged(store: Store) -> None:
    """Raises `BadInput` for a merged folder: nothing can be added to it."""
    merged = merged_from(store)
    if merged is not None:
        raise BadInput(
            f"{store.url} was merged from {merged.source} and cannot be gone on with. Resume {merged.source}, then "
            "merge it into a new folder."
        )
