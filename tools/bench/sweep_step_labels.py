"""Benchmark of Bayesian bisection against other labellers at the same exactness, in settings drawn at random.

    python -m tools.bench.sweep_step_labels --settings 12 --seed 1 --json sweep.json

It draws settings of the simulated policy: M = 4 – 64 steps, p = .75 – .99, r = 0 – .1, texts that repeat or not. A
setting that the policy can hardly ever solve is drawn again. Every labeller of `tools/bench/step_labels.py` runs on
each setting: the plain methods with several k, Bayesian bisection with several confidences. For each setting it prints

* the cost of Bayesian bisection at its default, and the cheapest other labeller that is as exact;
* the worst ratio of costs: for every point of another labeller, the completions per located first error that Bayesian
  bisection needs for *that* exactness (between two confidences: their mixture), divided by the other's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.engines import simulated
from tools.bench.step_labels import bench, check_writable

CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97)
OURS = tuple(f"bayes_bisection:confidence={confidence}" for confidence in CONFIDENCES)
OTHERS = (
    *(f"scan:confidence=0,k={k}" for k in (1, 2, 4, 8, 16)),
    *(f"omegaprm:confidence=0,searches=1,k={k}" for k in (1, 2, 4, 8, 16)),
    *(f"math_shepherd:confidence=0,k={k}" for k in (2, 8)),
)
DEFAULT = "bayes_bisection:confidence=0.97"
SETTING = ("steps", "p", "r", "variants")
WORST = ("worst_sure", "worst")
SURE = 0.9
# Difference of two shares of 300 solutions that is noise.
NOISE = 0.01
# Share of error-free samples below which no labeller locates anything.
ABLE = 0.02
# Located first errors below which a share says nothing.
LEAST = 10


def drawn(number: int, seed: int) -> list[simulated.Config]:
    """Return `number` random settings of the policy."""
    rng = Random(seed)
    settings: list[simulated.Config] = []
    while len(settings) < number:
        policy = simulated.Config(
            steps=round(4 * 16 ** rng.random()),
            p=round(rng.uniform(0.75, 0.99), 3),
            r=round(rng.choice((0, rng.uniform(0, 0.1))), 3),
            variants=rng.choice((2, 1000)),
            # Few words: they change nothing but the time it takes.
            words=2,
        )
        if policy.p**policy.steps >= ABLE:
            settings.append(policy)
    return settings


def sweep(policy: simulated.Config, solutions: int, seed: int) -> dict[str, Any]:
    """Return all points of one setting.

    Args:
      policy: config of the simulated policy.
      solutions: wrong solutions to label.
      seed: seed of the questions, the policy and the labellers.
    """
    rows = [asyncio.run(bench(name, policy, solutions, seed)) for name in (*OURS, *OTHERS)]
    # Share of samples with the right answer: no error, or an error that hits the right answer.
    solved = policy.p**policy.steps + policy.r * (1 - policy.p**policy.steps)
    setting = {"steps": policy.steps, "p": policy.p, "r": policy.r, "variants": policy.variants}
    return {**setting, "solved": round(solved, 4), "rows": rows}


def price(points: list[tuple[float, float]], exact: float) -> float | None:
    """Return the lowest cost at which a mixture of `points` (exactness, cost) is that exact; None where none is."""
    # Using each of two points on a share of the solutions reaches everything between them.
    costs = [cost for reached, cost in points if reached >= exact]
    for low, low_cost in points:
        for high, high_cost in points:
            if low < exact < high:
                costs.append(low_cost + (high_cost - low_cost) * (exact - low) / (high - low))
    return min(costs, default=None)


def verdict(setting: dict[str, Any]) -> dict[str, Any]:
    """Return the comparison of one setting; None where there is nothing to compare.

    * `default`: our row at the default confidence. `rival`: the cheapest other one that is as exact (less `NOISE`).
    * `worst`, `worst_sure`: the highest ratio of our cost to another's at that one's exactness, and the same among the
      points at least `SURE` exact, each with that other row.
    """
    # A labeller that located hardly anything has no exactness to compare at.
    enough = [row for row in setting["rows"] if row["located"] * row["solutions"] >= LEAST]
    ours = [(row["exact"], row["completions_per_error"]) for row in enough if row["labeller"] in OURS]
    others = [row for row in enough if row["labeller"] in OTHERS]
    default = next(row for row in setting["rows"] if row["labeller"] == DEFAULT)
    as_exact = [row for row in others if default["exact"] and row["exact"] >= default["exact"] - NOISE]
    ratios = [(cost / row["completions_per_error"], row) for row in others if (cost := price(ours, row["exact"]))]
    return {
        **{key: setting[key] for key in SETTING},
        "default": default,
        "rival": min(as_exact, key=_cost, default=None),
        "most_exact_other": max((row["exact"] for row in others), default=None),
        "worst": _worst(ratios),
        "worst_sure": _worst([(ratio, row) for ratio, row in ratios if row["exact"] >= SURE]),
    }


def _cost(row: dict[str, Any]) -> float:
    """Return a row's completions per located first error."""
    return float(row["completions_per_error"])


def _worst(ratios: list[tuple[float, dict[str, Any]]]) -> tuple[float, dict[str, Any]] | None:
    """Return the highest ratio with its row; None of nothing."""
    return max(ratios, key=lambda entry: entry[0], default=None)


def show(swept: list[dict[str, Any]], console: Console) -> None:
    """Print one row per setting, as `sweep` returns them."""
    table = Table(title="Bayesian bisection at confidence 0.97, and the others")
    for name in ("M", "p", "r", "texts", "cost", "exact", "located", "sure: right (promised)", "cheapest as exact"):
        table.add_column(name)
    table.add_column(f"worst ratio ≥ {SURE:g}")
    table.add_column("worst ratio")
    for outcome in map(verdict, swept):
        default, rival = outcome["default"], outcome["rival"]
        figures = [default["completions_per_error"], default["exact"], default["located"]]
        table.add_row(
            *(f"{outcome[key]:g}" for key in SETTING),
            *("-" if figure is None else f"{figure:.4g}" for figure in figures),
            f"{default['calibration']} ({default['mean_confidence']})",
            f"{_cost(rival):.4g} {rival['labeller']}" if rival else f"none (at most {outcome['most_exact_other']})",
            *(f"{outcome[key][0]:.2f}, {outcome[key][1]['exact']:.2f} exact" if outcome[key] else "-" for key in WORST),
        )
    console.print(table)


def main() -> None:
    """Run the sweep that the command line describes, or read a saved one; print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=int, default=12, help="settings to draw (default: 12)")
    parser.add_argument(
        "--solutions", type=int, default=300, help="wrong solutions to label per setting (default: 300)"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of everything (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="settings worked on at the same time (default: 2)")
    parser.add_argument("--json", type=Path, required=True, help="where every point is saved")
    parser.add_argument("--show", action="store_true", help="print the table of the sweep saved there, run nothing")
    arguments = parser.parse_args()
    if min(arguments.settings, arguments.solutions, arguments.processes) < 1:
        parser.error("expected at least 1 for each of --settings, --solutions and --processes")
    check_writable(parser, arguments.json)
    if arguments.show and not arguments.json.is_file():
        parser.error(f"--show: there is no file {arguments.json}; expected the --json of a sweep that was run")
    if not arguments.show:
        swept: list[dict[str, Any]] = []
        with ProcessPoolExecutor(arguments.processes) as pool:
            policies = drawn(arguments.settings, arguments.seed)
            for future in [pool.submit(sweep, policy, arguments.solutions, arguments.seed) for policy in policies]:
                # Saved after every setting: a sweep takes hours.
                swept.append(future.result())
                print(f"{len(swept)} of {len(policies)} settings done", flush=True)
                arguments.json.write_text(json.dumps(swept, indent=1) + "\n", encoding="utf-8")
    show(json.loads(arguments.json.read_text(encoding="utf-8")), Console(width=190))


if __name__ == "__main__":
    main()
