"""Benchmark of the labellers on a real model's own mistakes, against the exact truth of every arithmetic step.

    python -m tools.bench.real_labels --solutions 100 --json bench.json

Samples every procedural question 8 times. Of questions that the model can solve, but not always, it takes the first
wrong solution whose first wrong step exact arithmetic can tell (`tools/bench/arithmetic_truth.py`). Each labeller looks
for it. All get the same solutions and the same rollouts of a prefix, in the same order, so a difference is the
labellers' own. Columns as in `tools/bench/step_labels.py`, without rounds and CPU, which are not measured here;
agreement is the share of all solutions whose first error was located.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from actors.remote_models import CallPatience, RemoteModels
from cluster.connect import connected
from factory.checkers import math_answer
from factory.errors import BadInput
from factory.labelling.experience import Experience
from factory.labelling.step_labels import learn
from factory.question_pipeline.recipe import Recipe
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import render
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.types import Completion, GenerateRequest, Question, Verdict
from pipelines.run.fleet import Fleet, launched
from pipelines.run.recipes import recipe_of
from pipelines.run.settings import Settings, from_mapping
from tools.bench.arithmetic_truth import first_wrong_step
from tools.bench.step_labels import SAMPLES, Count, check_writable, labeller_of, table

EVERY = (
    "math_shepherd:confidence=0",
    "omegaprm:confidence=0,searches=1",
    "scan:confidence=0",
    "bayes_bisection",
    "bayes_bisection:probes_per_round=4",
)
AT_ONCE = 16  # questions in flight; the prior is learnt from those that are done


Key = tuple[str, str, tuple[int, ...]]
"""Question id, prefix text, prefix tokens."""


class Shared:
    """`factory.interfaces.Models` that gives every labeller the same rollouts of a prefix, in the same order.

    A rollout is made once for all labellers. Call `rewind` before the next one.
    """

    def __init__(self, models: RemoteModels | None, made: Path | None = None) -> None:
        self._models = models
        self._made: dict[Key, list[Completion]] = defaultdict(list)
        self._given: Counter[Key] = Counter()
        self._locks: dict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        for line in made.read_text(encoding="utf-8").splitlines() if made else ():
            entry = json.loads(line)
            key = (entry["question"], entry["prefix_text"], tuple(entry["prefix"]))
            self._made[key] = [Completion(**_tuples(completion)) for completion in entry["completions"]]

    def rewind(self) -> None:
        """Start from the first rollouts again, for the next labeller."""
        self._given.clear()

    def save(self, path: Path) -> None:
        """Write one JSON line per prefix, for `--replay`."""
        with path.open("w", encoding="utf-8") as file:
            for (question, prefix_text, prefix), completions in self._made.items():
                made = [asdict(completion) for completion in completions]
                entry = {"question": question, "prefix_text": prefix_text, "prefix": prefix, "completions": made}
                file.write(json.dumps(entry) + "\n")

    async def generate(self, request: GenerateRequest) -> list[Completion]:
        """Return the next rollouts of the request's prefix."""
        key = (request.question_id, request.prefix_text, request.prefix)
        first = self._given[key]
        self._given[key] += request.n
        async with self._locks[key]:
            missing = first + request.n - len(self._made[key])
            if missing > 0:
                if self._models is None:
                    raise BadInput(
                        "the recording has too few rollouts for these labellers. Record with them, then replay."
                    )
                self._made[key] += await self._models.generate(replace(request, n=missing, seed=request.seed + first))
        return self._made[key][first : first + request.n]

    async def check(self, question: Question, text: str) -> Verdict:
        """Judge a text."""
        if self._models is not None:
            return await self._models.check(question, text)
        return math_answer.check(question, text, math_answer.Config())


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def settings_for(arguments: argparse.Namespace, folder: str) -> Settings:
    """Return sampling and prompt of the benchmark."""
    return from_mapping(
        {
            "run": {"dir": folder},
            "model": arguments.model,
            "source": {"kind": "procedural", "n": 100 * arguments.solutions, "levels": arguments.levels},
            "prompt": {"template": arguments.template},
            "sampling": {"temperature": 0.7, "max_tokens": 128},
            "engine": {"kind": arguments.engine},
        }
    )


def policy_for(question: Question, models: Shared, recipe: Recipe) -> Policy:
    """Return a policy over a fresh tree of `question`.

    Args:
      question: question to sample.
      models: engine and checker.
      recipe: recipe of the run.
    """
    prompt = render(recipe.template, question)
    return Policy(tree=Tree(question), models=models, prompt=prompt, sampling=recipe.sampling, seed=recipe.seed)


async def sampled(policy: Policy) -> tuple[Solution, int] | None:
    """Return the first wrong sample whose truth is known, with that truth; no other one will be labelled."""
    await policy.rollouts(policy.tree.root, SAMPLES, method="sample")
    for solution in policy.tree.solutions if policy.tree.root.successes else ():
        truth = first_wrong_step(policy.tree.question, [n.step.text for n in solution.leaf.path() if n.step])
        if solution.is_wrong and truth not in (None, -1):
            policy.tree.solutions[:] = [solution]
            return solution, truth
    return None


async def find_wrong(settings: Settings, models: Shared, recipe: Recipe, wanted: int) -> list[Question]:
    """Return questions with a wrong sample of known truth.

    Args:
      settings: settings of the run.
      models: engine and checker.
      recipe: recipe of the run.
      wanted: how many questions.
    """
    selected: list[Question] = []
    questions = iter(settings.source.plugin.questions(settings.source.config))
    while len(selected) < wanted:
        batch = [question for question, _ in zip(questions, range(AT_ONCE), strict=False)]
        if not batch:
            raise BadInput(
                f"only {len(selected)} of {wanted} questions had a wrong solution that can be judged. "
                "Lower --solutions."
            )
        answers = await together(sampled(policy_for(question, models, recipe)) for question in batch)
        selected += [question for question, answer in zip(batch, answers, strict=True) if answer]
    return selected[:wanted]


async def bench(name: str, questions: list[Question], models: Shared, recipe: Recipe) -> dict[str, Any]:
    """Run one labeller on all questions, and return its figures.

    Args:
      name: plug-in, as `labeller_of` takes it.
      questions: questions with a wrong sample.
      models: engine and checker.
      recipe: recipe of the run.
    """
    module, config = labeller_of(name)
    experience, count, gate = Experience(), Count(), asyncio.Semaphore(AT_ONCE)
    missed: list[dict[str, Any]] = []

    async def one(question: Question) -> None:
        async with gate:
            policy = policy_for(question, models, recipe)
            chosen = await sampled(policy)
            assert chosen is not None
            wrong, truth = chosen
            calls, tokens = policy.cost.policy_calls, policy.cost.completion_tokens
            labels = (await module.label(policy.tree, policy, config, Random(0), experience))[wrong]
            learn(experience, policy.tree.solutions)
            count.completions += policy.cost.policy_calls - calls
            count.tokens += policy.cost.completion_tokens - tokens
            count.add(labels, truth)
            if labels.first_error != truth:
                root = policy.tree.root
                missed.append(
                    {
                        "question": question.text,
                        "text": wrong.text,
                        "truth": truth,
                        "first_error": labels.first_error,
                        "successes": [root.successes, *(step.n_successes for step in labels.steps)],
                        "trials": [root.trials, *(step.n_trials for step in labels.steps)],
                        "labels": [step.label for step in labels.steps],
                        "confidence": [round(step.confidence, 3) for step in labels.steps],
                    }
                )

    started = time.monotonic()
    await together(one(question) for question in questions)
    seconds = round(time.monotonic() - started, 1)
    figures = {
        **count.figures(),
        "rounds": None,
        "cpu_ms_per_solution": None,
        "agreement": round(count.exact / count.solutions, 4),
        "seconds": seconds,
    }
    return {"labeller": name, **figures, "expects": experience.expects(), "missed": missed}


async def measure(settings: Settings, arguments: argparse.Namespace, models: Shared) -> list[dict[str, Any]]:
    """Run every labeller in turn, and return the figures.

    Args:
      settings: settings of the run.
      arguments: command line.
      models: engine and checker.
    """
    recipe = recipe_of(settings)
    questions = await find_wrong(settings, models, recipe, arguments.solutions)
    rows = []
    for name in arguments.labellers:
        models.rewind()
        rows.append(await bench(name, questions, models, recipe))
        if arguments.record:
            models.save(arguments.record)
        print({key: value for key, value in rows[-1].items() if key != "missed"}, flush=True)
    return rows


async def with_models(settings: Settings, arguments: argparse.Namespace, fleet: Fleet) -> list[dict[str, Any]]:
    """Run `measure` on the running engine, whose shell needs an event loop.

    Args:
      settings: settings of the run.
      arguments: command line.
      fleet: actors that are running.
    """
    return await measure(settings, arguments, Shared(RemoteModels(fleet.generators, fleet.checkers, CallPatience())))


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--solutions", type=int, default=100)
    parser.add_argument("--levels", nargs="+", default=["multiply_add", "add_subtract_small"])
    parser.add_argument("--template", default="few_shot_word_problems")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--engine", default="vllm")
    parser.add_argument("--labellers", nargs="+", default=EVERY, metavar="NAME[:key=value,…]")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep every rollout, for --replay")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="rollouts of a recording instead of an engine")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per labeller")
    arguments = parser.parse_args()
    if arguments.solutions < 1:
        parser.error("expected at least 1 solution")
    if arguments.replay and not arguments.replay.is_file():
        parser.error(f"there is no recording {arguments.replay}")
    check_writable(parser, arguments.json, arguments.record)
    try:
        rows = run(arguments)
    except BadInput as error:
        parser.error(str(error))
    arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=140).print(table(rows))


def run(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure on a running engine, or on a recording. Raises `BadInput`."""
    for name in arguments.labellers:
        labeller_of(name)
    with tempfile.TemporaryDirectory(prefix="bench-labels-") as folder:
        settings = settings_for(arguments, folder)
        if arguments.replay:
            return asyncio.run(measure(settings, arguments, Shared(None, arguments.replay)))
        with connected("local"), launched(settings) as fleet:
            return asyncio.run(with_models(settings, arguments, fleet))


if __name__ == "__main__":
    main()
