"""Run folders filled without a run: shards and receipts as a killed run leaves them, for `tools/bench/resume.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import Receipt, read_rows, shard_name
from factory.shards.receipts import FLUSH_RECEIPTS, ReceiptLog
from factory.shards.shard_file import encode, footer_for
from factory.storage.ahead import in_order
from factory.storage.local import LocalStore
from factory.storage.store import Store
from pipelines.planning.plan import keep, plan
from pipelines.run import run_folder
from pipelines.run.settings import Settings

# Objects made at a time: disks sync many for the price of one.
WIDTH = 16


def prepare(settings: Settings, store: Store, done: float, *, keep_plan: bool = True) -> int:
    """Fill a folder as a killed run leaves it: the first units, and receipts of all but the last ones.

    Args:
      settings: settings of the run.
      store: its empty folder.
      done: share of the units that are committed, between 0 and 1.
      keep_plan: False leaves the folder as a run of an earlier version did.

    Returns:
      The number of committed units without a receipt.
    """
    # Not at the top: the benchmark measures planning with the imports of its modules.
    from tools.bench.writer import simulated_rows

    # Phase 1: config and survey, as a run writes them when it has read its source.
    run_folder.bind(settings, store)
    # The simulated source's gold answers are numbers: a checker would accept all of them, in half a millisecond each.
    made = plan(settings, store, lambda questions: {})
    run_folder.keep_survey(store, made.survey)
    if keep_plan:
        keep(store, made)
    # Phase 2: the bytes of one shard. All units have the same: planning reads names and receipts only.
    rows = simulated_rows(settings, made.sizes.first)
    batch = to_batch(rows)
    footer = footer_for(batch, tally(rows), settings.effort)
    data = encode(batch, footer)

    def created(index: int) -> Receipt:
        """Create the shard of a unit and return its receipt."""
        unit_id = f"{int(made.kept.ids[index]):016x}"
        created = create(store, shard_name(unit_id), data)
        return Receipt(
            unit_id=unit_id,
            name="",
            n_bytes=len(data),
            tally=footer.tally,
            created=created,
            content=footer.content,
            effort=footer.effort,
        )

    # Phase 3: create the shards, and log their receipts.
    committed = range(round(done * made.units))
    receipts = ReceiptLog(store, attempt=1, clock=lambda: 0.0)
    for receipt in in_order(created, committed, WIDTH):
        receipts.add(receipt)
    # Receipts that were not flushed yet are lost with the driver.
    return len(committed) % FLUSH_RECEIPTS


def create(store: Store, name: str, data: bytes) -> bool:
    """Create an object that need not survive a power cut; on a disk without waiting for it."""
    if isinstance(store, LocalStore):
        path = Path(store.url, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return True
    return store.create(name, data)


@contextmanager
def without(store: Store, name: str) -> Iterator[None]:
    """Take an object away for the block."""
    data = store.read(name)
    store.delete(name)
    try:
        yield
    finally:
        store.replace(name, data)


def rows_in(store: Store) -> dict[str, int]:
    """Return the number of rows in a folder, and of different question ids among them."""
    rows, ids = 0, set()
    for row in read_rows(store, ["question_id"]):
        rows += 1
        ids.add(row["question_id"])
    return {"rows": rows, "distinct_questions": len(ids)}
