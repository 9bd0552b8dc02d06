r"""Benchmark of the labellers: cost of a located first error, on a simulated policy whose errors are known.

    python -m tools.bench.step_labels --steps 8 --p 0.9 --r 0 --solutions 300 --seed 1 --json bench.json
    python -m tools.bench.step_labels --steps 8 --p 0.9 --r 0 --seed 1 --json bench.json --labellers \
        bayes_bisection:probes_per_round=4 math_shepherd:k=16

Every labeller gets the same wrong solutions, one per question, and the same 8 samples of the bare question. Those are
made in any run, so they are not counted. The plain methods label as in their papers (confidence=0 withholds nothing).
The columns:

* completions, tokens: spent per first error located;
* rounds: how often a solution waits for the policy;
* located: share of the solutions with a located first error;
* exact: share of the located first errors that are the planted ones;
* calibration: of the step labels given with at least 95 % confidence, the share that is right, and beside it the mean
  confidence of these labels;
* CPU: the labeller's own time, simulated policy and checker included.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.engines import simulated
from factory.checkers import math_answer
from factory.config import fill
from factory.contracts.supervision import SUPERVISION, SupervisionPlugin
from factory.errors import BadInput
from factory.interfaces import Models
from factory.labelling.experience import Experience
from factory.labelling.learning import learn
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.sources import simulated as source
from factory.types import POLICY, Completion, GenerateRequest, Question, Verdict

SAMPLES = 8
# Least confidence of a label that counts for the calibration.
SURE = 0.95
# Questions sampled per wrong solution wanted; with a policy that errs less often, fewer solutions are labelled.
TRIES = 200
LABELLERS = (
    "bayes_bisection",
    "bayes_bisection:probes_per_round=4",
    "scan:confidence=0",
    "omegaprm:confidence=0,searches=1",
    "math_shepherd:confidence=0",
)


class InProcessModels(Models):
    """Implementation of `factory.interfaces.Models` without Ray.

    `rounds` counts how often a labeller waits: requests made at the same time are one round.
    """

    def __init__(self, engine: simulated.Engine) -> None:
        self._engine = engine
        self._checker = math_answer.Config()
        self._waiting = False
        self.rounds = 0

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the completions of the simulated policy."""
        if not self._waiting:
            self._waiting = True
            self.rounds += 1
        # Requests of the same turn of the event loop belong to the same round.
        await asyncio.sleep(0)
        self._waiting = False
        (completions,) = await self._engine.generate([request])
        assert isinstance(completions, list)
        return completions

    async def check(self, question: Question, text: str) -> Verdict:
        """Judge a text with the checker for mathematical answers."""
        return math_answer.check(question, text, self._checker)


@dataclass
class LabelCounts:
    """Counts of a labeller over all solutions.

    * `solutions`, `located`, `exact`, `contradicted`: numbers of solutions; see the columns above.
    * `completions`, `tokens`, `rounds`, `seconds` (of CPU): spent on labelling them.
    * `sure`: (confidence, right) of each label at or above `SURE`.
    """

    solutions: int = 0
    located: int = 0
    exact: int = 0
    contradicted: int = 0
    completions: int = 0
    tokens: int = 0
    rounds: int = 0
    sure: list[tuple[float, bool]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, labels: SolutionLabels, truth: int) -> None:
        """Add the labels of one solution, whose true first error is `truth`."""
        self.solutions += 1
        self.located += labels.first_error is not None
        self.exact += labels.first_error == truth
        self.contradicted += labels.contradicted
        for index, step in enumerate(labels.steps):
            if step.label is not None and step.confidence >= SURE:
                # Steps before the first error are right, the others wrong.
                self.sure.append((step.confidence, step.label == (1 if index < truth else -1)))

    def figures(self) -> dict[str, Any]:
        """Return the figures per error or solution; None where nothing was located, or no label was sure."""
        return {
            "completions_per_error": _ratio(self.completions, self.located),
            "tokens_per_error": _ratio(self.tokens, self.located),
            "exact": _ratio(self.exact, self.located),
            "rounds": _ratio(self.rounds, self.solutions),
            "calibration": _ratio(sum(right for _, right in self.sure), len(self.sure)),
            "mean_confidence": _ratio(sum(confidence for confidence, _ in self.sure), len(self.sure)),
            "located": _ratio(self.located, self.solutions),
            "contradicted": self.contradicted,
            "solutions": self.solutions,
            "cpu_ms_per_solution": _ratio(1000 * self.seconds, self.solutions),
        }


async def bench(name: str, policy_config: simulated.Config, solutions: int, seed: int) -> dict[str, Any]:
    """Label wrong solutions with one labeller, and return its figures.

    Args:
      name: labeller, written `plugin` or `plugin:key=value,…`.
      policy_config: config of the simulated policy.
      solutions: number of wrong solutions to label; fewer are labelled when the policy errs too rarely.
      seed: seed of the questions, the policy and the labeller.

    Raises:
      BadInput: there is no such labeller, or it has no such setting.
    """
    labeller, config = labeller_of(name)
    models = InProcessModels(simulated.Engine(policy_config, "simulated"))
    experience, count = Experience(), LabelCounts()
    for question in source.questions(source.Config(n=TRIES * solutions, seed=seed)):
        policy = Policy(tree=Tree(question), models=models, prompt=question.text, seed=seed)
        wrong = await _sampled(policy)
        if wrong is None:
            continue
        # Label the solution; count only what that adds to the samples.
        calls, tokens, rounds = policy.cost.policy_calls, policy.cost.completion_tokens, models.rounds
        started = time.process_time()
        labels = await labeller.label(policy.tree, policy, config, Random(seed), experience)
        # As in a run, a labeller learns from solution to solution.
        learn(experience, policy.tree)
        experience.finish(question.key)
        count.seconds += time.process_time() - started
        count.completions += policy.cost.policy_calls - calls
        count.tokens += policy.cost.completion_tokens - tokens
        count.rounds += models.rounds - rounds
        count.add(labels[wrong], planted_error(wrong))
        if count.solutions == solutions:
            break
    return {"labeller": name, **count.figures()}


def labeller_of(name: str) -> tuple[SupervisionPlugin, Any]:
    """Return the plug-in and its filled config that `plugin:key=value,…` names. Raises `BadInput`."""
    plugin_name, _, given = name.partition(":")
    labeller = SUPERVISION.load(plugin_name)
    pairs = [pair.partition("=") for pair in given.split(",") if pair]
    if not all(equals for _, equals, _ in pairs):
        raise BadInput(f"labeller {name!r} is not of the form plugin:key=value,key=value.")
    return labeller, fill(labeller.Config, {key: value for key, _, value in pairs}, name)


async def _sampled(policy: Policy) -> Solution | None:
    """Return the first wrong sample, None where there is none; no other solution will be labelled."""
    await policy.rollouts(policy.tree.root, SAMPLES, method="sample")
    wrong = next((solution for solution in policy.tree.solutions if solution.is_wrong), None)
    # The trials and successes of the tree stay: they are the labeller's evidence.
    policy.tree.solutions[:] = [wrong] if wrong else []
    return wrong


def planted_error(solution: Solution) -> int:
    """Return the index of the step that makes the error."""
    return planted_in([node.step.text for node in solution.leaf.path() if node.step])


def planted_in(texts: Sequence[str]) -> int:
    """Return the index of the step that makes the error, as its text says; the number of steps where none does."""
    return next((index for index, text in enumerate(texts) if f" {simulated.STATES[1]} " in text), len(texts))


def check_writable(parser: argparse.ArgumentParser, *paths: Path | None) -> None:
    """Exit with a message when an output could not be written; call it before the work."""
    for path in paths:
        if path and (path.is_dir() or not path.absolute().parent.is_dir()):
            parser.error(f"cannot write {path}: expected the name of a file in a folder that exists")


def _ratio(part: float, whole: float) -> float | None:
    """Return a ratio with four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def short_names(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name the first row of each plug-in by the plug-in alone; further rows of it keep the whole name.

    The settings are in a field of their own, `settings`.
    """
    named: dict[str, dict[str, Any]] = {}
    for row in rows:
        plain, _, given = row["labeller"].partition(":")
        name = row["labeller"] if plain in named else plain
        named[name] = {**row, "labeller": name, "settings": given}
    return list(named.values())


def table(rows: list[dict[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    columns = ("completions_per_error", "tokens_per_error", "exact", "located", "rounds", "calibration")
    printed = Table("labeller", "completions/error", "tokens/error", "exact", "located", "rounds", "≥95 % sure: right")
    for row in rows:
        cells = ["-" if row[key] is None else f"{row[key]:.4g}" for key in columns]
        cells[-1] += f" (promised {row['mean_confidence']:.4g})" if row["mean_confidence"] else ""
        printed.add_row(row["labeller"], *cells)
    return printed


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8, help="steps per solution (default: 8)")
    parser.add_argument("--p", type=float, default=0.9, help="probability that a step is right (default: 0.9)")
    parser.add_argument(
        "--r", type=float, default=0.0, help="probability that a wrong solution has the right answer (default: 0)"
    )
    parser.add_argument("--solutions", type=int, default=300, help="wrong solutions to label (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything (default: 1)")
    parser.add_argument(
        "--labellers",
        nargs="+",
        default=LABELLERS,
        metavar="NAME[:key=value,…]",
        help="labellers, with settings (default: five)",
    )
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per labeller")
    parser.add_argument("--plot", type=Path, help="where a plot of cost against exactness is saved (PNG)")
    arguments = parser.parse_args()
    if not (0 < arguments.p < 1 and 0 <= arguments.r < 1 and arguments.steps > 0 and arguments.solutions > 0):
        parser.error("expected 0 < --p < 1, 0 <= --r < 1, --steps > 0 and --solutions > 0")
    if arguments.plot and importlib.util.find_spec("matplotlib") is None:
        parser.error("--plot needs matplotlib: pip install matplotlib")
    check_writable(parser, arguments.json, arguments.plot)
    # One labeller after the other, each with a policy of its own from the same seed.
    config = simulated.Config(steps=arguments.steps, p=arguments.p, r=arguments.r)
    rows = []
    for name in arguments.labellers:
        try:
            rows.append(asyncio.run(bench(name, config, arguments.solutions, arguments.seed)))
        except (BadInput, ValueError) as error:
            parser.error(f"--labellers {name}: {error}")
    rows = short_names(rows)
    arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=140).print(table(rows))
    if arguments.plot:
        from tools.bench.plots import cost_and_exactness

        title = f"M = {arguments.steps}, p = {arguments.p}, r = {arguments.r}, {arguments.solutions} solutions"
        cost_and_exactness(rows, arguments.plot, title)


if __name__ == "__main__":
    main()
