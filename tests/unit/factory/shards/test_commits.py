"""Commits: one unit is one object is one exclusive create."""

from __future__ import annotations

import errno
import os

import pyarrow.parquet as pq
import pytest

from factory.errors import BadInput, CommitFailed
from factory.records.record import SCHEMA, Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.shards import commits
from factory.shards.leftovers import leftovers, sweep
from factory.shards.shard_file import content_hash
from factory.storage.opening import open_store
from factory.types import Question, Sampling

MADE_BY = Provenance(
    run_id="r",
    engine="scripted",
    model="m",
    model_revision="",
    prompt_id="p",
    checker="c",
    checker_policy="p",
    labeller="omegaprm",
    sampling=Sampling(),
)


def batch_of(*texts: str):
    rows = [question_row(Tree(Question(text=text, gold="1")), {}, Cost(), MADE_BY) for text in texts]
    return to_batch(rows), tally(rows)


def test_a_committed_unit_is_one_readable_object(tmp_path):
    receipt = commits.commit(tmp_path, "u1", *batch_of("a", "b"))
    assert receipt.created
    assert [shard.unit_id for shard in commits.shards(tmp_path)] == ["u1"]
    assert [row["question"] for row in commits.read_rows(tmp_path)] == ["a", "b"]
    assert pq.read_schema(tmp_path / receipt.name).equals(SCHEMA)


def test_the_first_commit_of_a_unit_wins_and_stays_byte_identical(tmp_path):
    first = commits.commit(tmp_path, "u1", *batch_of("a"))
    before = (tmp_path / first.name).read_bytes()
    second = commits.commit(tmp_path, "u1", *batch_of("a", "b"))
    assert not second.created
    assert second.tally.questions == 1
    assert (tmp_path / first.name).read_bytes() == before


def test_a_damaged_object_where_a_unit_is_to_be_committed_is_one_sentence(tmp_path):
    first = commits.commit(tmp_path, "u1", *batch_of("a"))
    (tmp_path / first.name).write_bytes(b"damaged")
    with pytest.raises(BadInput, match=r"data/part-u1\.parquet in .* cannot be read .*factory validate"):
        commits.commit(tmp_path, "u1", *batch_of("a"))


def test_a_commit_leaves_nothing_but_the_object(tmp_path):
    commits.commit(tmp_path, "u1", *batch_of("a"))
    commits.commit(tmp_path, "u1", *batch_of("a"))
    assert os.listdir(tmp_path / "data") == ["part-u1.parquet"]


def test_a_unit_without_rows_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one row"):
        commits.commit(tmp_path, "u1", *batch_of())


def test_counts_are_read_from_the_footer(tmp_path):
    receipt = commits.commit(tmp_path, "u1", *batch_of("a", "b"))
    assert receipt.tally.questions == 2
    assert commits.read_footer(open_store(tmp_path), commits.shards(tmp_path)[0]).tally == receipt.tally


def test_equal_rows_have_equal_content_hashes():
    assert content_hash(batch_of("a")[0]) == content_hash(batch_of("a")[0])
    assert content_hash(batch_of("a")[0]) != content_hash(batch_of("b")[0])


def test_temporaries_of_a_killed_writer_are_no_commits_and_are_swept(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / f".part-u1.parquet.{'0' * 32}.tmp").write_bytes(b"half")
    assert commits.shards(tmp_path) == []
    assert sweep(tmp_path, leftovers(tmp_path)) == 1
    assert os.listdir(data) == []


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.ENOSPC, "free some"), (errno.EACCES, "write permission"), (errno.EIO, "resume")]
)
def test_a_disk_that_refuses_says_what_to_do_and_leaves_no_half_object(tmp_path, monkeypatch, number, advice):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(CommitFailed, match=advice):
        commits.commit(tmp_path, "u1", *batch_of("a"))
    assert os.listdir(tmp_path / "data") == []


def test_a_later_revision_replaces_the_unit_and_removes_what_it_supersedes(tmp_path):
    commits.commit(tmp_path, "u1", *batch_of("a"))
    receipt = commits.commit(tmp_path, "u1", *batch_of("a", "b"), revision=1, effort={"search.n": 8})
    assert (receipt.created, receipt.name) == (True, "data/part-u1.r001.parquet")
    assert os.listdir(tmp_path / "data") == ["part-u1.r001.parquet"]
    [shard] = commits.shards(tmp_path)
    assert (shard.unit_id, shard.revision) == ("u1", 1)
    assert commits.read_footer(open_store(tmp_path), shard).effort == {"search.n": 8}


def test_a_crash_between_a_revision_and_the_removal_of_the_older_one_doubles_nothing(tmp_path):
    commits.commit(tmp_path, "u1", *batch_of("a"))
    older = (tmp_path / "data" / "part-u1.parquet").read_bytes()
    commits.commit(tmp_path, "u1", *batch_of("b"), revision=1)
    (tmp_path / "data" / "part-u1.parquet").write_bytes(older)
    assert [row["question"] for row in commits.read_rows(tmp_path)] == ["b"]
    assert sweep(tmp_path, leftovers(tmp_path)) == 1
    assert os.listdir(tmp_path / "data") == ["part-u1.r001.parquet"]


def test_the_same_rows_committed_twice_count_as_created(tmp_path):
    batch, counted = batch_of("a")
    assert commits.commit(tmp_path, "u1", batch, counted).created
    assert commits.commit(tmp_path, "u1", batch, counted).created


def test_units_of_imports_have_names_with_a_dash_and_no_revision(tmp_path):
    commits.commit(tmp_path, "0a-1b", *batch_of("a"))
    assert [(shard.unit_id, shard.revision) for shard in commits.shards(tmp_path)] == [("0a-1b", 0)]


def test_a_shard_that_is_superseded_while_it_is_read_is_read_in_its_later_revision(tmp_path, monkeypatch):
    commits.commit(tmp_path, "u1", *batch_of("a"))
    stale = commits.shards(tmp_path)
    commits.commit(tmp_path, "u1", *batch_of("b"), revision=1)
    monkeypatch.setattr(commits, "shards", lambda folder: stale)
    assert [row["question"] for row in commits.read_rows(tmp_path)] == ["b"]
    assert commits.read_footer(open_store(tmp_path), stale[0]).tally.questions == 1
    monkeypatch.undo()
    (tmp_path / "data" / "part-u1.r001.parquet").unlink()
    with pytest.raises(FileNotFoundError):
        commits.read_footer(open_store(tmp_path), stale[0])


def test_a_later_revision_is_listed_behind_the_older_one():
    names = [commits.shard_name("u1", revision) for revision in (0, 1, 9, 10, 100)]
    assert names == sorted(names)


def test_a_damaged_page_is_one_sentence_that_names_the_shard(tmp_path):
    receipt = commits.commit(tmp_path, "u1", *batch_of("a", "b"))
    path = tmp_path / receipt.name
    path.write_bytes(b"PAR1" + b"\x5a" * 64 + path.read_bytes()[68:])
    with pytest.raises(BadInput, match=r"data/part-u1\.parquet in .* cannot be read.*factory validate"):
        list(commits.read_rows(tmp_path))
