"""Benchmark of the engine: tokens/s of the same requests through the factory and through plain `LLM.generate`.

    python -m tools.bench.engine --json bench.json

256 questions behind one few-shot prompt are answered greedily, so that both sides do the same work. One side is the
whole path of a run: rollout workers, micro-batches, generator actor, answer checker, committed shards. The other is one
call of vLLM's own `LLM.generate` in a process with the same environment. Both engines are loaded throughout; rounds
alternate, each with questions of its own, after a warm-up of both. Prints output tokens/s of both sides and their
ratio, and saves them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ray

from actors.engine_runtime.hardware import cpu_has_bfloat16
from actors.engines.vllm import engine_arguments, environment
from actors.models.resolve import local_model
from cluster.connect import connected
from factory.rollouts.prompting import load_prompt, render
from factory.shards.units import cut
from factory.types import Question
from pipelines.planning.plan import sizes_of
from pipelines.run.engine_pools import launched
from pipelines.run.fleet import Fleet
from pipelines.run.settings import Settings, from_mapping
from tools.one_line import exit_status


class PlainEngine:
    """Engine as vLLM's documentation shows it: one `LLM`, one call for all prompts."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        # Imported in the actor, whose environment vLLM reads when it is imported.
        from vllm import LLM

        self._llm = LLM(**arguments, disable_log_stats=True)

    def generate(self, prompts: list[str], max_tokens: int, stop: list[str]) -> tuple[int, float]:
        """Return (output tokens, seconds) of one call.

        Args:
          prompts: texts of the prompts.
          max_tokens: limit of each answer, in tokens.
          stop: texts that end an answer.
        """
        from vllm import SamplingParams

        sampling = SamplingParams(temperature=0.0, max_tokens=max_tokens, stop=stop)
        started = time.monotonic()
        outputs = self._llm.generate(prompts, sampling, use_tqdm=False)
        seconds = time.monotonic() - started
        return sum(len(sample.token_ids) for output in outputs for sample in output.outputs), seconds


def settings_for(arguments: argparse.Namespace, folder: str) -> Settings:
    """Return settings with one greedy sample per question and no probes: as many requests as questions."""
    return from_mapping(
        {
            "run": {"dir": folder, "unit_size": 16},
            "model": arguments.model,
            "source": {
                "kind": "procedural",
                "n": arguments.requests * (arguments.rounds + 1),
                "levels": ["multiply_add"],
            },
            "prompt": {"template": "few_shot_multiply_add"},
            "sampling": {"temperature": 0.0, "max_tokens": arguments.max_tokens},
            "engine": {"kind": "vllm"},
            "search": {"method": "sample", "n": 1},
            "supervision": {"method": "omegaprm", "k": 0, "searches": 0},
            "cluster": {"workers": arguments.workers},
        }
    )


def through_the_factory(settings: Settings, fleet: Fleet, questions: list[Question]) -> tuple[int, float]:
    """Return (output tokens as the engine counted them, seconds) of all units of `questions`, handed out at once.

    Args:
      settings: settings of the run.
      fleet: its running actors.
      questions: questions of this round.

    Raises:
      SystemExit: a question is missing in the results.
    """
    before = _output_tokens(fleet)
    units = list(cut(questions, sizes_of(settings), settings.fingerprint))
    started = time.monotonic()
    # All units at once, in turn to the workers: the engine, not the driver, has to be the limit.
    runs = [
        fleet.workers[index % len(fleet.workers)].run.remote(unit, fleet.assignment) for index, unit in enumerate(units)
    ]
    receipts = ray.get(runs, timeout=1800)
    seconds = time.monotonic() - started
    if sum(receipt.tally.questions for receipt in receipts) != len(questions):
        back = sum(receipt.tally.questions for receipt in receipts)
        raise SystemExit(f"{back} of {len(questions)} questions came back, expected all; see the messages above")
    return _output_tokens(fleet) - before, seconds


def _output_tokens(fleet: Fleet) -> int:
    """Return the tokens that all engines have written so far."""
    stats = ray.get([actor.stats.remote() for actor in fleet.generators], timeout=60)
    return int(sum(stat["output_tokens"] for stat in stats))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Alternate both sides and return the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as folder:
        # Phase 1: cut the questions into sets, one per round and one to warm up.
        settings = settings_for(arguments, folder)
        template = load_prompt(settings.prompt.template, settings.prompt.style)
        questions = list(settings.source.plugin.questions(settings.source.config))
        size = arguments.requests
        sets = [questions[start : start + size] for start in range(0, len(questions), size)]
        config = settings.engine.config
        plain_arguments = engine_arguments(config, local_model(settings.model), bfloat16_cpu=cpu_has_bfloat16())
        # Phase 2: load both engines with the same arguments and environment.
        with connected("local"):
            plain = (
                ray.remote(PlainEngine)
                .options(num_cpus=0, num_gpus=config.num_gpus, runtime_env={"env_vars": environment(config)})
                .remote(plain_arguments)
            )
            with launched(settings) as fleet:
                sides = {
                    "plain": lambda batch: ray.get(
                        plain.generate.remote(
                            [str(render(template, question)) for question in batch],
                            settings.sampling.max_tokens,
                            list(template.stop),
                        ),
                        timeout=1800,
                    ),
                    "factory": lambda batch: through_the_factory(settings, fleet, batch),
                }
                # Phase 3: warm up, then measure. The side that begins changes with every round.
                for side in sides.values():
                    side(sets[0])
                rounds = []
                for number, batch in enumerate(sets[1:]):
                    order = list(sides) if number % 2 else list(reversed(sides))
                    results = {name: sides[name](batch) for name in order}
                    rounds.append(
                        {name: {"tokens": results[name][0], "seconds": round(results[name][1], 3)} for name in sides}
                    )
                    print(f"round {number + 1}: {rounds[-1]}", flush=True)
            ray.kill(plain)
    # Tokens of all rounds over seconds of all rounds: a mean of ratios would weigh short rounds too much.
    speed = {name: sum(r[name]["tokens"] for r in rounds) / sum(r[name]["seconds"] for r in rounds) for name in sides}
    return {
        "requests": size,
        "rounds": rounds,
        "plain_tokens_per_s": round(speed["plain"], 1),
        "factory_tokens_per_s": round(speed["factory"], 1),
        "ratio": round(speed["factory"] / speed["plain"], 4),
        "engine": asdict(config),
    }


def main() -> None:
    """Run the benchmark that the command line describes; save its figures and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=256, help="questions per round (default: 256)")
    parser.add_argument(
        "--rounds", type=int, default=2, help="rounds measured after a warm-up of both sides (default: 2)"
    )
    parser.add_argument("--max-tokens", type=int, default=32, help="limit of each answer (default: 32)")
    parser.add_argument("--model", default="smollm2-135m", help="model that both sides load (default: smollm2-135m)")
    parser.add_argument("--workers", type=int, default=1, help="rollout workers of the factory (default: 1)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    figures = measure(arguments)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(
        f"plain LLM.generate {figures['plain_tokens_per_s']} tokens/s, through the factory "
        f"{figures['factory_tokens_per_s']} tokens/s, ratio {figures['ratio']}"
    )


if __name__ == "__main__":
    sys.exit(exit_status(main))
