r"""Benchmark of what questions in flight together learn from each other: no Ray, no model, no waiting.

    python -m tools.bench.in_flight --json OUT
    python -m tools.bench.in_flight --seeds 1 2 3 --steps 12 --p 0.95 --r 0.05 --json OUT --rows "1" "256" "8 x 32"
    python -m tools.bench.in_flight --slots 256 --json OUT --rows "256" "256 probes_per_round=1"

A row says how many questions are in flight, `8 x 32` for eight workers of 32 that tell each other what they learnt
every `--tell` seconds, then settings of the labeller and `learn=false`. Time is virtual: a solution of all steps takes
two seconds on average, log-normal, and the loop's clock leaps to whatever comes next, so a run takes as long as its
CPU. The columns:

* rollouts/error: rollouts for labels per first error located;
* located: wrong samples whose first error is located; exact: the share of these that are the planted ones;
* calibration: of the step labels given with at least 95 % confidence the share that is right (promised: their mean
  confidence);
* seconds: virtual time of the run; busy: share of the slots in use; CPU: of the whole row.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import selectors
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.engine_runtime.slots import Slots
from actors.engines import simulated
from factory.errors import BadInput
from factory.interfaces import Models
from factory.labelling.experience import Experience
from factory.labelling.ledger import Ledger
from factory.question_pipeline.recipe import QuestionWork, Recipe, begin, work
from factory.rollouts.nodes import PROBE
from factory.rollouts.prompting import PromptTemplate
from factory.search import sample
from factory.sources import simulated as source
from factory.types import POLICY, Completion, GenerateRequest, Outcome, Question, Sampling, Verdict
from tools.bench.step_labels import LabelCounts, check_writable, labeller_of, planted_error
from tools.one_line import exit_status

SAMPLES = 8
# Mean seconds of a whole solution, and sigma of the log-normal factor by which each differs.
SOLUTION_S, SPREAD = 2.0, 0.5
ROWS = ("1", "16", "64", "256", "64 learn=false", "256 probes_per_round=4", "8 x 32")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Event loop whose clock leaps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Leaping(self))

    def time(self) -> float:
        """Return the virtual seconds since the start."""
        return self._now

    def leap(self, seconds: float) -> None:
        """Move the clock on."""
        self._now += seconds


class _Leaping(selectors.SelectSelector):
    """Selector that moves the loop's clock on instead of blocking."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits and no timer is set: the benchmark would wait for ever")
        self._loop.leap(max(0.0, timeout))
        return super().select(0)


class TimedModels(Models):
    """Implementation of `factory.interfaces.Models` whose samples take virtual time in shared slots."""

    def __init__(self, config: simulated.Config, slots: int) -> None:
        self._config = config
        self.slots = Slots(slots)
        self.limit = slots
        # Questions that are worked on now.
        self.underway = 0

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the completions of the simulated policy when the slowest of them is done."""
        gold = simulated.gold_in(request.prompt)
        assert gold is not None
        done, wrong = simulated.read_prefix(request.prefix, self._config, request.prefix_text)
        now = end = asyncio.get_running_loop().time()
        completions = []
        for index in range(request.n):
            rng = Random(request.seed * 1_000_003 + index)
            completions.append(simulated.complete(gold, done, wrong, rng, self._config))
            end = max(end, self.slots.take(now, simulated.seconds_of(completions[-1], rng, self._config)))
        await asyncio.sleep(end - now)
        return completions

    async def check(self, question: Question, text: str) -> Verdict:
        """Compare the text's last words with the gold answer: what the simulated policy writes needs no more."""
        right = text.rstrip().endswith(f"The answer is {question.gold}.")
        return Verdict(outcome=Outcome.CORRECT if right else Outcome.INCORRECT)

    def room(self, question_id: str) -> int:
        """Return the slots that are free now, shared among the questions under way."""
        if not self.limit:
            return 0
        figures = self.slots.stats(asyncio.get_running_loop().time())
        return int((self.limit - figures["running"]) // max(1, self.underway))


@dataclass(frozen=True)
class Setting:
    """Setting of one row of the table; see `ROWS` for how it is written."""

    name: str
    workers: int
    in_flight: int
    learn: bool
    labeller: str

    @classmethod
    def of(cls, text: str) -> Setting:
        """Read a row. Raises `BadInput` where it is not written as it should be."""
        words = text.split()
        given = [word for word in words if "=" in word]
        amounts = [word for word in words if "=" not in word and word != "x"]
        if not 1 <= len(amounts) <= 2 or not all(word.isdigit() and int(word) for word in amounts):
            raise BadInput(f"row {text!r}: expected like '64', '8 x 32' or '256 probes_per_round=4 learn=false'.")
        workers = int(amounts[0]) if len(amounts) == 2 else 1
        values = [word for word in given if word != "learn=false"]
        return cls(text, workers, int(amounts[-1]), "learn=false" not in given, ",".join(["confidence=0.9", *values]))


@dataclass
class Result:
    """Figures of a row so far; several seeds add up."""

    labels: LabelCounts = field(default_factory=LabelCounts)
    rollouts: int = 0
    seconds: float = 0.0
    slot_seconds: float = 0.0

    def add(self, done: QuestionWork) -> None:
        """Add a question that is done."""
        self.rollouts += done.policy.cost.policy_calls
        self.labels.completions += done.policy.cost.label_calls
        for solution in done.tree.solutions:
            if solution.method != PROBE and solution.is_wrong:
                self.labels.add(done.labels[solution], planted_error(solution))

    def row(self, name: str, slots: int, cpu: float) -> dict[str, Any]:
        """Return the figures by column."""
        figures = self.labels.figures()
        keys = ("exact", "calibration", "mean_confidence")
        return {
            "in_flight": name,
            "rollouts_per_error": figures["completions_per_error"],
            "located": self.labels.located,
            "wrong": self.labels.solutions,
            **{key: figures[key] for key in keys},
            "rollouts": self.rollouts,
            "seconds": round(self.seconds, 1),
            "busy": round(self.slot_seconds / (slots * self.seconds), 4) if slots else None,
            "cpu_s": round(cpu, 1),
        }


def policy_of(arguments: argparse.Namespace) -> simulated.Config:
    """Return the simulated policy that the command line describes."""
    words = 2
    return simulated.Config(
        steps=arguments.steps,
        p=arguments.p,
        r=arguments.r,
        words=words,
        token_s=SOLUTION_S / (arguments.steps * words + 1),
        spread=SPREAD,
    )


async def run(
    setting: Setting, arguments: argparse.Namespace, recipe: Recipe, models: TimedModels, result: Result
) -> None:
    """Label all questions of the recipe's seed, with what `setting` says in flight; add the figures to `result`."""
    questions = source.questions(source.Config(n=arguments.questions, seed=recipe.seed))
    crew = [Experience() for _ in range(setting.workers)]
    telling = asyncio.create_task(_tell(crew, arguments.tell))
    lanes = (
        _lane(questions, recipe, models, experience, result) for experience in crew for _ in range(setting.in_flight)
    )
    await asyncio.gather(*lanes)
    telling.cancel()
    result.seconds += asyncio.get_running_loop().time()
    result.slot_seconds += models.slots.stats(asyncio.get_running_loop().time())["slot_seconds"]


def recipe_of(setting: Setting, seed: int) -> Recipe:
    """Return the work on a question: eight samples, then the labeller with the row's settings. Raises `BadInput`."""
    _, config = labeller_of(f"bayes_bisection:{setting.labeller}")
    return Recipe(
        search="sample",
        search_config=sample.Config(n=SAMPLES),
        supervision="bayes_bisection",
        supervision_config=config,
        checker="exact",
        checker_config=None,
        template=PromptTemplate(name="bare", text="[user]\n{question}", id="0" * 16, style="raw"),
        sampling=Sampling(),
        seed=seed,
        learn=setting.learn,
    )


async def _lane(
    questions: Iterator[Question], recipe: Recipe, models: TimedModels, experience: Experience, result: Result
) -> None:
    """Work on one question after the other until none is left."""
    for question in questions:
        attempt = begin(recipe, question, models, experience)
        models.underway += 1
        await work(recipe, attempt)
        models.underway -= 1
        result.add(attempt)


async def _tell(crew: Sequence[Experience], every_s: float) -> None:
    """Tell every worker what the others have learnt, again and again, as a run's driver does."""
    ledger = Ledger()
    while True:
        await asyncio.sleep(every_s)
        for experience in crew:
            ledger.report(experience.id, experience.lessons())
        for experience in crew:
            experience.hear(ledger.others_of(experience.id))


def table(rows: list[dict[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    printed = Table(
        "in flight", "rollouts/error", "located", "exact", "calibration", "rollouts", "seconds", "busy", "CPU s"
    )
    for row in rows:
        calibration = f"{row['calibration']:.4f} ({row['mean_confidence']:.4f})" if row["calibration"] else "-"
        per_error = f"{row['rollouts_per_error']:.2f}" if row["rollouts_per_error"] else "-"
        exact = f"{row['exact']:.4f}" if row["exact"] else "-"
        located = f"{row['located']:,} of {row['wrong']:,}"
        busy = "-" if row["busy"] is None else f"{row['busy']:.2f}"
        cells = (per_error, located, exact, calibration, f"{row['rollouts']:,}", row["seconds"], busy, row["cpu_s"])
        printed.add_row(row["in_flight"], *map(str, cells))
    return printed


def measured(setting: Setting, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one row over all seeds."""
    result, started = Result(), time.process_time()
    for seed in arguments.seeds:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            models = TimedModels(policy_of(arguments), arguments.slots)
            runner.run(run(setting, arguments, recipe_of(setting, seed), models, result))
    return result.row(setting.name, arguments.slots, time.process_time() - started)


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=256, help="questions (default: 256)")
    parser.add_argument("--steps", type=int, default=8, help="steps per solution (default: 8)")
    parser.add_argument("--p", type=float, default=0.9, help="probability that a step is right (default: 0.9)")
    parser.add_argument("--r", type=float, default=0.0, help="probability that a wrong solution is lucky (default: 0)")
    parser.add_argument("--slots", type=int, default=0, help="samples computed at once; 0: any number (default)")
    parser.add_argument("--tell", type=float, default=1.0, help="seconds between lessons of workers (default: 1)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="seeds whose figures add up (default: 0)")
    parser.add_argument("--rows", nargs="+", default=ROWS, metavar="ROW", help="rows of the table (default: seven)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per row")
    arguments = parser.parse_args()
    if not (0 < arguments.p < 1 and 0 <= arguments.r < 1 and min(arguments.steps, arguments.questions) > 0):
        parser.error("expected 0 < --p < 1, 0 <= --r < 1, --steps > 0 and --questions > 0")
    if arguments.slots < 0 or not arguments.tell > 0:
        parser.error("expected --slots of 0 or more and --tell of more than 0")
    check_writable(parser, arguments.json)
    rows = [measured(setting, arguments) for setting in map(Setting.of, arguments.rows)]
    arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=140).print(table(rows))


if __name__ == "__main__":
    sys.exit(exit_status(main))
