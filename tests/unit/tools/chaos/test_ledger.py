"""Audit of a chaos run: it notices what it is there for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from factory.records.record import Failure, Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.shards import commits
from factory.types import Question, Sampling
from tools.chaos.ledger import FAULTS, Ledger, differences, digest, latest, read, revised, unit_of

MADE_BY = Provenance(
    run_id="r",
    engine="simulated",
    model="m",
    model_revision="",
    prompt_id="p",
    checker="c",
    checker_policy="p",
    labeller="bayes_bisection",
    sampling=Sampling(),
)
A, B = "data/part-a.parquet", "data/part-b.parquet"


def row(text: str, **more: Any) -> dict[str, Any]:
    return question_row(Tree(Question(text=text, gold="1")), {}, Cost(), MADE_BY, **more)


def shard(folder: Path, *texts: str, **more: Any) -> bytes:
    rows = [row(text, **more) for text in texts]
    run_dir = folder / str(len(list(folder.iterdir())))
    written = commits.commit(run_dir, "a", to_batch(rows), tally(rows))
    return (run_dir / written.name).read_bytes()


def expected(*objects: bytes) -> dict[str, str]:
    return {one["question_id"]: digest(one) for data in objects for one in read(data)}


def audited(at_sight: dict[str, bytes], at_end: dict[str, bytes], undisturbed: dict[str, str]) -> dict[str, int]:
    """The kinds of faults that were found, with how many of each."""
    ledger = Ledger()
    for name, data in at_sight.items():
        ledger.see(name, data)
    ledger.see_again(at_end)
    ledger.account(at_end, undisturbed)
    assert set(ledger.faults) == set(FAULTS)
    return {kind: len(found) for kind, found in ledger.faults.items() if found}


def test_a_run_as_it_should_be_has_no_fault(tmp_path: Path) -> None:
    objects = {A: shard(tmp_path, "1", "2"), B: shard(tmp_path, "3")}
    assert audited(objects, objects, expected(*objects.values())) == {}


def test_what_was_committed_after_the_last_look_counts(tmp_path: Path) -> None:
    early, late = shard(tmp_path, "1"), shard(tmp_path, "2")
    assert audited({A: early}, {A: early, B: late}, expected(early, late)) == {}


def test_a_question_without_a_row_is_lost(tmp_path: Path) -> None:
    objects = {A: shard(tmp_path, "1")}
    assert audited(objects, objects, expected(objects[A], shard(tmp_path, "2", "3"))) == {"lost": 2}


def test_a_question_in_two_objects_is_doubled(tmp_path: Path) -> None:
    objects = {A: shard(tmp_path, "1", "2"), B: shard(tmp_path, "2")}
    assert audited(objects, objects, expected(objects[A])) == {"doubled": 1}


def test_an_object_with_other_bytes_at_the_end_was_changed(tmp_path: Path) -> None:
    before, after = shard(tmp_path, "1", seconds=1.0), shard(tmp_path, "1", seconds=2.0)
    assert audited({A: before}, {A: after}, expected(before)) == {"changed": 1}


def test_an_object_that_is_gone_was_changed_unless_a_revision_took_its_place(tmp_path: Path) -> None:
    data = shard(tmp_path, "1")
    assert audited({A: data}, {}, {}) == {"changed": 1}
    later = "data/part-a.r001.parquet"
    assert audited({A: data, later: data}, {later: data}, expected(data)) == {}


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"", lambda data: data[:200] + data[-200:]])
def test_half_an_object_is_partial(damage: Any, tmp_path: Path) -> None:
    objects = {A: damage(shard(tmp_path, "1", "2"))}
    assert audited(objects, objects, {}) == {"partial": 1}


def test_a_flipped_bit_in_the_rows_is_noticed(tmp_path: Path) -> None:
    whole = shard(tmp_path, "1", "2")
    flipped = bytearray(whole)
    flipped[whole.index(b"question") if b"question" in whole[:400] else 60] ^= 1
    assert audited({A: bytes(flipped)}, {A: bytes(flipped)}, {}).get("partial") == 1


def test_fewer_rows_than_the_footer_promises_are_partial(tmp_path: Path) -> None:
    rows = [row("1")]
    written = commits.commit(tmp_path, "a", to_batch(rows), tally([*rows, row("2")]))
    data = (tmp_path / written.name).read_bytes()
    assert audited({A: data}, {A: data}, {}) == {"partial": 1}


def test_a_failed_question_is_a_fault(tmp_path: Path) -> None:
    data = shard(tmp_path, "1", failure=Failure(stage="generate", type="EngineFailed", message="gone"))
    assert audited({A: data}, {A: data}, expected(data)) == {"failed": 1}


def test_another_row_than_the_undisturbed_one_differs(tmp_path: Path) -> None:
    data = shard(tmp_path, "1", unit_id="u")
    assert audited({A: data}, {A: data}, expected(shard(tmp_path, "1", unit_id="v"))) == {"differs_from_undisturbed": 1}


def test_what_a_clock_makes_is_no_difference() -> None:
    ours = row("1", seconds=1.0, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    theirs = row("1", seconds=2.0, created_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert digest(ours) == digest(theirs)


def test_differences_name_the_place_and_both_values() -> None:
    ours, theirs = {"a": [{"b": 1}, {"b": 2}], "c": 3}, {"a": [{"b": 1}, {"b": 4}], "c": 3}
    assert list(differences(ours, theirs)) == ["a[1].b: '2', undisturbed '4'"]
    assert list(differences(ours, ours)) == []


def test_of_a_unit_the_highest_revision_counts() -> None:
    names = ["data/part-a.parquet", "data/part-a.r010.parquet", "data/part-a.r009.parquet", "data/part-b.parquet", "x"]
    assert latest(names) == ["data/part-a.r010.parquet", "data/part-b.parquet"]
    assert revised("part-a.r009.parquet", "part-a.r010.parquet")
    assert not revised("part-a.r010.parquet", "part-a.r009.parquet")
    assert not revised("part-a.parquet", "part-b.r001.parquet")
    assert [unit_of(name) for name in ("data/part-a.r001.parquet", "data/.part-a.parquet.x.tmp")] == ["a", None]
