"""Benchmark of a scorer behind an actor: tokens per second against a plain loop over transformers.

    python -m tools.bench.scoring --json OUT [--model runs/prm/model]

A process reward model (by default the embedded model with an untrained head: its weights do not change its speed) reads
the same made-up solutions in two ways, in turn: as the engine `scorer`, asked by so many coroutines as a run does
(`RemoteModels.score`), and in a plain loop in batches of a fixed size, in the order in which they come ("as they come")
and sorted by length ("by length"). Both have a process with the same threads. The columns:

* tokens/s: tokens read, without padding, by the clock; ratio: the scorer's to this one's, of the sums over all rounds;
* CPU: seconds of the process per 1,000 tokens, which other load on the machine changes little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import ray
from rich.console import Console
from rich.table import Table

from actors.calls import CallPatience
from actors.generator import Generator, generator_options
from actors.models.resolve import resolve_model
from actors.remote_models import RemoteModels
from actors.training.heads import CLASSES, SEPARATOR
from cluster.connect import connected
from factory.types import Question
from pipelines.driving.lifetimes import actor_scope
from tools.bench.scoring.plain_loop import PlainLoop, Speed, loop_environment
from tools.bench.step_labels import check_writable
from tools.one_line import exit_status

WAIT_S = 600.0
SCORER, ORDERED, SORTED = "scorer", "plain, as they come", "plain, by length"
_WORDS = (
    "there",
    "are",
    "seven",
    "bags",
    "of",
    "apples",
    "so",
    "12",
    "+",
    "30",
    "=",
    "42",
    "each",
    "then",
    "we",
    "add",
)

Solution = tuple[Question, tuple[str, ...]]


def solutions(count: int, seed: int) -> list[Solution]:
    """Return made-up questions with solutions of 2 to 12 steps of some words; lengths differ as those of a model do."""
    rng = Random(seed)

    def words(number: float) -> str:
        """Return so many words."""
        return " ".join(rng.choice(_WORDS) for _ in range(max(3, round(number))))

    return [
        (
            Question(text=f"{number}: {words(30)}?", gold="42"),
            tuple(f"{words(rng.lognormvariate(2.5, 0.5))}.\n" for _ in range(rng.randint(2, 12))),
        )
        for number in range(count)
    ]


@contextmanager
def reward_model(name: str) -> Iterator[str]:
    """Yield the folder of a reward model; without a name that of the embedded model with an untrained head."""
    if name:
        yield str(Path(resolve_model(name)).resolve())
        return
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    base = resolve_model("smollm2-135m")
    config = transformers.AutoConfig.from_pretrained(base, id2label=CLASSES, classifier_dropout=0.0)
    setattr(config, SEPARATOR, "\n")
    with tempfile.TemporaryDirectory() as folder:
        transformers.AutoModelForTokenClassification.from_pretrained(base, config=config).save_pretrained(folder)
        transformers.AutoTokenizer.from_pretrained(base).save_pretrained(folder)
        yield folder


async def ask(models: RemoteModels, asked: Sequence[Solution], in_flight: int) -> int:
    """Have the solutions scored, so many at a time, and return the tokens that were read."""
    room = asyncio.Semaphore(in_flight)

    async def one(question: Question, steps: Sequence[str]) -> int:
        """Have one solution scored, and return its tokens."""
        async with room:
            return (await models.score("prm", question, steps)).tokens

    return sum(await asyncio.gather(*(one(question, steps) for question, steps in asked)))


def cpu_seconds(actor: Any) -> float:
    """Return the CPU time of an actor's process."""
    return float(ray.get(actor.__ray_call__.remote(lambda _: time.process_time()), timeout=WAIT_S))


def measure(arguments: argparse.Namespace, folder: str) -> Iterator[dict[str, list[Speed]]]:
    """Yield the speeds of all rounds so far, by way, after each."""
    config = {"num_cpus": arguments.threads, "aggregation": "last"}
    speeds: dict[str, list[Speed]] = {name: [] for name in (SCORER, ORDERED, SORTED)}
    environment = {"runtime_env": {"env_vars": loop_environment(arguments.threads)}}
    with actor_scope() as started:
        options = generator_options("scorer", config) | {"num_cpus": 0}
        [engine] = started(1, Generator, options, "scorer", config, folder).values()
        [plain] = started(1, PlainLoop, environment, folder, arguments.batch_size).values()
        ray.get(engine.ready.remote(), timeout=WAIT_S)
        warm = solutions(arguments.batch_size, seed=-1)
        asyncio.run(ask(RemoteModels({"prm": [engine]}, [], CallPatience()), warm, arguments.in_flight))
        ray.get(plain.speed.remote([text_of(*one) for one in warm], by_length=False), timeout=WAIT_S)
        for number in range(arguments.rounds):
            asked = solutions(arguments.solutions, seed=number)
            used, began = cpu_seconds(engine), time.perf_counter()
            tokens = asyncio.run(ask(RemoteModels({"prm": [engine]}, [], CallPatience()), asked, arguments.in_flight))
            seconds = time.perf_counter() - began
            speeds[SCORER].append(Speed(tokens=tokens, seconds=seconds, cpu_seconds=cpu_seconds(engine) - used))
            texts = [text_of(*one) for one in asked]
            for name in (ORDERED, SORTED):
                call = plain.speed.remote(texts, by_length=name == SORTED)
                speeds[name].append(ray.get(call, timeout=100 * seconds + WAIT_S))
            yield speeds


def text_of(question: Question, steps: Sequence[str]) -> str:
    """Return what the model reads, as one text."""
    return "\n".join([question.text, *(step.strip() for step in steps), ""])


def figures(speeds: dict[str, list[Speed]]) -> dict[str, dict[str, float]]:
    """Return what is printed, by way: the sums over all rounds."""
    sums = {
        name: Speed(
            tokens=sum(one.tokens for one in rounds),
            seconds=sum(one.seconds for one in rounds),
            cpu_seconds=sum(one.cpu_seconds for one in rounds),
        )
        for name, rounds in speeds.items()
    }
    mine = sums[SCORER].tokens / sums[SCORER].seconds
    return {
        name: {
            "tokens": total.tokens,
            "tokens_per_s": round(total.tokens / total.seconds, 1),
            "ratio": round(mine / (total.tokens / total.seconds), 3),
            "cpu_seconds_per_1000": round(1000 * total.cpu_seconds / total.tokens, 3),
        }
        for name, total in sums.items()
    }


def table(shown: dict[str, dict[str, float]]) -> Table:
    """Return the figures as a table for the terminal."""
    printed = Table("", "tokens", "tokens/s", "ratio", "CPU")
    for name, row in shown.items():
        printed.add_row(name, *(f"{value:g}" for value in row.values()))
    return printed


def main() -> None:
    """Measure what the command line asks for, save the figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a process reward model (default: an untrained one)")
    parser.add_argument("--solutions", type=int, default=64, help="solutions of a round (default: 64)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, each of all ways in turn (default: 3)")
    parser.add_argument("--in-flight", type=int, default=64, help="solutions that are asked for at once (default: 64)")
    parser.add_argument("--batch-size", type=int, default=16, help="texts of a pass of the plain loop (default: 16)")
    parser.add_argument("--threads", type=int, default=2, help="threads of either process (default: 2)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    if min(arguments.solutions, arguments.rounds, arguments.in_flight, arguments.batch_size, arguments.threads) < 1:
        parser.error("expected at least 1 of everything")
    with reward_model(arguments.model) as folder, connected("local"):
        for speeds in measure(arguments, folder):
            shown = figures(speeds)
            rounds = {name: [asdict(one) for one in each] for name, each in speeds.items()}
            text = json.dumps({"figures": shown, "rounds": rounds}, indent=2)
            arguments.json.write_text(f"{text}\n", encoding="utf-8")
    Console(width=100).print(table(shown))


if __name__ == "__main__":
    sys.exit(exit_status(main))
