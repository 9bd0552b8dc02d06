"""Is Bayesian bisection ever costlier than another labeller at the same exactness? In settings drawn at random.

    python -m tools.sweep_step_labels --settings 12 --seed 1 --json sweep.json

Draws settings of the simulated policy (M 4–64, p .75–.99, r 0–.1, texts that repeat or not) and runs every labeller of
`tools/bench_step_labels.py` on each: the plain methods with several k, Bayesian bisection with several confidences. For
each point of a plain method it takes what Bayesian bisection pays for the same exactness (between two confidences:
their mixture) and prints the ratio of completions per located first error, the worst of the setting. Settings the
policy cannot do, where nobody locates a first error, are listed as such.
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
from tools.bench_step_labels import bench, check_writable

CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97)
OURS = tuple(f"bayes_bisection:confidence={confidence}" for confidence in CONFIDENCES)
OTHERS = (
    *(f"scan:confidence=0,k={k}" for k in (1, 2, 4, 8, 16)),
    *(f"omegaprm:confidence=0,searches=1,k={k}" for k in (1, 2, 4, 8, 16)),
    *(f"math_shepherd:confidence=0,k={k}" for k in (1, 2, 4, 8)),
)
DEFAULT = "bayes_bisection:confidence=0.97"
SETTING = ("steps", "p", "r", "variants", "solved")
LEAST = 10  # located first errors below which a share says nothing


def drawn(number: int, seed: int) -> list[simulated.Config]:
    """The policies of `number` settings. `words` is small: nothing but the time it takes hangs on it."""
    rng = Random(seed)
    return [
        simulated.Config(
            steps=round(4 * 16 ** rng.random()),
            p=round(rng.uniform(0.75, 0.99), 3),
            r=round(rng.choice((0, rng.uniform(0, 0.1))), 3),
            variants=rng.choice((2, 1000)),
            words=2,
        )
        for _ in range(number)
    ]


def sweep(policy: simulated.Config, solutions: int, seed: int) -> dict[str, Any]:
    """All points of one setting."""
    rows = [asyncio.run(bench(name, policy, solutions, seed)) for name in (*OURS, *OTHERS)]
    solved = policy.p**policy.steps + policy.r * (1 - policy.p**policy.steps)
    setting = {"steps": policy.steps, "p": policy.p, "r": policy.r, "variants": policy.variants}
    return {**setting, "solved": round(solved, 4), "rows": rows}


def price(points: list[tuple[float, float]], exact: float) -> float | None:
    """The lowest cost at which a mixture of `points` (exactness, cost) is that exact, None where none is."""
    costs = [cost for reached, cost in points if reached >= exact]
    for low, low_cost in points:
        for high, high_cost in points:
            if low < exact < high:
                costs.append(low_cost + (high_cost - low_cost) * (exact - low) / (high - low))
    return min(costs, default=None)


def verdict(setting: dict[str, Any]) -> dict[str, Any]:
    """The worst ratio of one setting and whom it is against; None where there is nothing to compare."""
    enough = [row for row in setting["rows"] if row["located"] * row["solutions"] >= LEAST]
    ours = [(row["exact"], row["completions_per_error"]) for row in enough if row["labeller"] in OURS]
    others = [row for row in enough if row["labeller"] in OTHERS]
    ratios = [(cost / row["completions_per_error"], row) for row in others if (cost := price(ours, row["exact"]))]
    worst, other = max(ratios, key=lambda entry: entry[0], default=(None, None))
    return {
        **{key: setting[key] for key in SETTING},
        "default": next(row for row in setting["rows"] if row["labeller"] == DEFAULT),
        "worst": worst and round(worst, 3),
        "other": other,
        "compared": len(ratios),
        "out_of_reach": [row for row in others if price(ours, row["exact"]) is None],
        "most_exact_other": max((row["exact"] for row in others), default=None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=int, default=12)
    parser.add_argument("--solutions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path, required=True, help="where every point is saved")
    arguments = parser.parse_args()
    if min(arguments.settings, arguments.solutions, arguments.processes) < 1:
        parser.error("expected at least 1 setting, 1 solution and 1 process")
    check_writable(parser, arguments.json)
    settings = drawn(arguments.settings, arguments.seed)
    with ProcessPoolExecutor(arguments.processes) as pool:
        futures = [pool.submit(sweep, setting, arguments.solutions, arguments.seed) for setting in settings]
        swept = []
        for future in futures:
            swept.append(future.result())
            print(f"{len(swept)} of {len(settings)} settings done", flush=True)
            arguments.json.write_text(json.dumps(swept, indent=1) + "\n", encoding="utf-8")
    table = Table(
        "M", "p", "r", "solved", "97 %: cost", "exact", "located", "sure: right (promised)", "worst ratio", "against"
    )
    for found in map(verdict, swept):
        default = found["default"]
        figures = [default["completions_per_error"], default["exact"], default["located"]]
        against = "nothing to compare"
        if found["worst"] is not None:
            against = f"{found['other']['labeller']} ({found['other']['exact']:.3f} exact)"
        table.add_row(
            *(f"{found[key]:g}" for key in SETTING),
            *("-" if figure is None else f"{figure:.4g}" for figure in figures),
            f"{default['calibration']} ({default['mean_confidence']})",
            "-" if found["worst"] is None else f"{found['worst']:.3f}",
            against,
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
