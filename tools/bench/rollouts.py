"""Benchmark of the factory itself: a run on the simulated engine (no model, no latency), CPU seconds by component.

    python -m tools.bench.rollouts --questions 2000 --json bench.json

Prints rollouts/s, CPU-seconds per 1,000 rollouts and each component's share of them, and saves the same as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import ray
from rich.console import Console
from rich.table import Table

from cluster.connect import connected
from pipelines.driving.drive import DriveOptions, drive
from pipelines.planning.plan import missing_units, plan
from pipelines.planning.screening import screening
from pipelines.run import run_folder
from pipelines.run.engine_pools import launched
from pipelines.run.fleet import Fleet
from pipelines.run.settings import Settings, from_mapping
from tools.one_line import exit_status


def settings_for(arguments: argparse.Namespace, folder: str) -> Settings:
    """Return the benchmark's settings: 16 samples a question, steps of 30 words."""
    return from_mapping(
        {
            "run": {"dir": folder},
            "model": "none",
            "source": {"kind": "simulated", "n": arguments.questions},
            "prompt": {"template": "zero_shot_cot"},
            "engine": {"kind": "simulated", "steps": arguments.steps, "p": arguments.p},
            "search": {"method": "sample", "n": 16},
            "supervision": {"method": arguments.labeller},
            "cluster": {"workers": arguments.workers, "units_in_flight": 2 * arguments.workers},
        }
    )


def cpu_seconds(fleet: Fleet) -> dict[str, float]:
    """Return the CPU time used so far, by component; "ray" is its daemons."""
    roles = {
        "worker": fleet.workers,
        "generator shell": fleet.generators,
        "checker": fleet.checkers,
        "writer": fleet.writers,
    }
    # Each actor counts its own time; the driver is this process.
    used = {"driver": time.process_time()}
    for role, actors in roles.items():
        used[role] = sum(ray.get([actor.__ray_call__.remote(_own_cpu_seconds) for actor in actors], timeout=60))
    # The actors are among the children of this process: what they did not use was used by Ray's daemons.
    everything = sum(_process_seconds(child) for child in psutil.Process().children(recursive=True))
    used["ray"] = max(0.0, everything - sum(seconds for role, seconds in used.items() if role != "driver"))
    return used


def _own_cpu_seconds(actor: Any) -> float:
    """Return the CPU time of the process it runs in; `actor` is given by Ray and not used."""
    times = os.times()
    return times.user + times.system


def _process_seconds(process: psutil.Process) -> float:
    """Return the CPU time of a process; 0 when it has ended."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run once and return the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-rollouts-") as folder:
        # Phase 1: plan the run, before the clock starts.
        settings = settings_for(arguments, folder)
        with screening(settings) as screen:
            to_do = plan(settings, run_folder.store_of(settings), screen)
        # Phase 2: drive it, with the CPU time of all components before and after.
        with connected("local"), launched(settings) as fleet:
            before, started = cpu_seconds(fleet), time.monotonic()
            progress = drive(
                missing_units(settings, to_do),
                fleet.workers,
                fleet.assignment,
                DriveOptions(bounds=settings.bounds, attempts=1, engines=fleet.pools),
            )
            seconds = time.monotonic() - started
            after = cpu_seconds(fleet)
        size = sum(path.stat().st_size for path in Path(folder, "data").iterdir())
    # Phase 3: figures per rollout.
    rollouts = progress.done.policy_calls
    used = {role: after[role] - before[role] for role in after}
    total = sum(used.values())
    if progress.done.questions != to_do.survey.questions:
        raise SystemExit(
            f"{progress.done.questions} of {to_do.survey.questions} questions came back, expected all; "
            "see the messages above"
        )
    return {
        "questions": progress.done.questions,
        "failed": progress.done.failed,
        "rollouts": rollouts,
        "seconds": round(seconds, 2),
        "rollouts_per_s": round(rollouts / seconds, 1),
        "cpu_seconds": round(total, 2),
        "cpu_seconds_per_1000_rollouts": round(1000 * total / rollouts, 4),
        "share": {role: round(value / total, 4) for role, value in used.items()},
        "bytes_per_question": round(size / progress.done.questions),
        "labeller": arguments.labeller,
        "steps": arguments.steps,
        "p": arguments.p,
        "workers": arguments.workers,
    }


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=2000, help="questions of the run (default: 2000)")
    parser.add_argument("--steps", type=int, default=8, help="steps per simulated solution")
    parser.add_argument("--p", type=float, default=0.9, help="probability that a simulated step is right")
    parser.add_argument("--labeller", default="bayes_bisection", help="supervision.method, with its defaults")
    parser.add_argument("--workers", type=int, default=1, help="rollout workers (default: 1)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    figures = measure(arguments)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console = Console()
    console.print(
        f"{figures['questions']:,} questions, {figures['rollouts']:,} rollouts in {figures['seconds']} s: "
        f"{figures['rollouts_per_s']:,} rollouts/s, {figures['cpu_seconds_per_1000_rollouts']} CPU-s per 1,000"
    )
    table = Table("component", "share of CPU", "CPU-s per 1,000 rollouts")
    for role, share in sorted(figures["share"].items(), key=lambda item: -item[1]):
        table.add_row(role, f"{share:.1%}", f"{share * figures['cpu_seconds_per_1000_rollouts']:.4f}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(exit_status(main))
