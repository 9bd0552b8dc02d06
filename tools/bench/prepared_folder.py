"""Run folders filled without a run: shards and receipts as a killed run leaves them, for `tools/bench/resume.py`."""

from __future__ import annotations

from dataclasses import replace

from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import Receipt, read_rows, shard_name
from factory.shards.receipts import FLUSH_RECEIPTS, ReceiptLog
from factory.shards.shard_file import encode, footer_for
from factory.shards.units import Unit, cut
from factory.storage.ahead import in_order
from factory.storage.store import Store
from pipelines.planning.screening import screening
from pipelines.planning.survey import Survey, surveyed
from pipelines.run import run_folder
from pipelines.run.settings import Settings

# Objects made at a time: disks sync many for the price of one.
WIDTH = 16


def prepare(settings: Settings, store: Store, done: float) -> int:
    """Fill a folder as a killed run leaves it: the first units, and receipts of all but the last ones.

    Args:
      settings: settings of the run.
      store: its empty folder.
      done: share of the units that are committed, between 0 and 1.

    Returns:
      The number of committed units without a receipt.
    """
    # Not at the top: the benchmark measures planning with the imports of its modules.
    from tools.bench.writer import simulated_rows

    # Phase 1: config and survey, as a run writes them when it has read its source.
    run_folder.bind(settings, store)
    survey = Survey()
    with screening(settings) as screen:
        questions = surveyed(settings, screen, survey)
        units = [replace(unit, questions=()) for unit in cut(questions, settings.run.unit_size, settings.fingerprint)]
    run_folder.keep_survey(store, survey)
    # Phase 2: the bytes of one shard. All units have the same: planning reads names and receipts only.
    rows = simulated_rows(settings, settings.run.unit_size)
    batch = to_batch(rows)
    footer = footer_for(batch, tally(rows), settings.effort)
    data = encode(batch, footer)

    def created(unit: Unit) -> Receipt:
        """Create the shard of a unit and return its receipt."""
        created = store.create(shard_name(unit.id), data)
        return Receipt(
            unit_id=unit.id,
            name="",
            n_bytes=len(data),
            tally=footer.tally,
            created=created,
            content=footer.content,
            effort=footer.effort,
        )

    # Phase 3: create the shards, and log their receipts.
    committed = units[: round(done * len(units))]
    receipts = ReceiptLog(store, attempt=1, clock=lambda: 0.0)
    for receipt in in_order(created, committed, WIDTH):
        receipts.add(receipt)
    # Receipts that were not flushed yet are lost with the driver.
    return len(committed) % FLUSH_RECEIPTS


def rows_in(store: Store) -> dict[str, int]:
    """Return the number of rows in a folder, and of different question ids among them."""
    rows, ids = 0, set()
    for row in read_rows(store, ["question_id"]):
        rows += 1
        ids.add(row["question_id"])
    return {"rows": rows, "distinct_questions": len(ids)}
