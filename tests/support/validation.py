"""Small folders of records made without Ray, sound until a test damages them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from support.top_ups import done, questions, recipe, simulated_models

from factory.records.record import to_batch
from factory.records.schema import SCHEMA
from factory.records.shard_schema import completed
from factory.records.tally import Tally, tally
from factory.shards.commits import Receipt, commit, shard_name
from factory.shards.receipts import ReceiptLog
from factory.shards.shard_file import encode, footer_for
from factory.storage.opening import Folder, open_store

EFFORT = {"search.n": 4}
Row = dict[str, Any]


@lru_cache
def _labelled(labeller: str, n: int, cut: float, amounts: tuple[tuple[str, Any], ...]) -> tuple[Row, ...]:
    async def rows() -> list[Row]:
        """Work on the questions one after the other."""
        models = simulated_models(cut)
        return [await done(recipe(labeller, **dict(amounts)), question, models) for question in questions(n)]

    return tuple(asyncio.run(rows()))


def labelled(labeller: str = "scan", n: int = 4, cut: float = 0.0, **amounts: Any) -> list[Row]:
    """Return the rows of `n` questions of the simulated policy; `cut` is the share of rollouts that are cut off."""
    return list(_labelled(labeller, n, cut, tuple(amounts.items())))


def committed(
    folder: Folder, unit_id: str, rows: Iterable[Mapping[str, Any]], *, counted: Tally | None = None, revision: int = 0
) -> Receipt:
    """Commit rows as they are, except for their `unit_id`."""
    rows = [{**row, "unit_id": unit_id} for row in rows]
    batch = to_batch(rows)
    counted = counted or tally(batch.to_pylist())
    return commit(folder, unit_id, batch, counted, revision=revision, effort=EFFORT)


def _without(schema: pa.Schema, *names: str) -> pa.Schema:
    """Return a schema without some columns and fields of columns: "effort", "cost.money"."""

    def kept(column: str, kind: pa.DataType) -> pa.DataType:
        if pa.types.is_list(kind):
            return pa.list_(kept(column, kind.value_type))
        if pa.types.is_struct(kind):
            return pa.struct([part for part in kind if f"{column}.{part.name}" not in names])
        return kind

    return pa.schema([(item.name, kept(item.name, item.type)) for item in schema if item.name not in names])


_OF_SEARCHES = ("score", "selected", "role", "revises", "critique", "critiques", "independent")
SCHEMA_6 = _without(SCHEMA, "solutions.opinions")
SCHEMA_5 = _without(SCHEMA_6, "solutions.probes")
SCHEMA_4 = _without(
    SCHEMA_5,
    *(f"solutions.{name}" for name in _OF_SEARCHES),
    *(f"tree.{name}" for name in ("selections", "score", "reward", "finish")),
)
SCHEMA_3 = _without(SCHEMA_4, "cost.roles", "cost.money", "solutions.completer")
SCHEMA_2 = _without(
    SCHEMA_3,
    "effort",
    *(f"solutions.{name}" for name in ("step_ends", "step_tokens", "label_wishes", "counted_at")),
    *(f"tree.{name}" for name in ("requested", "searched", "asked", "asked_successes", "came", "came_successes")),
)
SCHEMA_1 = _without(
    SCHEMA_2, *(f"cost.{name}" for name in ("label_calls", "label_tokens", "judge_calls", "judge_tokens"))
)
EARLIER = {"1": SCHEMA_1, "2": SCHEMA_2, "3": SCHEMA_3, "4": SCHEMA_4, "5": SCHEMA_5, "6": SCHEMA_6}
"""Columns of earlier schema versions, as far as tests need them."""


def of_schema(version: str, row: Row) -> Row:
    """Return a row as an earlier schema version kept it: version 1 had no costs of labels and judges, for one."""
    # OmegaPRM's selections were the visits of nodes up to version 4, labellers' rollouts occurrences up to 5.
    later = int(version) < 5
    tree = [{**node, "visits": node["visits"] + node["selections"] * later} for node in row["tree"]]
    solutions = [{**one, "occurrences": one["occurrences"] + (one["probes"] or 0)} for one in row["solutions"]]
    old = {**row, "tree": tree, "solutions": solutions, "schema_version": version}
    [back] = pa.RecordBatch.from_pylist([old], schema=EARLIER[version]).to_pylist()
    return dict(back)


def committed_of_schema(version: str, folder: Folder, unit_id: str, rows: Iterable[Row]) -> None:
    """Commit a shard in the columns of an earlier schema version."""
    old = [{**of_schema(version, row), "unit_id": unit_id} for row in rows]
    batch = pa.RecordBatch.from_pylist(old, schema=EARLIER[version])
    footer = footer_for(batch, tally(map(completed, old)))
    open_store(folder).create(shard_name(unit_id), encode(batch, footer))


def run_of(folder: Path | str, rows: list[Row], per_unit: int = 2) -> dict[str, Receipt]:
    """Commit rows as units u0, u1, … with a log of receipts; return the receipts."""
    store = open_store(folder)
    log = ReceiptLog(store, 1)
    receipts = {}
    for number in range(0, len(rows), per_unit):
        unit_id = f"u{number // per_unit}"
        receipts[unit_id] = committed(store, unit_id, rows[number : number + per_unit])
        log.add(receipts[unit_id])
    log.flush()
    return receipts


def faults(folder: Folder) -> list[str]:
    """Return what `factory validate` finds wrong in a folder, one line per fault."""
    from pipelines.maintenance.validate import validate

    return [f"{fault.object}: {fault.what}" for fault in validate(folder).faults]


def the_fault(folder: Folder) -> str:
    """Return the only fault of a folder."""
    [fault] = faults(folder)
    return fault
