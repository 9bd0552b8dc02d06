r"""Benchmark of the labellers on a real model's own mistakes, against the exact truth of every arithmetic step.

    python -m tools.bench.real_labels --every-solution --json bench.json --record made.jsonl --solutions 40 \
        --samples 12 --labellers math_shepherd:confidence=0,k=16
    python -m tools.bench.real_labels --every-solution --json bench.json --replay made.jsonl --solutions 40 --orders 8
    python -m tools.bench.real_labels --every-solution --json bench.json --replay made.jsonl --solutions 40 --orders 8 \
        --verifier runs/verifier_loop/round_1/model --labellers bayes_bisection fused:equations=false,verifier=prm

It samples every procedural question 8 times. Of questions that the model can solve, but not always, it takes the first
wrong solution whose first wrong step is known by exact arithmetic (`tools/bench/arithmetic_truth.py`), or every such
one. Each labeller looks for that step. All get the same solutions and the same rollouts of a prefix, in the same order,
so a difference is the labellers' own. Columns are those of `tools/bench/step_labels.py`, without rounds and CPU, which
are not measured here; agreement is the share of all solutions whose first error is located exactly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from rich.console import Console

from actors.models.model_store import ensure_local
from actors.remote_models import RemoteModels
from cluster.connect import connected
from factory.errors import BadInput
from factory.labelling.experience import Experience
from factory.labelling.learning import learn
from factory.question_pipeline.recipe import Recipe
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.storage.access import Access
from factory.types import Question
from pipelines.run.engine_pools import launched
from pipelines.run.fleet import Fleet
from pipelines.run.recipes import recipe_of
from pipelines.run.settings import Settings
from tools.bench.real_labels.samples import AT_ONCE, find_wrong, policy_for, settings_for, wrong_samples
from tools.bench.real_labels.shared_rollouts import SharedRollouts
from tools.bench.step_labels import SAMPLES, LabelCounts, check_writable, labeller_of, table
from tools.one_line import exit_status

if TYPE_CHECKING:
    from actors.trained_models.reward_scorer import StepScorer

LABELLERS = (
    "math_shepherd:confidence=0",
    "omegaprm:confidence=0,searches=1",
    "scan:confidence=0",
    "bayes_bisection",
    "bayes_bisection:probes_per_round=4",
)


async def bench(
    name: str, questions: list[Question], models: SharedRollouts, recipe: Recipe, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Run one labeller on all questions, and return its figures.

    Args:
      name: labeller, written `plugin` or `plugin:key=value,…`.
      questions: questions with a wrong sample whose first wrong step is known.
      models: make rollouts and judge them.
      recipe: prompt template, sampling and seed.
      arguments: the command line: how often, what is labelled, how many questions at a time, learning.

    Returns:
      The figures of `LabelCounts`, and in "missed" the solutions whose first error was not located exactly.
    """
    count, missed, started = LabelCounts(), list[dict[str, Any]](), time.monotonic()
    # Without --orders once, in the order of the recording.
    for order in range(1, arguments.orders + 1) if arguments.orders else (0,):
        models.rewind(order)
        experience, gate = Experience(learns=not arguments.no_learning), asyncio.Semaphore(arguments.at_once)
        shuffled = Random(order).sample(questions, len(questions)) if order else questions

        async def one(question: Question, gate: asyncio.Semaphore, experience: Experience) -> None:
            """Label the wrong samples of a question."""
            async with gate:
                policy = policy_for(question, models, recipe)
                missed.extend(await labelled(name, policy, experience, count, arguments))

        await together(one(question, gate, experience) for question in shuffled)
    figures = {
        **count.figures(),
        "rounds": None,
        "cpu_ms_per_solution": None,
        "agreement": round(count.exact / count.solutions, 4),
        "seconds": round(time.monotonic() - started, 1),
    }
    return {"labeller": name, **figures, "expects": experience.expects(), "missed": missed}


async def labelled(
    name: str, policy: Policy, experience: Experience, count: LabelCounts, arguments: argparse.Namespace
) -> list[dict[str, Any]]:
    """Label the wrong samples of one question, add the outcome to `count`, and return the evidence of each miss."""
    labeller, config = labeller_of(name)
    config = replace(config, completer=policy.tree.completer)
    # Sample again: the rollouts are the shared ones, so it is the same wrong sample.
    truths = await wrong_samples(policy, arguments.samples, arguments.every_solution)
    calls, tokens = policy.cost.policy_calls, policy.cost.completion_tokens
    # Label them; count only what that adds to the samples.
    labels = await labeller.label(policy.tree, policy, config, Random(0), experience)
    learn(experience, policy.tree)
    experience.finish(policy.tree.question.key)
    count.completions += policy.cost.policy_calls - calls
    count.tokens += policy.cost.completion_tokens - tokens
    for wrong, truth in truths.items():
        count.add(labels[wrong], truth)
    root = policy.tree.root
    return [
        {
            "question": policy.tree.question.text,
            "text": wrong.text,
            "truth": truth,
            "first_error": labels[wrong].first_error,
            "successes": [root.successes, *(step.n_successes for step in labels[wrong].steps)],
            "trials": [root.trials, *(step.n_trials for step in labels[wrong].steps)],
            "labels": [step.label for step in labels[wrong].steps],
            "confidence": [round(step.confidence, 3) for step in labels[wrong].steps],
        }
        for wrong, truth in truths.items()
        if labels[wrong].first_error != truth
    ]


async def measure(settings: Settings, arguments: argparse.Namespace, models: SharedRollouts) -> list[dict[str, Any]]:
    """Run every labeller in turn, and return their figures.

    Args:
      settings: settings of the run.
      arguments: the command line: labellers, number of solutions, file of the recording.
      models: make rollouts and judge them.
    """
    recipe = recipe_of(settings)
    questions = await find_wrong(settings, models, recipe, arguments)
    rows = []
    for name in arguments.labellers:
        rows.append(await bench(name, questions, models, recipe, arguments))
        # After every labeller: a recording of an interrupted benchmark is still of use.
        if arguments.record:
            models.save(arguments.record)
        print({key: value for key, value in rows[-1].items() if key != "missed"}, flush=True)
    return rows


async def with_models(settings: Settings, arguments: argparse.Namespace, fleet: Fleet) -> list[dict[str, Any]]:
    """Run `measure` on running actors.

    Args:
      settings: settings of the run.
      arguments: the command line.
      fleet: running actors of the run.
    """
    # `RemoteModels` needs a running event loop when it is made.
    remote = RemoteModels(fleet.pools, fleet.checkers, fleet.assignment.patience)
    return await measure(settings, arguments, SharedRollouts(remote, verifier=verifier_of(arguments)))


def verifier_of(arguments: argparse.Namespace) -> StepScorer | None:
    """Return the reward model that the command line names, None where it names none. Raises `BadInput`."""
    if not arguments.verifier:
        return None
    # torch is imported here alone.
    from actors.trained_models.reward_scorer import StepScorer

    return StepScorer(ensure_local(arguments.verifier, Access()))


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--solutions", type=int, default=100, help="questions with a wrong solution to label (default: 100)"
    )
    parser.add_argument(
        "--levels", nargs="+", default=["multiply_add", "add_subtract_small"], help="levels of the procedural questions"
    )
    parser.add_argument("--seed", type=int, default=0, help="draws the questions (default: 0)")
    parser.add_argument(
        "--not-in",
        metavar="RUN",
        action="append",
        default=[],
        help="leave out the questions of this run, and those with the same numbers; may be repeated",
    )
    parser.add_argument("--template", default="few_shot_word_problems", help="prompt template")
    parser.add_argument("--model", default="smollm2-135m", help="model that is sampled (default: smollm2-135m)")
    parser.add_argument(
        "--completer", default="", metavar="MODEL", help="model that makes the rollouts of labellers, if not --model"
    )
    parser.add_argument("--engine", default="vllm", help="engine that runs it (default: vllm)")
    parser.add_argument(
        "--verifier", default="", metavar="PRM", help="reward model that scores steps for labellers that ask one"
    )
    settings = "labellers, with settings (default: five)"
    parser.add_argument("--labellers", nargs="+", default=LABELLERS, metavar="NAME[:key=value,…]", help=settings)
    parser.add_argument("--record", type=Path, metavar="FILE", help="save every rollout there, for --replay")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="take the rollouts of that recording; no engine is started"
    )
    parser.add_argument("--samples", type=int, default=SAMPLES, help="samples of each question (default: 8)")
    parser.add_argument("--every-solution", action="store_true", help="label all of a question's solutions, not one")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="questions at a time (default: 16)")
    parser.add_argument("--no-learning", action="store_true", help="keep the first prior, as run.learn=false does")
    help_orders = "with --replay: sum over so many other orders of questions and rollouts (default: 0)"
    parser.add_argument("--orders", type=int, default=0, help=help_orders)
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per labeller")
    arguments = parser.parse_args()
    if min(arguments.solutions, arguments.samples, arguments.at_once) < 1 or arguments.orders < 0:
        parser.error("expected --solutions, --samples and --at-once of at least 1, and --orders of 0 or more")
    if arguments.orders and not arguments.replay:
        parser.error("--orders: expected --replay, as a recording gives the same rollouts in another order")
    if arguments.replay and not arguments.replay.is_file():
        parser.error(f"--replay: there is no file {arguments.replay}; expected one that --record wrote")
    check_writable(parser, arguments.json, arguments.record)
    try:
        rows = run(arguments)
    except BadInput as error:
        parser.error(str(error))
    arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=140).print(table(rows))


def run(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Start an engine or read a recording, and return the figures of every labeller.

    Raises:
      BadInput: a labeller is unknown, or there are too few questions or recorded rollouts.
    """
    # Refuse a mistyped labeller before an engine is loaded, which takes minutes.
    for name in arguments.labellers:
        labeller_of(name)
    with tempfile.TemporaryDirectory(prefix="bench-labels-") as folder:
        settings = settings_for(arguments, folder)
        if arguments.replay:
            models = SharedRollouts(None, arguments.replay, verifier_of(arguments))
            return asyncio.run(measure(settings, arguments, models))
        with connected("local"), launched(settings) as fleet:
            return asyncio.run(with_models(settings, arguments, fleet))


if __name__ == "__main__":
    sys.exit(exit_status(main))
