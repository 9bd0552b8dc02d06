r"""Benchmark of how full a run keeps its engines: whole runs on simulated engines with slots and a time per token.

    python -m tools.bench.saturation --engines 1,2,4,8,16 --slots 256 --json OUT
    python -m tools.bench.saturation --engines 4 --slow 5 --json OUT --set cluster.units_in_flight=16
    python -m tools.bench.saturation --engines 1 --method rstar --questions 128 --json OUT --set run.unit_size=8
    python -m tools.bench.saturation --engines 1,4,16,64 --slots 4 --questions-per-engine 60 --raylets 4 --json OUT

Nothing else differs from a run of a user with the defaults, 8 samples a question and `bayes_bisection` with the
confidence of `pipelines/label_steps.yaml` (0.9); `--set` changes what a user might. With `--method` another search
works on the questions, with its defaults and no labeller. A sample of 8 steps takes 2 s in its slot (`--token`), times
a log-normal factor of mean 1 (`--spread`); reading a prompt takes none. The columns:

* busy: slot-seconds used, of those there were, over the whole run; to last begun: until the last question was begun,
  "-" where all were begun at once;
* for labels: rollouts that the labeller asked for per located first error of a sampled solution;
* located: such errors, of the wrong sampled solutions; exact: share of them that are the planted ones;
* ≥95 % sure: share of the step labels given with that confidence that is right (what was promised beside it);
* CPU-s: of all processes, per 1,000 rollouts; driver: milliseconds of CPU of the driver alone, per question, polls of
  engines and workers included;
* of linear: the busy share until the last question was begun, over that of the first run: 1 where engines add up;
* memory: MiB of the driver and of all workers, after a tenth of the run, in its middle, at its end: flat, or not
  (`--questions 50000 --token 0.0001` makes a long run in little time; its engines are then limited by the CPU);
* with `--raylets`, the run joins a Ray cluster of as many nodes on this machine, and its actors are spread over them;
* limit: what kept the run from being faster, as far as these figures tell.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.bench.saturation.figures import of_linear
from tools.bench.saturation.runs import measure
from tools.bench.step_labels import check_writable
from tools.chaos.cluster import nodes
from tools.one_line import exit_status

# Logical CPUs of each node of `--raylets`: enough for the actors of a hundred engines.
CPUS_OF_A_NODE = 64


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    columns = ("rollouts", "seconds", "rollouts/s", "busy", "to last begun", "for labels", "located", "exact")
    printed = Table(
        "engines × slots", "questions", *columns, "≥95 % sure", "CPU-s", "driver", "of linear", "memory", "limit"
    )
    for row in rows:
        calibration = f"{_shown(row['calibration'], '.4f')} ({_shown(row['mean_confidence'], '.4f')})"
        printed.add_row(
            f"{row['engines']} × {row['slots']}",
            f"{row['questions']:,}",
            f"{row['rollouts']:,}",
            f"{row['seconds']:.1f}",
            f"{row['rollouts_per_s']:,}",
            f"{row['busy']:.2f}",
            _shown(row["busy_while_beginning"], ".2f"),
            _shown(row["label_rollouts_per_error"], ".1f"),
            f"{row['located']:,} of {row['wrong']:,}",
            _shown(row["exact"], ".3f"),
            calibration,
            f"{row['cpu_seconds_per_1000_rollouts']:.2f}",
            f"{row['driver_ms_per_question']:.2f}",
            _shown(row["of_linear"], ".2f"),
            "; ".join(_memory(row["memory_mib"][role]) for role in ("driver", "workers")),
            row["limit"],
        )
    return printed


def _memory(mib: Sequence[float]) -> str:
    return " → ".join(f"{value:.0f}" for value in mib)


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def parsed() -> argparse.Namespace:
    """Return the command line's arguments; ends with status 2 for those that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", default="1,2,4,8,16", help="engines of each run (default: 1,2,4,8,16)")
    parser.add_argument("--slots", type=int, default=256, help="samples that run at once in an engine (default: 256)")
    parser.add_argument("--questions", type=int, default=2000, help="questions of each run (default: 2000)")
    parser.add_argument("--questions-per-engine", type=int, help="questions of each run, for each of its engines")
    parser.add_argument("--raylets", type=int, default=0, help="nodes of a cluster of this machine (default: none)")
    parser.add_argument("--token", type=float, default=2 / 241, help="seconds per token (default: 2 s for 8 steps)")
    parser.add_argument("--spread", type=float, default=0.5, help="sigma of the log of a sample's time (default: .5)")
    parser.add_argument("--slow", type=float, default=1.0, help="factor of the last engine's times (default: 1)")
    parser.add_argument("--method", default="sample", help="search method (default: sample, with a labeller behind it)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another setting of the runs")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per run")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    try:
        arguments.engines = [int(engines) for engines in arguments.engines.split(",")]
    except ValueError:
        parser.error(f"--engines is {arguments.engines!r}, expected numbers with commas, such as 1,2,4")
    if min(arguments.slots, arguments.questions, *arguments.engines) < 1 or arguments.token <= 0 or arguments.slow <= 0:
        parser.error("expected at least 1 engine, 1 slot and 1 question, and times above 0")
    if arguments.slow != 1 and min(arguments.engines) < 2:
        parser.error("--slow needs a second engine that is not slow")
    return arguments


def main() -> None:
    """Make the runs that the command line describes; save their figures after each, and print the table."""
    arguments = parsed()
    rows: list[dict[str, Any]] = []
    with nodes(arguments.raylets, {"num_cpus": CPUS_OF_A_NODE}) if arguments.raylets else nullcontext() as cluster:
        arguments.address = cluster.address if cluster else "local"
        for engines in arguments.engines:
            rows.append(measure(arguments, engines))
            rows[-1]["of_linear"] = of_linear(rows[-1], rows[0])
            arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=220).print(table(rows))


if __name__ == "__main__":
    sys.exit(exit_status(main))
