"""Benchmark of the time from a completion's end in the engine to its question's next request there.

    python -m tools.bench.round_trip --in-flight 64,256 --json OUT

So many questions ask one simulated engine, which has a slot for each, for one solution after the other; a solution
takes 2 s (`--token`), times a log-normal factor, so that whatever left together ends apart. The worker has the answer
checked in between, unless `--bare`. The columns:

* answered: milliseconds from a completion's end to the question that has it;
* next: milliseconds from a completion's end to the arrival of the question's next request at the engine;
* CPU-s: of the worker and the engine's actor, per 1,000 completions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import ray
from rich.console import Console
from rich.table import Table

from actors.answer_checker import AnswerChecker
from actors.calls import CallPatience
from actors.generator import Generator, generator_options
from actors.remote_models import RemoteModels
from cluster.connect import connected
from factory.sources import simulated
from factory.types import POLICY, GenerateRequest, Question
from pipelines.driving.lifetimes import actor_scope
from tools.bench.step_labels import check_writable
from tools.one_line import exit_status

KIND = "tools.bench.round_trip.timed_engine"
WAIT_S = 60.0


class Asker:
    """Actor in the place of a rollout worker: each of its questions asks for one solution after the other."""

    async def ask(
        self, generators: Sequence[Any], checkers: Sequence[Any], questions: Sequence[Question], seconds: float
    ) -> list[tuple[str, float]]:
        """Return (question, when it had an answer) for `seconds` of asking."""
        models = RemoteModels({POLICY: generators}, checkers, CallPatience())
        end = time.monotonic() + seconds
        had: list[tuple[str, float]] = []

        async def one(question: Question, number: int) -> None:
            """Ask for one solution after the other."""
            asked = 0
            while time.monotonic() < end:
                prompt = f"{question.text}\nThink step by step.\n"
                request = GenerateRequest(question_id=question.id, prompt=prompt, seed=1000 * number + asked)
                asked += 1
                (completion,) = await models.generate(request)
                had.append((question.id, time.monotonic()))
                if checkers:
                    await models.check(question, completion.text)

        await asyncio.gather(*(one(question, number) for number, question in enumerate(questions)))
        return had


def cpu_seconds(actor: Any) -> float:
    """Return the CPU time of an actor's process."""
    return float(ray.get(actor.__ray_call__.remote(lambda _: sum(os.times()[:2])), timeout=WAIT_S))


def measure(arguments: argparse.Namespace, in_flight: int) -> dict[str, Any]:
    """Have `in_flight` questions ask for a while, and return the figures."""
    config = {"slots": in_flight, "token_s": arguments.token, "spread": arguments.spread}
    questions = list(simulated.questions(simulated.Config(n=in_flight)))
    with actor_scope() as started:
        [engine] = started(1, Generator, generator_options(KIND, config), KIND, config, "none").values()
        checkers = list(started(0 if arguments.bare else 1, AnswerChecker, {}, "math_answer", {}).values())
        [asker] = started(1, Asker, {}).values()
        ray.get([engine.ready.remote(), *(one.ready.remote() for one in checkers)], timeout=WAIT_S)
        before = cpu_seconds(asker) + cpu_seconds(engine)
        had = ray.get(
            asker.ask.remote([engine], checkers, questions, arguments.seconds), timeout=20 * arguments.seconds + WAIT_S
        )
        used = cpu_seconds(asker) + cpu_seconds(engine) - before
        log = ray.get(engine.__ray_call__.remote(lambda self: self.engine.log), timeout=WAIT_S)
    return figures(log, had, used) | {"in_flight": in_flight, "checked": not arguments.bare}


def figures(log: Sequence[tuple[str, float, float]], had: Sequence[tuple[str, float]], used: float) -> dict[str, Any]:
    """Return the figures of one measurement.

    Args:
      log: what the engine wrote down, (question, arrival, end), in seconds.
      had: when questions had their answers, (question, time), in seconds.
      used: CPU seconds of worker and engine.
    """
    asked: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for question, arrival, end in log:
        asked[question].append((arrival, end))
    times: dict[str, list[float]] = defaultdict(list)
    for question, at in had:
        times[question].append(at)
    answered, following = [], []
    for question, pairs in asked.items():
        answered += [at - end for (_, end), at in zip(pairs, times[question], strict=True)]
        following += [after[0] - before[1] for before, after in pairwise(pairs)]
    return {
        "completions": len(log),
        "completions_per_s": round(len(log) / (max(end for *_, end in log) - min(at for _, at, _ in log)), 1),
        **{f"answered_{name}": value for name, value in quantiles(answered).items()},
        **{f"next_{name}": value for name, value in quantiles(following).items()},
        "cpu_seconds_per_1000": round(1000 * used / len(log), 3),
    }


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum, in milliseconds."""
    values = np.quantile(seconds, [0.5, 0.99, 1.0]) * 1000
    return {name: round(float(value), 1) for name, value in zip(("p50", "p99", "max"), values, strict=True)}


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    columns = ("completions/s", "answered p50", "p99", "max", "next p50", "p99", "max", "CPU-s")
    printed = Table("in flight", "completions", *columns)
    keys = [f"{what}_{name}" for what in ("answered", "next") for name in ("p50", "p99", "max")]
    for row in rows:
        shown = [f"{row[key]:g}" for key in ("completions_per_s", *keys, "cpu_seconds_per_1000")]
        printed.add_row(str(row["in_flight"]), str(row["completions"]), *shown)
    return printed


def main() -> None:
    """Measure what the command line asks for; save the figures after each, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in-flight", default="64,256", help="questions that ask at once (default: 64,256)")
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of asking (default: 20)")
    parser.add_argument("--token", type=float, default=2 / 241, help="seconds per token (default: 2 s a solution)")
    parser.add_argument("--spread", type=float, default=0.5, help="sigma of the log of a sample's time (default: .5)")
    parser.add_argument("--bare", action="store_true", help="check no answer in between")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved, one object per row")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    try:
        sizes = [int(size) for size in arguments.in_flight.split(",")]
    except ValueError:
        parser.error(f"--in-flight is {arguments.in_flight!r}, expected numbers with commas, such as 64,256")
    if min(sizes) < 1 or arguments.token <= 0 or arguments.seconds <= 0:
        parser.error("expected at least 1 question in flight, and times above 0")
    rows: list[dict[str, Any]] = []
    with connected("local"):
        for size in sizes:
            rows.append(measure(arguments, size))
            arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=130).print(table(rows))


if __name__ == "__main__":
    sys.exit(exit_status(main))
