"""Rows that a unit has before it is worked on: of its committed revision, and of the spool of a worker before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.question_pipeline.effort import raised
from factory.question_pipeline.restored import can_be_continued
from factory.records.role_costs import earlier_entries, summed
from factory.records.shard_schema import completed
from factory.records.tally import Tally, tally
from factory.shards.commits import Shard, open_shard, shard_name
from factory.shards.damage import undamaged
from factory.shards.shard_file import batches_in
from factory.shards.units import Unit
from factory.storage.store import Store

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRows:
    """Rows of a unit, by place in it.

    * `kept`: rows that stay as they are.
    * `begun`: rows of questions that more is asked for, to be taken up where they ended.
    * `failed`: rows of questions that begin anew; what they have cost stays.
    * `reported`: places of `kept` that an earlier receipt has counted.
    * `before`: committed rows whose cost is part of a later one's.
    """

    kept: Mapping[int, Row]
    begun: Mapping[int, Row]
    failed: Mapping[int, Row]
    reported: frozenset[int]
    before: Mapping[int, Row]

    def added(self, rows: Mapping[int, Row]) -> Tally:
        """Return what the unit's final `rows` count beyond its committed revision; `failed` is the caller's to say."""
        new = [row for place, row in rows.items() if place not in self.reported]
        before = tally(self.before.values())
        # Also what a row of a schema without roles has told of its policy, where its later row begins with that.
        with_roles = (row for place, row in self.before.items() if rows[place]["cost"].get("roles") is not None)
        before.roles = summed(*map(earlier_entries, with_roles))
        total = tally(new).without(before)
        total.questions = len(new)
        return total


def earlier_rows(store: Store, unit: Unit, spooled: Mapping[int, Row], effort: Mapping[str, int]) -> EarlierRows:
    """Return what there is of a unit.

    Args:
      store: run folder.
      unit: unit to be worked on; from revision 1 on it keeps the rows of the revision before.
      spooled: rows of this revision that were finished already.
      effort: amounts that are asked for of each question, by config key.

    Raises:
      FileNotFoundError: the revision before is gone, or with spooled rows this one is committed: somebody was first.
      BadInput: the revision before is damaged.
    """
    if spooled and store.size(shard_of(unit).name) is not None:
        raise FileNotFoundError(f"unit {unit.id} is committed")
    committed: dict[int, Row] = {}
    if unit.revision:
        before_this = shard_of(unit, -1)
        with undamaged(store, before_this.name), open_shard(store, before_this) as file:
            committed = dict(enumerate(row for batch in batches_in(file) for row in batch.to_pylist()))
    kept, before, failed = _split(committed, effort, unit.retry_failed)
    # What was finished since takes the place of what was committed.
    done, begun, _ = _split(spooled, effort, unit.retry_failed)
    begun = {**{place: row for place, row in before.items() if place not in done}, **begun}
    return EarlierRows(
        kept={**{place: row for place, row in kept.items() if place not in begun}, **done},
        begun=begun,
        failed={place: row for place, row in failed.items() if place not in done},
        reported=frozenset(kept.keys() - spooled.keys()),
        # Solutions that are made anew are new ones.
        before={**before, **{place: {**row, "solutions": ()} for place, row in failed.items()}},
    )


def shard_of(unit: Unit, later: int = 0) -> Shard:
    """Return the shard of a unit's revision, or of one `later` than that."""
    revision = unit.revision + later
    return Shard(name=shard_name(unit.id, revision), unit_id=unit.id, revision=revision)


def _split(rows: Mapping[int, Row], effort: Mapping[str, int], retry_failed: bool) -> tuple[dict[int, Row], ...]:
    """Return (rows that stay, rows to be taken up again, failed rows of questions that begin anew)."""
    kept: dict[int, Row] = {}
    begun: dict[int, Row] = {}
    failed: dict[int, Row] = {}
    for place, row in rows.items():
        if can_be_continued(row) is None and raised(dict(row["effort"]), effort):
            begun[place] = row
        elif row["status"] == "ok" or not retry_failed:
            kept[place] = row
        else:
            failed[place] = dict(completed(row))
    return kept, begun, failed
