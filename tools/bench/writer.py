"""Benchmark of the writer: our exclusive, synced, hashed and counted commits against plain pyarrow.

    python -m tools.bench.writer --rows 512 --json bench.json
    python -m tools.bench.writer --rows 512 --storage s3 --json bench.json

Both sides write the same rows (of a run on the simulated engine, `--solutions` a question, with their trees), one file
per unit, in turns within each round; ratios are the median over the rounds of plain's seconds to ours.

* plain: `RecordBatch.from_pylist`, `write_table` with zstd 3. No exclusiveness, no sync, no hash, no counts.
* commit: the work of a run on a unit: `to_batch`, `tally`, `factory.shards.commits.commit`.
* actor: the same through a `ShardWriter` on Ray, as many commits in flight as a fleet lets it have.
* plain, commit from batches: without making Arrow of rows, which is the same on both sides, and without counting.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray
from rich.console import Console

from actors.engines import simulated
from actors.shard_writer import ShardWriter
from cluster.connect import connected
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import begin, finished_row, work
from factory.records.record import SCHEMA, to_batch
from factory.records.tally import Tally, tally
from factory.shards.commits import Receipt, commit, shard_name
from factory.shards.shard_file import content_hash, encode, footer_for
from factory.storage.access import Access
from factory.storage.opening import Location, open_store
from pipelines.pools.hands import COMMITS_AT_A_TIME
from pipelines.run.recipes import provenance_of, recipe_of
from pipelines.run.settings import Settings, from_mapping
from tools.bench.step_labels import InProcessModels, check_writable
from tools.bench.writer_figures import TimeSpent, figures_of, tables
from tools.one_line import exit_status
from tools.s3.embedded_s3 import embedded_s3

RecordRows = list[dict[str, Any]]
# Rows that are made; more rows are these again. Making one takes far longer than writing it.
DISTINCT = 128
# Least ratio of plain pyarrow's seconds to ours that we want to keep.
WANTED = 0.7
COMMIT_LIMIT_S = 120.0
SIDES = ("plain", "commit", "actor", "plain from batches", "commit from batches")


def settings_for(arguments: argparse.Namespace, folder: str) -> Settings:
    """Return settings of the run whose rows are written: steps of 30 words, first errors located."""
    return from_mapping(
        {
            "run": {"dir": folder, "unit_size": arguments.unit_size},
            "model": "none",
            "source": {"kind": "simulated", "n": arguments.rows},
            "prompt": {"template": "zero_shot_cot"},
            "engine": {"kind": "simulated", "steps": arguments.steps},
            "search": {"method": "sample", "n": arguments.solutions},
            "supervision": {"method": "omegaprm", "searches": 1},
        }
    )


def simulated_rows(settings: Settings, n: int) -> RecordRows:
    """Return the first `n` rows of a run on the simulated engine, made in this process."""
    return asyncio.run(_made(settings, n))


async def _made(settings: Settings, n: int) -> RecordRows:
    """Work on `n` questions as a rollout worker does, and return their rows."""
    models = InProcessModels(simulated.Engine(settings.engine.config, "simulated"))
    recipe, experience, rows = recipe_of(settings), Experience(), []
    made_by = provenance_of(settings, {"policy": {"engine": "simulated", "model": settings.model, "revision": None}})
    for question in islice(settings.source.plugin.questions(settings.source.config), n):
        attempt = begin(recipe, question, models, experience)
        await work(recipe, attempt)
        rows.append(finished_row(attempt, made_by, unit_id="0" * 16, seconds=1.0, created_at=datetime.now(UTC)))
    return rows


def cut_into_units(rows: RecordRows, n: int, size: int) -> list[RecordRows]:
    """Return rows in units, as a run commits them.

    Args:
      rows: at least one row; they are repeated where they are fewer than `n`.
      n: number of rows in all units.
      size: rows per unit; the last one may have fewer.
    """
    whole = [rows[index % len(rows)] for index in range(n)]
    return [whole[start : start + size] for start in range(0, n, size)]


class Sides:
    """Sides of the comparison: each writes all units under `root`.

    `writer` is a `ShardWriter` actor; only the side "actor" needs it.
    """

    def __init__(self, units: Sequence[RecordRows], root: str, writer: Any = None) -> None:
        self._units = units
        self._batches = [to_batch(unit) for unit in units]
        self._tallies = [tally(unit) for unit in units]
        self._store = open_store(f"{root}/commit")
        self._plain_files = _Files(f"{root}/plain")
        self._writer = writer
        self._actor_folder = Location(f"{root}/actor", Access())
        # A fresh id for every unit of every round: a commit refuses an id that has other bytes.
        self._ids = (f"{number:016}" for number in count())
        self.n_rows = sum(len(unit) for unit in units)
        self.arrow_bytes = sum(batch.nbytes for batch in self._batches)

    def measure(self, side: str) -> TimeSpent:
        """Write all units as `side`, one of `SIDES`, does; return the time it took."""
        match side:
            case "plain":
                return _timed(lambda: self._plain(_plain_batch(unit) for unit in self._units))
            case "plain from batches":
                return _timed(lambda: self._plain(self._batches))
            case "commit":
                return _timed(lambda: self._commit((to_batch(unit), tally(unit)) for unit in self._units))
            case "commit from batches":
                return _timed(lambda: self._commit(zip(self._batches, self._tallies, strict=True)))
            case "actor":
                # The work is shared between this process and the actor.
                before = self._writer_cpu_s()
                here = _timed(self._through_actor)
                return TimeSpent(here.seconds, here.cpu_s + self._writer_cpu_s() - before)
        raise ValueError(side)

    def breakdown(self) -> dict[str, TimeSpent]:
        """Return the time of each part of `commit`, over all units."""
        spent: dict[str, list[TimeSpent]] = {}

        def step(name: str, call: Callable[..., Any], *arguments: Any) -> Any:
            """Call a part, add its time, and return its result."""
            done: list[Any] = []
            spent.setdefault(name, []).append(_timed(lambda: done.append(call(*arguments))))
            return done[0]

        for unit in self._units:
            batch = step("to_batch", to_batch, unit)
            counted = step("tally", tally, unit)
            step("content hash", content_hash, batch)
            data = step("encode", encode, batch, footer_for(batch, counted))
            step("create", self._store.create, shard_name(next(self._ids)), data)
        return {
            name: TimeSpent(sum(s.seconds for s in each), sum(s.cpu_s for s in each)) for name, each in spent.items()
        }

    def _plain(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Write one file per batch with pyarrow alone."""
        for batch in batches:
            self._plain_files.write(next(self._ids), pa.Table.from_batches([batch]))

    def _commit(self, counted_batches: Iterable[tuple[pa.RecordBatch, Tally]]) -> None:
        """Commit one shard per batch in this process."""
        for batch, counted in counted_batches:
            _expect_created(commit(self._store, next(self._ids), batch, counted))

    def _writer_cpu_s(self) -> float:
        """Return the CPU seconds of the writer's process so far."""
        return float(ray.get(self._writer.__ray_call__.remote(_cpu_seconds), timeout=COMMIT_LIMIT_S))

    def _through_actor(self) -> None:
        """Commit all units through the actor, with a limited number in flight."""
        waiting: list[Any] = []
        for unit in self._units:
            batch, counted = to_batch(unit), tally(unit)
            # As in a run: when the writer is busy, wait for one commit before the next is sent.
            if len(waiting) == COMMITS_AT_A_TIME:
                done, waiting = ray.wait(waiting, timeout=COMMIT_LIMIT_S)
                _expect_created(*ray.get(done))
            waiting.append(self._writer.commit.remote(self._actor_folder, next(self._ids), batch, counted, 0, {}))
        _expect_created(*ray.get(waiting, timeout=COMMIT_LIMIT_S))


class _Files:
    """Folder, local or on S3, that pyarrow writes to without our code."""

    def __init__(self, folder: str) -> None:
        self._folder, self._filesystem = folder, None
        if folder.startswith("s3://"):
            # Imported for S3 only.
            import s3fs

            self._folder = folder.removeprefix("s3://")
            self._filesystem = s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        else:
            Path(folder).mkdir(parents=True)

    def write(self, name: str, table: pa.Table) -> None:
        """Write a table as `name`.parquet, with the compression of our shards."""
        path = f"{self._folder}/{name}.parquet"
        pq.write_table(table, path, compression="zstd", compression_level=3, filesystem=self._filesystem)


def _plain_batch(unit: RecordRows) -> pa.RecordBatch:
    """Return Arrow of rows by pyarrow's own conversion."""
    return pa.RecordBatch.from_pylist(unit, schema=SCHEMA)


def _expect_created(*receipts: Receipt) -> None:
    """Refuse commits that wrote nothing: their time would be too short."""
    if not all(receipt.created for receipt in receipts):
        raise SystemExit("a unit was there already: expected an empty folder")


def _timed(call: Callable[[], Any]) -> TimeSpent:
    """Call a function and return the time it took in this process."""
    started, cpu = time.perf_counter(), time.process_time()
    call()
    return TimeSpent(time.perf_counter() - started, time.process_time() - cpu)


def _cpu_seconds(actor: Any) -> float:
    """Return the CPU time of the process it runs in; `actor` is given by Ray and not used."""
    return time.process_time()


@contextlib.contextmanager
def place(storage: str) -> Iterator[str]:
    """Open a block with a folder to write to; for S3 it starts a server and sets the environment."""
    with tempfile.TemporaryDirectory(prefix="bench-writer-") as folder:
        if storage == "local":
            yield folder
            return
        with embedded_s3(Path(folder)) as server:
            server.create_bucket("bench")
            os.environ.update(server.environment())
            yield "s3://bench"


def measure(arguments: argparse.Namespace, root: str) -> dict[str, Any]:
    """Run all rounds and return the figures."""
    # Phase 1: make the rows, start the writer.
    rows = simulated_rows(settings_for(arguments, root), min(DISTINCT, arguments.rows))
    with connected("local"):
        actor = ray.remote(ShardWriter).options(num_cpus=0, max_concurrency=COMMITS_AT_A_TIME)
        units = cut_into_units(rows, arguments.rows, arguments.unit_size)
        sides = Sides(units, root, actor.remote())
        # Phase 2: measure. Round 0 warms up and is not counted; the order of the sides changes with every round.
        rounds, steps = [], []
        for number in range(arguments.rounds + 1):
            spent = {}
            for side in SIDES if number % 2 else SIDES[::-1]:
                # A side must not pay for bytes that the one before it left in the page cache.
                os.sync()
                spent[side] = sides.measure(side)
            os.sync()
            parts = sides.breakdown()
            if number:
                rounds.append({side: spent[side] for side in SIDES})
                steps.append(parts)
    # Phase 3: figures, with the sizes of the files and the settings they depend on.
    figures = figures_of(rounds, steps, sides.n_rows, sides.arrow_bytes)
    for side in ("plain", "commit"):
        sizes = [entry.size for entry in open_store(f"{root}/{side}").entries()]
        figures["sides"][side]["stored_bytes_per_row"] = round(sum(sizes) / len(sizes) * len(units) / sides.n_rows)
    asked = ("storage", "unit_size", "solutions", "steps")
    return {key: getattr(arguments, key) for key in asked} | figures | {"wanted_ratio": WANTED}


def main(given: Sequence[str] | None = None) -> None:
    """Run the benchmark that the command line describes; save its figures and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=512, help="rows that each side writes per round (default: 512)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds measured after a warm-up (default: 5)")
    parser.add_argument("--unit-size", type=int, default=16, help="rows per file (default: 16)")
    parser.add_argument("--solutions", type=int, default=16, help="solutions per question (default: 16)")
    parser.add_argument("--steps", type=int, default=8, help="steps per solution (default: 8)")
    parser.add_argument("--storage", choices=("local", "s3"), default="local", help="s3: an S3 server is started")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args(given)
    if min(arguments.rows, arguments.rounds, arguments.unit_size, arguments.solutions, arguments.steps) < 1:
        parser.error("expected at least 1 for each of --rows, --rounds, --unit-size, --solutions and --steps")
    check_writable(parser, arguments.json)
    with place(arguments.storage) as root:
        figures = measure(arguments, root)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for table in tables(figures):
        Console(width=120).print(table)
    print(f"{figures['ratio']['commit']:.2f} of plain pyarrow on the same rows, wanted {WANTED}")


if __name__ == "__main__":
    raise SystemExit(exit_status(main))
