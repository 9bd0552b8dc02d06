"""Columns of an object: those of any version of records, and never one by another name."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.records import a_record
from support.validation import EARLIER, committed, committed_of_schema

from factory.errors import BadInput
from factory.shards.commits import open_shard, read_rows, shards
from factory.shards.damage import Unreadable
from factory.storage.opening import open_store

GOLDEN = Path(__file__).parents[3] / "golden/run_folder"


def test_objects_of_every_version_are_read_side_by_side(tmp_path: Path) -> None:
    for version in EARLIER:
        committed_of_schema(version, tmp_path, f"u{version}", [a_record(version, [])])
    committed(tmp_path, "u7", [a_record("7", [])])
    assert [row["question"] for row in read_rows(tmp_path)] == list("1234567")
    assert len(list(read_rows(GOLDEN))) == 3


@pytest.mark.parametrize("name", [b"solutions", b"licence", b"opinions", b"confidence", b"money"])
def test_a_column_whose_name_is_damaged_does_not_pass_for_one_that_is_lacking(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / committed(tmp_path, "u0", [a_record("a", [])]).name
    whole = path.read_bytes()
    # The schema is the first of what a footer says by name.
    at = whole.index(name, len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")) + 2
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    [shard] = shards(tmp_path)
    with pytest.raises(Unreadable, match="columns of other names or types"):
        open_shard(open_store(tmp_path), shard)
    with pytest.raises(BadInput, match=r"data/part-u0\.parquet in .* cannot be read"):
        list(read_rows(tmp_path))
