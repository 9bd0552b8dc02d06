"""Removal of records that are named twice, as the same folder or as a copy of it.

A folder is known by where it lies, however it is spelled. Of copied folders a shard goes in once, from the first: a
copy that has gone on by itself since adds what only it has. A run and its merged copy cannot be told apart shard by
shard, and one of them holds everything: naming both is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from factory.errors import BadInput
from factory.export.drops import RECORDS, SOLUTIONS, Dropped
from factory.shards.merged_shards import merged_content
from factory.storage.opening import absolute, open_store
from pipelines.export.inputs import Listed, SourceRun
from pipelines.run.merged_folder import merged_from

WHY = "also in an earlier folder"


class Copies:
    """Filter of shards that were seen in another folder. `dropped` counts what they hold."""

    def __init__(self) -> None:
        """Start without any shard seen."""
        self.dropped: Dropped = Counter()
        self._seen: dict[str, str] = {}

    def left_out(
        self, listings: Iterable[tuple[SourceRun, Sequence[Listed]]]
    ) -> Iterator[tuple[SourceRun, list[Listed]]]:
        """Yield runs with the shards that no earlier run held.

        A shard is known by the hash of its rows, which name unit and run, so it is the same in every copy of a folder.
        """
        for run, shards in listings:
            kept = []
            for shard in shards:
                # The first folder that holds a shard keeps it, so the order in which runs are named decides.
                if self._seen.setdefault(shard.content, run.url) == run.url:
                    kept.append(shard)
                else:
                    self.dropped[RECORDS, WHY] += len(shard.ids)
                    self.dropped[SOLUTIONS, WHY] += shard.tally.solutions
            yield run, kept


def place_of(run: SourceRun) -> str:
    """Return where a run lies, the same for every spelling of its folder."""
    return absolute(open_store(run.url, run.access).url)


def refuse_merged(listings: Iterable[tuple[SourceRun, Sequence[tuple[str, str, int]]]]) -> None:
    """Refuse runs of which one is the merged copy of another.

    `listings` gives each run with its shards: (name, content hash, rows). Raises `BadInput` where a run and its merged
    copy, or two such copies, are among them.
    """
    taken: dict[str, str] = {}
    for run, shards in listings:
        merged = merged_from(open_store(run.url, run.access))
        # A run is known by its place and by the hash over its shards; a merged copy also by what it was made of.
        keys = {place_of(run), merged_content((name, content) for name, content, _ in shards)}
        if merged is not None:
            keys.add(merged.digest)
            if "://" in merged.source or Path(merged.source).is_absolute():
                # The run may have gone on since it was merged, so its place counts as well as its content.
                keys.add(absolute(merged.source))
        other = next((taken[key] for key in keys if key in taken), None)
        if other is not None:
            raise BadInput(
                f"{other} and {run.url} are one run, merged and as it was. Expected either; name one of them."
            )
        taken |= dict.fromkeys(keys, run.url)
