r"""Benchmark of critics beside rollouts: what fusing adds, with simulated critics of known quality, told to nobody.

    python -m tools.bench.critics --json OUT
    python -m tools.bench.critics --p 0.8 --confidence 0.9 --votes 1 --json OUT

Every critic is asked by `supervision.method=fused` (`supervision.critic`) about the wrong solutions of the same
questions, and so is none. Time is virtual (`tools/bench/in_flight.py`), equations are switched off. A critic's *hits*
is how often it names the first wrong step of a solution with an error; what else it says, and how often its votes on a
text repeat each other, is in `CRITICS`. The columns:

* rollouts/error: rollouts for labels per first error located; beside it all of them, in percent of those with none;
* votes/error: votes of the critic per first error located;
* located, exact: as in `tools/bench/in_flight.py`; sure: mean posterior of the located ones, `exact` of which should
  hold; off: the difference, in points;
* bins of the posterior: exact share of those located with it, and their number.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.engines import simulated, simulated_critic
from factory.labelling.step_labels import SolutionLabels
from factory.question_pipeline.recipe import QuestionWork, Recipe
from factory.rollouts.nodes import PROBE
from factory.supervision import fused
from factory.types import POLICY, Completion, GenerateRequest
from tools.bench import in_flight
from tools.bench.in_flight import Setting, TimedModels, VirtualLoop
from tools.bench.step_labels import check_writable, planted_error
from tools.one_line import exit_status

CRITIC = "critic"
CRITICS: Mapping[str, simulated_critic.Config | None] = {
    "none": None,
    # .88 of the wrong solutions and .88 of the right ones: an F1 of .88, as ProcessBench defines it.
    ".88": simulated_critic.Config(hit=0.88, near=0.05, early=0.01, late=0.01, missed=0.05, alarm=0.12, unread=0.0),
    ".6": simulated_critic.Config(hit=0.6, near=0.1, early=0.08, late=0.1, missed=0.12, alarm=0.15),
    ".3": simulated_critic.Config(hit=0.3, near=0.15, early=0.15, late=0.15, missed=0.25, alarm=0.3),
    "random": simulated_critic.Config(guesses=True),
}
BINS = (0.7, 0.9, 0.97, 1.0)


class JudgedModels(TimedModels):
    """Simulated policy, and a simulated critic that answers at once."""

    def __init__(self, config: simulated.Config, slots: int, critic: simulated_critic.Config | None) -> None:
        super().__init__(config, slots)
        self._critic = critic

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return completions of the policy, or replies of the critic."""
        if role == POLICY:
            return await super().generate(request, role)
        assert self._critic is not None
        return simulated_critic.critiques(request, self._critic)


@dataclass
class Result(in_flight.Result):
    """Figures of a row so far, with the posterior of each located first error and whether it is the planted one."""

    votes: int = 0
    unread: int = 0
    placed: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, done: QuestionWork) -> None:
        """Add a question that is done."""
        super().add(done)
        for solution in done.tree.solutions:
            self.votes += len(solution.critiques)
            self.unread += sum(one.first_error is None for one in solution.critiques)
            labels = done.labels.get(solution)
            if solution.method != PROBE and solution.is_wrong and labels and labels.first_error is not None:
                self.placed.append((posterior_of(labels), labels.first_error == planted_error(solution)))

    def figures(self) -> dict[str, Any]:
        """Return the figures by column."""
        plain = self.row("", 0, 0.0)
        sure = [posterior for posterior, _ in self.placed]
        exact = [right for _, right in self.placed]
        count = max(1, len(sure))
        bins = {}
        for low, high in pairwise(BINS):
            inside = [right for posterior, right in self.placed if low <= posterior < high + (high == 1)]
            bins[f"{low:g}-{high:g}"] = [round(sum(inside) / len(inside), 4) if inside else None, len(inside)]
        return {
            "rollouts_per_error": plain["rollouts_per_error"],
            "label_rollouts": self.labels.completions,
            "votes_per_error": round(self.votes / count, 3),
            "unread": self.unread,
            "located": len(sure),
            "wrong": self.labels.solutions,
            "exact": round(sum(exact) / count, 4),
            "sure": round(sum(sure) / count, 4),
            "off_points": round(100 * (sum(exact) - sum(sure)) / count, 2),
            "bins": bins,
        }


def posterior_of(labels: SolutionLabels) -> float:
    """Return the posterior probability of the first error that was located, from the confidence of the steps."""
    where = labels.first_error
    assert where is not None
    if where < 0:
        return labels.steps[-1].confidence
    # P(wrong by then), less P(wrong before).
    before = 1 - labels.steps[where - 1].confidence if where else 0.0
    return labels.steps[where].confidence - before


def recipe_of(recipe: Recipe, critic: simulated_critic.Config | None, votes: int) -> Recipe:
    """Return a recipe of `in_flight` with the labeller `fused` in place of its own, which asks this critic."""
    values = {**vars(recipe.supervision_config), "equations": False, "joint": True}
    values |= {"critic": CRITIC, "votes": votes} if critic else {}
    return replace(recipe, supervision="fused", supervision_config=fused.Config(**values))


def measured(name: str, confidence: float, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one critic at one confidence, over all seeds."""
    result, started, critic = Result(), time.process_time(), CRITICS[name]
    setting = Setting.of(f"{arguments.in_flight} confidence={confidence}")
    for seed in arguments.seeds:
        recipe = recipe_of(in_flight.recipe_of(setting, seed), critic, arguments.votes)
        models = JudgedModels(in_flight.policy_of(arguments), 0, critic)
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(in_flight.run(setting, arguments, recipe, models, result))
    return {"confidence": confidence, "critic": name, **result.figures(), "cpu_s": time.process_time() - started}


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    bins = [f"{low:g} to {high:g}" for low, high in pairwise(BINS)]
    printed = Table("confidence", "hits", "rollouts/error", "votes/error", "located", "exact", "sure", "off", *bins)
    without = {row["confidence"]: row["label_rollouts"] for row in rows if row["critic"] == "none"}
    for row in rows:
        of_none = row["label_rollouts"] / without[row["confidence"]] if without.get(row["confidence"]) else None
        share = f" ({100 * of_none:.0f} %)" if of_none else ""
        inside = [f"{exact:.3f} ({count:,})" if count else "-" for exact, count in row["bins"].values()]
        printed.add_row(
            f"{row['confidence']:g}",
            row["critic"],
            f"{row['rollouts_per_error'] or 0:.2f}{share}",
            f"{row['votes_per_error']:.2f}",
            f"{row['located']:,} of {row['wrong']:,}",
            f"{row['exact']:.4f}",
            f"{row['sure']:.4f}",
            f"{row['off_points']:+.1f}",
            *inside,
        )
    return printed


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=256, help="questions per seed (default: 256)")
    parser.add_argument("--steps", type=int, default=8, help="steps per solution (default: 8)")
    parser.add_argument("--p", type=float, default=0.9, help="probability that a step is right (default: 0.9)")
    parser.add_argument("--r", type=float, default=0.02, help="chance of a wrong solution to be lucky (default: 0.02)")
    parser.add_argument("--votes", type=int, default=4, help="votes per solution at most (default: 4)")
    parser.add_argument("--in-flight", type=int, default=64, help="questions at the same time (default: 64)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="seeds, which add up (default: 0 1)")
    parser.add_argument("--confidence", type=float, nargs="+", default=[0.7, 0.9, 0.97], help="(default: .7 .9 .97)")
    parser.add_argument("--critics", nargs="+", choices=[*CRITICS], default=[*CRITICS], help="critics (default: all)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per row")
    arguments = parser.parse_args()
    if not (0 < arguments.p < 1 and 0 <= arguments.r < 1 and min(arguments.steps, arguments.questions) > 0):
        parser.error("expected 0 < --p < 1, 0 <= --r < 1, --steps > 0 and --questions > 0")
    if arguments.votes < 1 or arguments.in_flight < 1 or not all(0 < each < 1 for each in arguments.confidence):
        parser.error("expected --votes and --in-flight of at least 1, and --confidence between 0 and 1")
    check_writable(parser, arguments.json)
    # Of one worker, which hears nothing of others.
    arguments.tell, arguments.slots = 1.0, 0
    rows = [measured(critic, each, arguments) for each in arguments.confidence for critic in arguments.critics]
    arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=160).print(table(rows))


if __name__ == "__main__":
    sys.exit(exit_status(main))
