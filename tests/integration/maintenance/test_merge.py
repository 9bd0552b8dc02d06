"""`factory merge`: no row lost or doubled, whatever is killed; a folder that reads like any other."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.validation import EFFORT

from factory.records.schema import SCHEMA
from factory.records.tally import tally
from factory.shards.commits import listed, open_shard, read_footer, read_rows, shards
from factory.storage.local import LocalStore
from factory.storage.opening import open_store
from pipelines.maintenance.diff import diff
from pipelines.maintenance.merge import cuts, merge
from pipelines.maintenance.validate import validate
from pipelines.run.merged_folder import MERGED, merged_from
from tools.cli import main


def test_a_small_run_is_one_shard_with_all_rows_and_no_fault(run, tmp_path):
    done = merge(run, tmp_path / "out")
    assert (done.units, done.questions, done.shards, done.written) == (6, 6, 1, 1)
    assert list(read_rows(tmp_path / "out")) == list(read_rows(run))
    found = validate(tmp_path / "out")
    assert (found.faults, found.questions) == ([], 6)


def test_a_merged_shard_says_in_its_footer_what_its_units_said(run, tmp_path, rows):
    merge(run, tmp_path / "out")
    [shard] = shards(tmp_path / "out")
    footer = read_footer(open_store(tmp_path / "out"), shard)
    assert (footer.tally, dict(footer.effort)) == (tally(read_rows(run)), EFFORT)
    assert shard.unit_id == f"merged-00000-{footer.content[:16]}"
    assert shard.revision == 0


def test_a_larger_run_is_several_shards_of_nearly_equal_size(run, tmp_path, small):
    assert merge(run, tmp_path / "out", shard_mb=small).shards == 3
    merged = shards(tmp_path / "out")
    assert [len(list(unit)) for _, unit in itertools.groupby(sorted(s.unit_id[:12] for s in merged))] == [1, 1, 1]
    assert diff(str(run), str(tmp_path / "out")).empty
    assert validate(tmp_path / "out").sound


def test_row_groups_end_with_a_unit_and_have_checksums(run, tmp_path, small):
    merge(run, tmp_path / "out", shard_mb=100)
    [shard] = shards(tmp_path / "out")
    with open_shard(open_store(tmp_path / "out"), shard) as file:
        assert file.num_row_groups == 6
        assert file.schema_arrow.equals(SCHEMA)
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_merging_again_writes_nothing_and_changes_nothing(run, tmp_path, small):
    merge(run, tmp_path / "out", shard_mb=small)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out/data").iterdir()}
    assert merge(run, tmp_path / "out", shard_mb=small).written == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out/data").iterdir()} == before


def test_the_same_run_merges_to_the_same_bytes(run, tmp_path, small):
    for out in ("one", "two"):
        merge(run, tmp_path / out, shard_mb=small)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / out / "data").iterdir()} for out in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("at", ["before the first", "in the middle of writing", "just behind a commit"])
def test_a_merge_that_was_killed_is_finished_by_doing_it_again(run, tmp_path, small, monkeypatch, at):
    class Killed(BaseException):
        """Nothing catches it, as nothing catches SIGKILL."""

    create, calls = LocalStore.create_from, []

    def dying(self: LocalStore, name: str, path: Path) -> bool:
        calls.append(name)
        if len(calls) == 1 and at == "before the first":
            raise Killed
        if len(calls) == 2 and at == "in the middle of writing":
            (tmp_path / f"out/data/.half.{'0' * 32}.tmp").write_bytes(b"half")
            raise Killed
        made = create(self, name, path)
        if len(calls) == 2:
            raise Killed
        return made

    monkeypatch.setattr(LocalStore, "create_from", dying)
    with pytest.raises(Killed):
        merge(run, tmp_path / "out", shard_mb=small)
    monkeypatch.setattr(LocalStore, "create_from", create)
    assert merged_from(open_store(tmp_path / "out")).ended is None
    there = len(shards(tmp_path / "out"))
    done = merge(run, tmp_path / "out", shard_mb=small)
    assert done.written == 3 - there
    assert diff(str(run), str(tmp_path / "out")).empty
    found = validate(tmp_path / "out")
    assert (found.faults, found.orphans) == ([], [])


def test_what_went_where_was_decided_by_the_first_try(run, tmp_path, small):
    """Another --shard-mb, or another version that estimates otherwise, must not cut anew."""
    merge(run, tmp_path / "out", shard_mb=small)
    (tmp_path / "out" / shards(tmp_path / "out")[1].name).unlink()
    assert merge(run, tmp_path / "out", shard_mb=1000 * small).written == 1
    assert diff(str(run), str(tmp_path / "out")).empty


def test_a_merged_shard_that_is_gone_is_lost(run, tmp_path, small):
    merge(run, tmp_path / "out", shard_mb=small)
    gone = shards(tmp_path / "out")[0]
    (tmp_path / "out" / gone.name).unlink()
    [fault] = validate(tmp_path / "out").faults
    assert (fault.object, fault.what[:4]) == (gone.name, "LOST")


def test_a_unit_missing_in_a_merged_shard_is_found(run, tmp_path):
    merge(run, tmp_path / "out")
    [shard] = shards(tmp_path / "out")
    path = tmp_path / "out" / shard.name
    with pq.ParquetFile(path) as file:
        table, kept = file.read(), file.metadata.metadata
    pq.write_table(table.slice(1).replace_schema_metadata({k: v for k, v in kept.items() if k[:7] == b"factory"}), path)
    said = [fault.what for fault in validate(tmp_path / "out").faults]
    assert said[0] == "rows of 5 units, expected 6"
    assert any("content" in line for line in said)
    assert any("counts questions 6, expected 5" in line for line in said)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=60), st.integers(1, 1000))
def test_cuts_take_every_object_once_and_end_with_the_last(sizes, target):
    found = cuts(sizes, target)
    assert found == sorted(set(found))
    assert found[0] >= 1
    assert found[-1] == len(sizes)


@given(st.integers(500, 20_000))
def test_megabytes_of_small_objects_become_shards_of_250_to_500(n):
    ends = cuts([1] * n, 384)
    assert all(249 <= behind - end <= 500 for end, behind in itertools.pairwise([0, *ends]))


def test_a_run_goes_to_s3_and_back(run, tmp_path, s3_bucket, small):
    out = f"s3://{s3_bucket}/merged"
    assert merge(run, out, shard_mb=small).shards == 3
    assert merge(run, out, shard_mb=small).written == 0
    assert validate(out).sound
    assert diff(str(run), out).empty


def test_the_command_says_what_it_wrote_and_where(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["factory", "merge", str(run), str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "6 units, 6 questions" in capsys.readouterr().out
    assert (tmp_path / "out" / MERGED).exists()
    assert len(listed(tmp_path / "out")[0]) == 1
