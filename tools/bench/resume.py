"""Benchmark of large runs: the driver's memory, and how soon after a kill the next unit is handed out.

    python -m tools.bench.resume --questions 1000000 --done 0.9 --json bench.json
    python -m tools.bench.resume --prepared --questions 1000000 --done 0.95 --json bench.json     # in minutes
    python -m tools.bench.resume --prepared --storage s3 --questions 100000 --json bench.json

`factory run` works on the simulated engine (one solution a question, no rollouts for labels), its driver's memory is
sampled, and it is SIGKILLed when `--done` of the units are committed. A fresh process then plans what is missing, as
`factory resume` does first: seconds from its start until the first missing unit is there, and its peak memory. Then
`factory status`, then `factory resume` to the end, then the rows are counted.

`--prepared` fills the folder itself: the right names with one and the same content, and receipts: all that planning
reads, without a run. On a local disk what is missing is then done for real.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import Receipt, leftovers, listed, read_rows, shard_name, sweep
from factory.shards.receipts import FLUSH_RECEIPTS, ReceiptLog
from factory.shards.shard_file import encode, footer_for
from factory.shards.units import Unit, cut
from factory.storage.ahead import in_order
from factory.storage.store import Store
from pipelines.run import run_folder
from pipelines.run.planning import missing_units, plan
from pipelines.run.screening import screening
from pipelines.run.settings import Settings, load
from pipelines.run.survey import Survey, surveyed
from tools.bench.step_labels import check_writable
from tools.bench.watched_driver import MB, driven, flatness, peak_mb, watched

PIPELINE = "pipelines/label_steps.yaml"
FACTORY = (sys.executable, "-m", "tools.cli")
WIDTH = 16  # objects made at a time: disks sync many for the price of one


def overrides_for(arguments: argparse.Namespace, folder: str) -> list[str]:
    """Return overrides for the smallest records there are: one solution of one step, no rollouts for labels."""
    return [
        f"run.dir={folder}",
        f"run.unit_size={arguments.unit_size}",
        "model=none",
        "source.kind=simulated",
        f"source.n={arguments.questions}",
        "prompt.template=zero_shot_cot",
        "search.method=sample",
        "search.n=1",
        "supervision.method=bayes_bisection",
        "supervision.max_probes=0",
        "engine.kind=simulated",
        "engine.steps=1",
        "engine.words=1",
        f"cluster.workers={arguments.workers}",
        f"cluster.units_in_flight={arguments.in_flight}",
    ]


def planning(folder: str) -> dict[str, Any]:
    """Plan in this process as `factory resume` does before it starts any actor, up to the first missing unit."""
    phases: dict[str, dict[str, float]] = {}
    begun, before = psutil.Process().create_time(), 0.0

    def ended(phase: str) -> None:
        nonlocal begun, before
        now, cpu = time.time(), time.process_time()
        phases[phase] = {"seconds": round(now - begun, 2), "cpu_s": round(cpu - before, 2)}
        begun, before = now, cpu

    ended("imports")
    settings = run_folder.opened(folder)
    store = run_folder.store_of(settings)
    run_folder.recognise(settings, store)
    ended("opening")
    with screening(settings, run_folder.survey_of(store)) as screen:
        made = plan(settings, store, screen)
    ended("plan")
    sweep(store, leftovers(store))
    ended("sweep")
    first = next(missing_units(settings, made), None)
    ended("first unit")
    return {
        "ready_s": round(sum(phase["seconds"] for phase in phases.values()), 2),
        "cpu_s": round(sum(phase["cpu_s"] for phase in phases.values()), 2),
        "peak_mb": round(peak_mb(os.getpid()), 1),
        "phases": phases,
        "committed": made.units - len(made.missing),
        "missing": len(made.missing),
        "first_missing": first.index if first else None,
        "listing": _listing(store),
    }


def _listing(store: Store) -> dict[str, float]:
    started, cpu = time.time(), time.process_time()
    listed(store)
    return {"seconds": round(time.time() - started, 2), "cpu_s": round(time.process_time() - cpu, 2)}


def prepare(settings: Settings, store: Store, done: float) -> int:
    """Fill a folder as a killed run leaves it: the first units, and receipts of all but the last ones.

    Args:
      settings: settings of the run.
      store: its folder.
      done: share of the units that are committed.
    """
    # Not at the top: planning is measured with its imports.
    from tools.bench.writer import simulated_rows

    run_folder.bind(settings, store)
    survey = Survey()
    with screening(settings) as screen:
        questions = surveyed(settings, screen, survey)
        units = [replace(unit, questions=()) for unit in cut(questions, settings.run.unit_size, settings.fingerprint)]
    run_folder.keep_survey(store, survey)
    rows = simulated_rows(settings, settings.run.unit_size)
    batch = to_batch(rows)
    footer = footer_for(batch, tally(rows), settings.effort)
    data = encode(batch, footer)

    def created(unit: Unit) -> Receipt:
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

    committed = units[: round(done * len(units))]
    receipts = ReceiptLog(store, attempt=1, clock=lambda: 0.0)
    for receipt in in_order(created, committed, WIDTH):
        receipts.add(receipt)
    # What was not flushed died with the driver.
    return len(committed) % FLUSH_RECEIPTS


def rows_in(store: Store) -> dict[str, int]:
    """Count the rows of a folder."""
    rows, ids = 0, set()
    for row in read_rows(store, ["question_id"]):
        rows += 1
        ids.add(row["question_id"])
    return {"rows": rows, "distinct_questions": len(ids)}


@contextlib.contextmanager
def place(arguments: argparse.Namespace) -> Iterator[str]:
    """Open a block with the folder of the run; the environment says how it is reached."""
    with tempfile.TemporaryDirectory(prefix="bench-resume-", dir=arguments.dir) as folder:
        if arguments.storage == "local":
            yield f"{folder}/run"
            return
        from tools.s3.embedded_s3 import embedded_s3

        with embedded_s3(Path(folder)) as server:
            server.create_bucket("bench")
            os.environ.update(server.environment())
            yield "s3://bench/run"


def measure(arguments: argparse.Namespace, folder: str, log: Path) -> dict[str, Any]:
    """Take all steps in order, and return the figures; each is written to `arguments.json` as soon as it is known.

    Args:
      arguments: command line.
      folder: folder of the run.
      log: file for the output of the commands.
    """
    overrides = overrides_for(arguments, folder)
    settings = load(PIPELINE, overrides)
    store = run_folder.store_of(settings)
    units = -(-arguments.questions // arguments.unit_size)
    given = {key: value for key, value in vars(arguments).items() if isinstance(value, int | float | str | bool)}
    figures: dict[str, Any] = {"settings": given, "units": units}

    def keep(name: str, values: dict[str, Any]) -> None:
        figures[name] = values
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        print(f"{name}: {values}", file=sys.stderr, flush=True)

    drive = partial(driven, data=Path(folder, "data"), log=log, every_s=arguments.every, limit_s=arguments.limit)
    if arguments.prepared:
        started = time.monotonic()
        unreceipted = prepare(settings, store, arguments.done)
        keep("prepared", {"seconds": round(time.monotonic() - started, 1), "without_receipt": unreceipted})
    else:
        keep(
            "run", _told(drive([*FACTORY, "run", PIPELINE, *overrides], until=round(arguments.done * units)), arguments)
        )
    probe = [sys.executable, "-m", "tools.bench.resume", "--plan", folder]
    tries = [json.loads(watched(probe, dict(os.environ))["output"]) for _ in range(arguments.tries)]
    # What is more was the machine's other work.
    fastest = min(tries, key=lambda each: each["ready_s"])
    keep("planning", {**fastest, "ready_s_each": [each["ready_s"] for each in tries]})
    keep("status", watched([*FACTORY, "status", folder], dict(os.environ)))
    if arguments.storage == "local":
        keep("resume", _told(drive([*FACTORY, "resume", folder], until=None), arguments))
    if not arguments.prepared:
        keep("status_at_the_end", watched([*FACTORY, "status", folder], dict(os.environ)))
        started = time.monotonic()
        keep("end", {**rows_in(store), "reading_s": round(time.monotonic() - started, 1)})
    size = [entry.size for entry in store.entries("data")]
    keep("bytes", {"objects": len(size), "median": median(size), "total_mb": round(sum(size) / MB)})
    return figures


def _told(drove: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of a drive, with a hundred of its samples."""
    samples = drove.pop("samples")
    thin = samples[:: max(1, len(samples) // 100)]
    rate = drove["units"] * arguments.unit_size / drove["seconds"]
    return {
        **drove,
        "questions_per_s": round(rate, 1),
        "driver_memory": flatness(samples, arguments.unit_size),
        "samples": [asdict(sample) for sample in thin],
    }


def table(figures: dict[str, Any]) -> Table:
    """Return settings and figures as a table."""
    printed = Table("figure", "value", "wanted")
    planned = figures["planning"]
    printed.add_row("resume planning until the first unit", f"{planned['ready_s']} s", "< 30 s")
    printed.add_row("  of which CPU", f"{planned['cpu_s']} s", "")
    for name, phase in planned["phases"].items():
        printed.add_row(f"  {name}", f"{phase['seconds']} s, CPU {phase['cpu_s']} s", "")
    printed.add_row("  peak memory of that process", f"{planned['peak_mb']} MB", "< 500 MB")
    printed.add_row("factory status", f"{figures['status']['seconds']} s, {figures['status']['peak_mb']} MB", "")
    for name in ("run", "resume"):
        memory = figures.get(name, {}).get("driver_memory")
        if memory:
            flat = f"{memory['first_mb']} / {memory['middle_mb']} / {memory['last_mb']} MB"
            printed.add_row(f"driver of {name}: first / middle / last", flat, "flat")
            printed.add_row("  growth per 100,000 questions", f"{memory['mb_per_100k_questions']} MB", "0")
    if "end" in figures:
        end = figures["end"]
        printed.add_row("rows / distinct questions", f"{end['rows']:,} / {end['distinct_questions']:,}", "all, once")
    return printed


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=1_000_000)
    parser.add_argument(
        "--done", type=float, default=0.9, help="share of the units committed when the driver is killed"
    )
    parser.add_argument("--unit-size", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two samples of the driver's memory")
    parser.add_argument("--limit", type=float, default=4 * 3600.0, help="a driver is killed after so many seconds")
    parser.add_argument("--tries", type=int, default=1, help="how often planning is measured")
    parser.add_argument("--prepared", action="store_true", help="no run: make the folder's objects directly")
    parser.add_argument("--storage", choices=("local", "s3"), default="local", help="s3: only with --prepared")
    parser.add_argument("--dir", type=Path, help="a folder for the temporary run folder")
    parser.add_argument("--json", type=Path, help="where the figures are saved")
    parser.add_argument("--plan", metavar="FOLDER", help="only plan what is missing there, and print what that took")
    arguments = parser.parse_args(given)
    if arguments.plan:
        print(json.dumps(planning(arguments.plan)))
        return
    if not arguments.json:
        parser.error("--json is required: where the figures are saved")
    if not (0 < arguments.done < 1 and arguments.questions > 0 and arguments.unit_size > 0):
        parser.error("expected 0 < done < 1, questions > 0 and unit-size > 0")
    if arguments.storage == "s3" and not arguments.prepared:
        parser.error("--storage s3 needs --prepared")
    check_writable(parser, arguments.json)
    with place(arguments) as folder:
        figures = measure(arguments, folder, arguments.json.with_suffix(".log"))
    Console(width=120).print(table(figures))


if __name__ == "__main__":
    main()
