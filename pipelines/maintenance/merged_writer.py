"""Writer of one merged shard: units read in order, row groups written as they fill, the file committed at once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import BadInput, StorageFailed
from factory.records.batches import BATCH_BYTES, batches_of
from factory.records.schema import SCHEMA
from factory.records.shard_schema import completed, is_earlier
from factory.records.tally import Tally
from factory.shards.commits import Shard, open_shard
from factory.shards.damage import Unreadable, reading
from factory.shards.merged_shards import merged_content, merged_footer
from factory.shards.shard_file import Footer, content_hash, footer_of
from factory.storage.ahead import in_order
from factory.storage.store import Store

# Of a row group, whichever comes first.
GROUP_ROWS, GROUP_BYTES = 4096, 64 * 2**20
AHEAD = 4


def write_merged(source: Store, target: Store, name: str, units: Sequence[tuple[Shard, str]]) -> None:
    """Commit some units as one merged shard; one of that name that is there stays.

    In a local `target` it needs room for the shard twice, as `Store.create_from` copies what was written beside it; for
    any other, room for it once under $TMPDIR.

    Args:
      source: the run.
      target: the folder of merged shards.
      name: name of the object.
      units: shards of the run, each with the content hash it is known by.

    Raises:
      BadInput: a unit is damaged or was changed.
      StorageFailed: there is no room.
    """
    scratch = _scratch(target)
    path = None
    try:
        # Should this process be killed, `Store.sweep` knows the name in a local target. Under $TMPDIR nobody sweeps.
        with tempfile.NamedTemporaryFile(dir=scratch, prefix=".merge-", suffix=".tmp", delete=False) as file:
            path = Path(file.name)
        _fill(path, source, units)
        target.create_from(name, path)
    except OSError as error:
        where, do = (scratch, "Make room there") if scratch else ("a temporary file", "Make room, or set TMPDIR")
        raise StorageFailed(f"cannot write {path or where}: {error.strerror or error}. {do}.") from None
    finally:
        if path is not None:
            with suppress(OSError):
                path.unlink()


def _fill(path: Path, source: Store, units: Sequence[tuple[Shard, str]]) -> None:
    """Write the units to a local file, group by group, and what the footer has to say of them."""
    tally = Tally()
    effort: dict[str, int] = {}
    contents: list[tuple[str, str]] = []
    with _writer(path) as writer:
        for group in _groups(source, units):
            for shard, footer, _ in group:
                tally.add(footer.tally)
                contents.append((shard.unit_id, footer.content))
                # A merged shard promises no more effort than each of its units had.
                for key, amount in footer.effort.items():
                    effort[key] = min(amount, effort.get(key, amount))
            _write_group(writer, [rows for _, _, rows in group])
        writer.add_key_value_metadata(merged_footer(tally, merged_content(contents), effort, len(units)))


def measured_ratio(source: Store, shards: Sequence[Shard]) -> float:
    """Return how large a merged shard gets, relative to the objects it is made of; measured on the first row group."""
    group = next(_groups(source, [(shard, "") for shard in shards]))
    sink = pa.BufferOutputStream()
    with _writer(sink) as writer:
        _write_group(writer, [rows for _, _, rows in group])
    return float(sink.getvalue().size / sum(shard.size for shard, _, _ in group))


Read = tuple[Shard, Footer, pa.Table]


def _groups(source: Store, units: Sequence[tuple[Shard, str]]) -> Iterator[list[Read]]:
    """Yield the units of one row group after the other."""
    group: list[Read] = []
    rows = n_bytes = 0
    for read in in_order(lambda unit: _read(source, *unit), units, min(source.width, AHEAD)):
        group.append(read)
        rows, n_bytes = rows + read[2].num_rows, n_bytes + read[2].nbytes
        if rows >= GROUP_ROWS or n_bytes >= GROUP_BYTES:
            yield group
            group, rows, n_bytes = [], 0, 0
    if group:
        yield group


def _read(source: Store, shard: Shard, content: str) -> Read:
    """Return a unit's rows in today's columns.

    The content hash is that of its footer, or made anew for rows that were not in today's columns. Raises `BadInput`
    for a unit that is damaged or is not what was committed.
    """
    try:
        with reading(), open_shard(source, shard) as file:
            footer = footer_of(file)
            # One after the other: Arrow cannot read more than 2 GiB of nested texts at once.
            groups = [file.read_row_group(number) for number in range(file.num_row_groups)]
            table = pa.concat_tables(groups).replace_schema_metadata()
    except (Unreadable, FileNotFoundError) as error:
        raise BadInput(f"{shard.name} in {source.url} cannot be read ({error}). See `factory validate`.") from None
    # A merged shard keeps the units' hashes, so a changed unit must not get into one.
    as_committed = table.num_rows == footer.tally.questions and content in ("", footer.content)
    if not as_committed or table["unit_id"].unique().to_pylist() != [shard.unit_id]:
        raise BadInput(f"{shard.name} in {source.url} is not what was committed. See `factory validate`.")
    # A large unit of an earlier version was hashed as a single batch.
    hashed_otherwise = len(groups) == 1 and table.nbytes > BATCH_BYTES
    is_earlier_row = any(map(is_earlier, table["schema_version"].unique().to_pylist()))
    if hashed_otherwise or not table.schema.equals(SCHEMA) or is_earlier_row:
        batches = list(batches_of([completed(row) for row in table.to_pylist()]))
        footer, table = replace(footer, content=content_hash(batches)), pa.Table.from_batches(batches)
    return shard, footer, table


def _writer(where: Path | pa.NativeFile) -> pq.ParquetWriter:
    """Return a Parquet writer with the settings that suit readers and hubs."""
    return pq.ParquetWriter(
        where,
        SCHEMA,
        compression="zstd",
        compression_level=3,
        write_page_index=True,
        write_page_checksum=True,
        # Rows added to a set leave most pages, so a hub stores them once.
        use_content_defined_chunking=True,
    )


def _write_group(writer: pq.ParquetWriter, tables: Sequence[pa.Table]) -> None:
    """Write tables as one row group, or as several where a large unit is among them."""
    group: list[pa.RecordBatch] = []
    n_bytes = 0
    for batch in chain.from_iterable(table.to_batches() for table in tables):
        if group and n_bytes + batch.nbytes > BATCH_BYTES:
            _write_batches(writer, group)
            group, n_bytes = [], 0
        group.append(batch)
        n_bytes += batch.nbytes
    _write_batches(writer, group)


def _write_batches(writer: pq.ParquetWriter, batches: Sequence[pa.RecordBatch]) -> None:
    table = pa.Table.from_batches(batches)
    writer.write_table(table, row_group_size=table.num_rows)


def _scratch(target: Store) -> str | None:
    """Return the folder of temporary files: the target itself, None for $TMPDIR."""
    return None if "://" in target.url else target.url
