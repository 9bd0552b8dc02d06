"""Benchmark of prefix affinity: two vLLM engines, a question's requests to its own engine, or to the engines in turn.

    python -m tools.bench.affinity --json bench.json

Every question is a long text of its own, as the first steps of a long solution are. Its requests come one after the
other, each behind what the one before has sampled, as probes of a solution do; the questions run side by side. The key-
value cache of an engine holds the prefixes of its own share of the questions, but not those of all of them. Both ways
run on the same engines, in rounds that alternate, each round with questions of its own. Prints, for both ways, the
share of prompt tokens that came from a cache, and output tokens/s, and saves them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from actors.calls import CallPatience
from actors.generator import Generator, generator_options
from actors.remote_models import RemoteModels
from cluster.connect import connected
from factory.types import POLICY
from pipelines.driving.lifetimes import actor_scope, answers
from tools.bench.affinity.requests import Totals, ask, engine_config, texts
from tools.one_line import exit_status

WAYS = {"affinity": True, "round robin": False}
START_S = 900.0


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run both ways in alternating rounds on the same engines, and return the figures."""
    config = engine_config(arguments)
    sums = {way: Totals() for way in WAYS}
    with connected("local"), actor_scope() as started:
        made = started(arguments.engines, Generator, generator_options("vllm", config), "vllm", config, arguments.model)
        generators = list(made.values())
        answers([actor.ready.remote() for actor in generators], START_S)
        # The first round warms up and is not counted.
        for number in range(-1, arguments.rounds):
            for way in list(WAYS) if number % 2 else list(reversed(WAYS)):
                prompts = texts(arguments.questions, arguments.words, seed=2 * number + WAYS[way])
                part = asyncio.run(_round(generators, prompts, arguments, affinity=WAYS[way]))
                if number >= 0:
                    sums[way].add(part)
                    print(f"round {number + 1}, {way}: {part.cached:.0%} cached, {part.speed:.1f} tokens/s", flush=True)
    return {
        "engines": arguments.engines,
        "questions": arguments.questions,
        "engine": config,
        "ways": {
            way: {**asdict(total), "cached": round(total.cached, 4), "tokens_per_s": round(total.speed, 2)}
            for way, total in sums.items()
        },
        "speed_ratio": round(sums["affinity"].speed / sums["round robin"].speed, 3),
    }


async def _round(generators: list[Any], prompts: list[str], arguments: argparse.Namespace, *, affinity: bool) -> Totals:
    """Return what one round took, through models of its own, as a rollout worker has them."""
    models = RemoteModels({POLICY: generators}, [], CallPatience(), affinity=affinity)
    return await ask(models, prompts, arguments, asyncio.Semaphore(arguments.at_once))


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", type=int, default=2, help="vLLM engines (default: 2)")
    parser.add_argument("--questions", type=int, default=24, help="questions of a round (default: 24)")
    parser.add_argument("--requests", type=int, default=6, help="requests of a question, in a chain (default: 6)")
    parser.add_argument("--words", type=int, default=300, help="words of a question, two tokens each (default: 300)")
    parser.add_argument("--tokens", type=int, default=8, help="tokens of an answer (default: 8)")
    parser.add_argument("--at-once", type=int, default=8, help="requests in flight (default: 8)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each way, after a warm-up (default: 2)")
    parser.add_argument("--model", default="smollm2-135m", help="model of the engines (default: smollm2-135m)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    figures = measure(arguments)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for way, row in figures["ways"].items():
        print(
            f"{way:12} {row['cached_tokens']:,} of {row['prompt_tokens']:,} prompt tokens cached "
            f"({row['cached']:.0%}), {row['tokens_per_s']} tokens/s"
        )
    print(f"affinity is {figures['speed_ratio']} times as fast")


if __name__ == "__main__":
    sys.exit(exit_status(main))
