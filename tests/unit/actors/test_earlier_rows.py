"""Rows that a unit has before it is worked on: what stays, what goes on, and what was counted already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.records import a_record
from support.validation import committed_of_schema

from actors.calls import CallPatience
from actors.earlier_rows import EarlierRows, earlier_rows
from actors.unit_commits import UnitCommits
from factory.errors import BadInput
from factory.records.record import to_batch
from factory.records.role_costs import earlier_entries
from factory.records.tally import tally
from factory.shards import commits
from factory.shards.units import Unit, cut
from factory.storage.access import Access
from factory.storage.opening import Location, open_store
from factory.types import Question

TEXTS = ("a", "b", "c")
[UNIT] = cut([Question(text=text, gold="1") for text in TEXTS], 3, "config")
AGAIN = UNIT.as_revision(1, retry_failed=False)
RETRIED = UNIT.as_revision(1, retry_failed=True)


def row(text: str, n: int = 4, calls: int = 10, status: str = "ok") -> dict[str, Any]:
    """A row of a question that `n` samples were asked of, at the cost of `calls` rollouts."""
    made = a_record(text, [])
    return {
        **made,
        "status": status,
        "effort": [("search.n", n)],
        "cost": {**made["cost"], "policy_calls": calls},
    }


def earlier(folder: Path, unit: Unit, spooled: dict[int, Any] | None = None, n: int = 4) -> EarlierRows:
    return earlier_rows(open_store(folder), unit, spooled or {}, {"search.n": n})


def committed(folder: Path, *rows: dict[str, Any]) -> None:
    commits.commit(folder, UNIT.id, to_batch(rows), tally(rows))


def test_a_fresh_unit_keeps_what_was_finished_and_counts_it_as_new(tmp_path: Path) -> None:
    left = earlier(tmp_path, UNIT, {1: row("b")})
    assert (left.kept.keys(), left.begun, left.reported) == ({1}, {}, frozenset())
    added = left.added({place: row(text) for place, text in enumerate(TEXTS)})
    assert (added.questions, added.policy_calls) == (3, 30)


def test_a_kept_question_that_more_is_asked_of_goes_on_from_where_it_was(tmp_path: Path) -> None:
    left = earlier(tmp_path, UNIT, {1: row("b", n=4)}, n=6)
    assert (left.kept, left.begun.keys()) == ({}, {1})
    added = left.added({0: row("a"), 1: row("b", calls=15), 2: row("c")})
    assert added.policy_calls == 35  # nobody has reported the first ten of b


def test_what_a_later_revision_has_finished_is_kept_and_only_the_rest_goes_on(tmp_path: Path) -> None:
    committed(tmp_path, *map(row, TEXTS))
    left = earlier(tmp_path, AGAIN, {1: row("b", n=6, calls=16)}, n=6)
    assert (left.kept.keys(), left.begun.keys()) == ({1}, {0, 2})
    added = left.added({place: row(text, n=6, calls=16) for place, text in enumerate(TEXTS)})
    assert (added.questions, added.policy_calls) == (3, 18)  # the ten of each were reported


def test_what_rows_of_schema_3_have_cost_is_counted_once_also_by_role(tmp_path: Path) -> None:
    old = [{**row(text), "cost": {**row(text)["cost"], "policy_calls": 10}} for text in TEXTS]
    committed_of_schema("3", tmp_path, UNIT.id, old)
    left = earlier(tmp_path, AGAIN, n=6)
    [before] = earlier_entries(left.begun[0])
    now = {**before, "calls": before["calls"] + 6}
    again = row("a", n=6, calls=16)
    rows = {place: {**again, "cost": {**again["cost"], "roles": [now]}} for place in range(3)}
    added = left.added(rows)
    assert (added.policy_calls, [entry["calls"] for entry in added.roles]) == (18, [18])


def test_a_retried_question_that_was_finished_is_not_tried_again(tmp_path: Path) -> None:
    failed = {**row("b", status="failed"), "failure": {"stage": "s", "type": "t", "message": "m", "attempts": 1}}
    committed(tmp_path, row("a"), failed, {**failed, "question": "c"})
    left = earlier(tmp_path, RETRIED, {1: row("b", calls=14)})
    assert (left.kept.keys(), left.begun, left.failed.keys()) == ({0, 1}, {}, {2})
    assert left.reported == {0}
    # What failed has cost ten each, which was reported and is part of what comes.
    assert left.added({0: row("a"), 1: row("b", calls=14), 2: row("c", calls=16)}).policy_calls == 10


def test_a_row_of_schema_3_that_nothing_is_added_to_takes_nothing_from_the_roles(tmp_path: Path) -> None:
    old = [{**row(text), "cost": {**row(text)["cost"], "policy_calls": 10}} for text in TEXTS]
    committed_of_schema("3", tmp_path, UNIT.id, old)
    left = earlier(tmp_path, AGAIN, n=6)
    added = left.added({**left.begun})
    assert (added.policy_calls, added.roles) == (0, [])


def test_a_damaged_object_is_one_sentence_where_more_is_asked_of_its_unit(tmp_path: Path) -> None:
    committed(tmp_path, *map(row, TEXTS))
    path = tmp_path / commits.shard_name(UNIT.id)
    whole = path.read_bytes()
    # In a page, and so small that nothing of it is left.
    for damaged in (whole[:600] + bytes([whole[600] ^ 4]) + whole[601:], b"damaged"):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match=rf"{commits.shard_name(UNIT.id)} in .* cannot be read .*factory validate"):
            earlier(tmp_path, AGAIN, n=6)


def test_a_commit_that_nobody_heard_of_and_that_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    committed(tmp_path, *map(row, TEXTS))
    (tmp_path / commits.shard_name(UNIT.id)).write_bytes(b"damaged")
    with pytest.raises(BadInput, match=rf"{commits.shard_name(UNIT.id)} in .* cannot be read"):
        UnitCommits(Location(str(tmp_path), Access()), open_store(tmp_path), [], CallPatience()).before(UNIT)


def test_a_unit_that_was_committed_meanwhile_is_not_done_again(tmp_path: Path) -> None:
    committed(tmp_path, *map(row, TEXTS))
    with pytest.raises(FileNotFoundError, match="committed"):
        earlier(tmp_path, UNIT, {1: row("b")})
