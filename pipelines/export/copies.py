"""Records that are named twice, as the same folder or as a copy of it, are exported once.

A folder is known by where it lies, however it is spelled. Of copied folders a shard goes in once, from the first: a
copy that has gone on by itself since adds what only it has. A run and its merged copy cannot be told apart shard by
shard, and one of them is all there is: naming both is refused.
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
    """Leaves out shards that were seen in another folder, and counts what they hold."""

    def __init__(self) -> None:
        self.dropped: Dropped = Counter()
        self._seen: dict[str, str] = {}

    def left_out(self, found: Iterable[tuple[SourceRun, Sequence[Listed]]]) -> Iterator[tuple[SourceRun, list[Listed]]]:
        """`found` less what it repeats. A shard's hash is that of its rows, which name unit and run."""
        for run, shards in found:
            kept = []
            for shard in shards:
                if self._seen.setdefault(shard.content, run.url) == run.url:
                    kept.append(shard)
                else:
                    self.dropped[RECORDS, WHY] += len(shard.ids)
                    self.dropped[SOLUTIONS, WHY] += int(shard.tally["solutions"])
            yield run, kept


def place_of(run: SourceRun) -> str:
    """Where a run lies, the same for every spelling."""
    return absolute(open_store(run.url, run.access).url)


def refuse_merged(found: Iterable[tuple[SourceRun, Sequence[tuple[str, str, int]]]]) -> None:
    """Raises `BadInput` where a run and its merged copy, or two of these, are among runs that are given with their
    shards: (name, content hash, rows)."""
    taken: dict[str, str] = {}
    for run, shards in found:
        merged = merged_from(open_store(run.url, run.access))
        keys = {place_of(run), merged_content((name, content) for name, content, _ in shards)}
        if merged is not None:
            keys.add(merged.digest)
            if "://" in merged.source or Path(merged.source).is_absolute():
                keys.add(absolute(merged.source))  # it may have gone on since
        other = next((taken[key] for key in keys if key in taken), None)
        if other is not None:
            raise BadInput(
                f"{other} and {run.url} are one run, merged and as it was. Expected either; name one of them."
            )
        taken |= dict.fromkeys(keys, run.url)
