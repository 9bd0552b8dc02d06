"""Benchmark of large runs: the driver's memory, and how soon after a kill the next unit is handed out.

    python -m tools.bench.resume --questions 1000000 --done 0.9 --json bench.json
    python -m tools.bench.resume --prepared --questions 1000000 --done 0.95 --json bench.json     # in minutes
    python -m tools.bench.resume --prepared --storage s3 --questions 100000 --json bench.json
    python -m tools.bench.resume --prepared --questions 10000000 --unit-size auto --only-planning --json bench.json

1. `factory run` works on the simulated engine (one solution per question, no rollouts for labels). Its driver's memory
   is sampled, and it is killed with SIGKILL when the share `--done` of the units is committed.
2. A fresh process plans the missing units, as `factory resume` does first: seconds from its start until the first
   missing unit is there, and its peak memory. Once with the plan that the folder keeps ("resumed"), once without
   ("planned": the source is read, what was left out of it is known; a first attempt checks gold answers on top).
3. `factory status`, then `factory resume` to the end; then the rows are counted.

`--prepared` replaces step 1: it fills the folder with shards of the right names and one content, and with receipts.
That is all that planning reads. On a local disk the missing units are then worked on as usual.
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
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from factory.shards.leftovers import leftovers, sweep
from factory.shards.listing import committed_in
from factory.shards.receipts import committed_tally
from factory.shards.unit_sizes import AUTO, FIRST
from factory.storage.store import Store
from pipelines.planning import kept_plan
from pipelines.planning.plan import missing_units, plan, sizes_of
from pipelines.planning.screening import screening
from pipelines.run import run_folder
from pipelines.run.label_report import kept_questions
from pipelines.run.settings import load
from tools.bench.prepared_folder import prepare, rows_in, without
from tools.bench.step_labels import check_writable
from tools.bench.watched_driver import MB, driven, flatness, peak_mb, watched

# Commands run as a user runs them, in processes of their own.
PIPELINE = "pipelines/label_steps.yaml"
FACTORY = (sys.executable, "-m", "tools.cli")


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
    """Plan a run in this process up to its first missing unit; return seconds by phase, peak memory and counts.

    It does what `factory resume` does before it starts an actor. All objects of a prepared folder are the first unit's.
    """
    # The first phase began when the process was started: imports are a part of what a user waits for.
    phases: dict[str, dict[str, float]] = {}
    begun, before = psutil.Process().create_time(), 0.0

    def ended(phase: str) -> None:
        """Note the time of the phase that ends here."""
        nonlocal begun, before
        now, cpu = time.time(), time.process_time()
        phases[phase] = {"seconds": round(now - begun, 2), "cpu_s": round(cpu - before, 2)}
        begun, before = now, cpu

    # From here on the order is that of `factory resume`.
    ended("imports")
    settings = run_folder.opened(folder)
    store = run_folder.store_of(settings)
    run_folder.recognise(settings, store)
    ended("opening")
    with screening(settings, run_folder.survey_of(store)) as screen:
        made = plan(settings, store, screen)
    ended("plan")
    left = leftovers(store, made.committed)
    ended("leftovers")
    done = committed_tally(store, made.committed)
    kept_questions(store, made.committed, made.sizes.most)
    ended("counts")
    sweep(store, left)
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
        "missing_questions": made.questions,
        "done_questions": done.questions,
        "first_missing": first.index if first else None,
        "read_the_source": made.to_keep is not None,
        "listing": _listing(store),
    }


def _listing(store: Store) -> dict[str, float]:
    """Return the time of one listing of the folder, a part of planning that depends on the storage alone."""
    started, cpu = time.time(), time.process_time()
    committed_in(store)
    return {"seconds": round(time.time() - started, 2), "cpu_s": round(time.process_time() - cpu, 2)}


@contextlib.contextmanager
def place(arguments: argparse.Namespace) -> Iterator[str]:
    """Open a block with the folder of the run; for S3 it starts a server and sets the environment."""
    with tempfile.TemporaryDirectory(prefix="bench-resume-", dir=arguments.dir) as folder:
        if arguments.storage == "local":
            yield f"{folder}/run"
            return
        # Not at the top: the benchmark measures planning with the imports of its modules.
        from tools.s3.embedded_s3 import embedded_s3

        with embedded_s3(Path(folder)) as server:
            server.create_bucket("bench")
            os.environ.update(server.environment())
            yield "s3://bench/run"


def measure(arguments: argparse.Namespace, folder: str, log: Path) -> dict[str, Any]:
    """Take all steps in order, and return the figures; each is saved as soon as it is known.

    Args:
      arguments: the command line; `arguments.json` is the file of the figures.
      folder: folder of the run, local or s3://…
      log: file that the output of the drivers is appended to.
    """
    overrides = overrides_for(arguments, folder)
    settings = load(PIPELINE, overrides)
    store = run_folder.store_of(settings)
    sizes = sizes_of(settings)
    units = sizes.units(arguments.questions)
    given = {key: value for key, value in vars(arguments).items() if isinstance(value, int | float | str | bool)}
    figures: dict[str, Any] = {"settings": given, "units": units}

    def keep(name: str, values: dict[str, Any]) -> None:
        """Save and print a group of figures."""
        figures[name] = values
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        print(f"{name}: {values}", file=sys.stderr, flush=True)

    # One log for all drivers: it is read when one of them fails.
    drive = partial(driven, data=Path(folder, "data"), log=log, every_s=arguments.every, limit_s=arguments.limit)
    # Step 1: a folder with a share of the units.
    if arguments.prepared:
        started = time.monotonic()
        unreceipted = prepare(settings, store, arguments.done)
        keep("prepared", {"seconds": round(time.monotonic() - started, 1), "without_receipt": unreceipted})
    else:
        keep(
            "run",
            _drive_figures(
                drive([*FACTORY, "run", PIPELINE, *overrides], until=round(arguments.done * units)), arguments
            ),
        )
    # Step 2: planning, in fresh processes. The fastest counts: the others waited for other work of the machine.
    probe = [sys.executable, "-m", "tools.bench.resume", "--plan", folder]

    def fastest() -> dict[str, Any]:
        """Return the figures of the fastest of some tries."""
        tries = [json.loads(watched(probe, dict(os.environ))["output"]) for _ in range(arguments.tries)]
        return {**min(tries, key=lambda each: each["ready_s"]), "ready_s_each": [each["ready_s"] for each in tries]}

    keep("resumed", fastest())
    with without(store, kept_plan.FILE):
        keep("planned", fastest())
    if arguments.only_planning:
        return figures
    # Step 3: the commands that follow, and what is in the folder at the end.
    keep("status", watched([*FACTORY, "status", folder], dict(os.environ)))
    if arguments.storage == "local":
        keep("resume", _drive_figures(drive([*FACTORY, "resume", folder], until=None), arguments))
    if not arguments.prepared:
        keep("status_at_the_end", watched([*FACTORY, "status", folder], dict(os.environ)))
        started = time.monotonic()
        keep("end", {**rows_in(store), "reading_s": round(time.monotonic() - started, 1)})
    size = [entry.size for entry in store.entries("data")]
    keep("bytes", {"objects": len(size), "median": median(size), "total_mb": round(sum(size) / MB)})
    return figures


def _drive_figures(drove: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of a watched driver for JSON, with about a hundred of its samples."""
    samples = drove.pop("samples")
    thin = samples[:: max(1, len(samples) // 100)]
    # Where sizes grow, the units of this part of the run may be larger: then these are bounds.
    size = sizes_at_least(arguments)
    rate = drove["units"] * size / drove["seconds"]
    return {
        **drove,
        "questions_per_s": round(rate, 1),
        "driver_memory": flatness(samples, size),
        "samples": [asdict(sample) for sample in thin],
    }


def sizes_at_least(arguments: argparse.Namespace) -> int:
    """Return the least number of questions of a unit."""
    return FIRST if arguments.unit_size == AUTO else int(arguments.unit_size)


def table(figures: dict[str, Any]) -> Table:
    """Return the figures as a table, beside the values that are wanted."""
    printed = Table("figure", "value", "wanted")
    for how in ("planned", "resumed"):
        planned = figures[how]
        printed.add_row(f"{how}: until the first unit", f"{planned['ready_s']} s", "< 120 s at 10 million")
        printed.add_row("  of which CPU", f"{planned['cpu_s']} s", "")
        for name, phase in planned["phases"].items():
            printed.add_row(f"  {name}", f"{phase['seconds']} s, CPU {phase['cpu_s']} s", "")
        printed.add_row("  peak memory of that process", f"{planned['peak_mb']} MB", "< 600 MB at 10 million")
    if "status" not in figures:
        return printed
    printed.add_row("factory status", f"{figures['status']['seconds']} s, {figures['status']['peak_mb']} MB", "")
    for name in ("run", "resume"):
        memory = figures.get(name, {}).get("driver_memory")
        if memory:
            flat = f"{memory['first_mb']} / {memory['middle_mb']} / {memory['last_mb']} MB"
            printed.add_row(f"driver of {name}: first / middle / last", flat, "flat")
            printed.add_row("  growth per 100,000 questions", f"{memory['mb_per_100k_questions']} MB", "0")
    # A prepared folder has rows of one unit only; they are not counted.
    if "end" in figures:
        end = figures["end"]
        printed.add_row("rows / distinct questions", f"{end['rows']:,} / {end['distinct_questions']:,}", "all, once")
    return printed


def main(given: Sequence[str] | None = None) -> None:
    """Run the benchmark that the command line describes, or only its planning; print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=1_000_000, help="questions of the run (default: 1000000)")
    parser.add_argument(
        "--done", type=float, default=0.9, help="share of the units committed when the driver is killed"
    )
    parser.add_argument("--unit-size", default="16", help="questions per unit, or auto (default: 16)")
    parser.add_argument("--workers", type=int, default=2, help="rollout workers (default: 2)")
    parser.add_argument("--in-flight", type=int, default=64, help="units handed out at the same time (default: 64)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two samples of the driver's memory")
    parser.add_argument("--limit", type=float, default=4 * 3600.0, help="a driver is killed after so many seconds")
    parser.add_argument("--tries", type=int, default=1, help="how often planning is measured")
    parser.add_argument("--prepared", action="store_true", help="make the folder's objects directly, without a run")
    parser.add_argument("--only-planning", action="store_true", help="measure planning and nothing behind it")
    parser.add_argument("--storage", choices=("local", "s3"), default="local", help="s3: only with --prepared")
    parser.add_argument("--dir", type=Path, help="folder in which the temporary run folder is made")
    parser.add_argument("--json", type=Path, help="where the figures are saved")
    parser.add_argument(
        "--plan", metavar="FOLDER", help="only plan the missing units of that run, and print the time as JSON"
    )
    arguments = parser.parse_args(given)
    if arguments.plan:
        print(json.dumps(planning(arguments.plan)))
        return
    if not arguments.json:
        parser.error("--json is missing: expected the file in which the figures are saved")
    if not (0 < arguments.done < 1 and arguments.questions > 0):
        parser.error("expected 0 < --done < 1 and --questions > 0")
    if arguments.unit_size != AUTO and not (arguments.unit_size.isdecimal() and int(arguments.unit_size)):
        parser.error(f"--unit-size is {arguments.unit_size!r}: expected a number of questions, or {AUTO}")
    if arguments.storage == "s3" and not arguments.prepared:
        parser.error("--storage s3 needs --prepared: a whole run is measured on a local disk only")
    check_writable(parser, arguments.json)
    with place(arguments) as folder:
        figures = measure(arguments, folder, arguments.json.with_suffix(".log"))
    Console(width=120).print(table(figures))


if __name__ == "__main__":
    main()
