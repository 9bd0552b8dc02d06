"""Soak test of a checker: a long run of hostile outputs through a real actor, whose workers are killed at random.

    python -m tools.checker_audit.soak --outputs 100000 --kill-every 1 --json soak.json

Counts verdicts that were lost, swapped (they name an answer that their text does not state), wrong (for the ordinary
outputs, whose verdict is known) or undecided (their checks were killed at each repetition, or had no time), and watches
the memory of the actor and its zygote. Exit status 1 for any of these.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import ray

from actors.answer_checker import AnswerChecker
from actors.checking.pool import KILLED_FROM_OUTSIDE
from cluster.connect import connected
from factory.answers.extraction.extract import final_answer
from factory.checkers.math_answer import Config
from factory.errors import FactoryError
from factory.types import Outcome, Verdict
from tools.checker_audit.fuzz_answers import FuzzItem, items
from tools.one_line import exit_status

_KILLED_EACH_TIME = {f"the worker died with status {status}" for status in (None, *KILLED_FROM_OUTSIDE)}
BATCH, IN_FLIGHT = 100, 4
HANG_S = 120.0  # a batch without an answer for so long is one


class ActorWatch(threading.Thread):
    """Watch on an actor: its memory twice a second; every `kill_every_s` one of its workers is killed."""

    def __init__(self, pid: int, kill_every_s: float, seed: int) -> None:
        super().__init__(daemon=True)
        self._actor = psutil.Process(pid)
        self._kill_every_s = kill_every_s
        self._rng = random.Random(seed)
        self._done = threading.Event()
        self.killed = 0
        self.memory_mb: dict[str, list[float]] = {"actor": [], "zygote": [], "workers": []}

    def run(self) -> None:
        """Watch until `stop`."""
        killed_at = time.monotonic()
        while not self._done.wait(0.5):
            try:
                zygotes = [child for child in self._actor.children() if "actors.checking.zygote" in child.cmdline()]
                workers = [worker for zygote in zygotes for worker in zygote.children()]
                for name, processes in (("actor", [self._actor]), ("zygote", zygotes), ("workers", workers)):
                    self.memory_mb[name].append(sum(process.memory_info().rss for process in processes) / 2**20)
                if self._kill_every_s and workers and time.monotonic() - killed_at >= self._kill_every_s:
                    killed_at = time.monotonic()
                    self._rng.choice(workers).kill()
                    self.killed += 1
            except psutil.Error:
                # One of them ended while we looked.
                continue

    def stop(self) -> None:
        """End the watch."""
        self._done.set()
        self.join(10)


class Judgement:
    """Counts of the verdicts."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.undecided: list[str] = []
        self.swapped: list[str] = []

    def add(self, item: FuzzItem, verdict: Verdict) -> None:
        """Count a verdict."""
        self.outcomes[verdict.outcome] += 1
        if item.expected is not None and verdict.outcome is not item.expected:
            # A check that was killed at each repetition, or had no time, is no wrong verdict; an exception in it is.
            given_up = verdict.outcome is Outcome.TIMEOUT or verdict.reason in _KILLED_EACH_TIME
            missed = self.undecided if given_up else self.wrong
            missed.append(f"{item.question.gold} / {item.text}: {verdict.outcome} ({verdict.reason})")
        stated = final_answer(item.text, tail_chars=Config().tail_chars)
        if verdict.answer is not None and not (stated or "").startswith(verdict.answer):
            self.swapped.append(f"{item.text!r}: {verdict.answer!r}")


def soak(outputs: int, workers: int, kill_every_s: float, seed: int) -> dict[str, Any]:
    """Check items and return the figures. Needs a connected Ray.

    Args:
      outputs: how many items.
      workers: processes of the checker.
      kill_every_s: seconds between two kills.
      seed: seed of the items.
    """
    checker = ray.remote(AnswerChecker).options(num_cpus=0).remote("math_answer", {}, workers=workers)
    ray.get(checker.ready.remote(), timeout=120)
    pid = ray.get(checker.__ray_call__.remote(lambda self: psutil.Process().pid), timeout=60)
    watch, judgement = ActorWatch(pid, kill_every_s, seed), Judgement()
    watch.start()
    stream = items(outputs, seed)
    in_flight: dict[Any, tuple[list[FuzzItem], float]] = {}
    lost, slowest_batch_s, started = 0, 0.0, time.monotonic()
    shown = started
    while True:
        while len(in_flight) < IN_FLIGHT and (batch := list(islice(stream, BATCH))):
            in_flight[checker.check.remote([(item.question, item.text) for item in batch])] = (batch, time.monotonic())
        if not in_flight:
            break
        answered, _ = ray.wait(list(in_flight), timeout=HANG_S)
        if not answered:
            raise FactoryError(f"no batch was answered within {HANG_S:.0f} s: the checker hangs")
        batch, sent = in_flight.pop(answered[0])
        verdicts = ray.get(answered[0])
        lost += len(batch) - len(verdicts)
        slowest_batch_s = max(slowest_batch_s, time.monotonic() - sent)
        for item, verdict in zip(batch, verdicts, strict=False):
            judgement.add(item, verdict)
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            print(f"{judgement.outcomes.total():,} of {outputs:,}, {watch.killed} workers killed", file=sys.stderr)
    seconds = time.monotonic() - started
    watch.stop()
    stats = ray.get(checker.stats.remote(), timeout=60)
    ray.get(checker.close.remote(), timeout=60)
    ray.kill(checker)
    return {
        "outputs": outputs,
        "seed": seed,
        "seconds": round(seconds, 1),
        "checks_per_s": round(outputs / seconds, 1),
        "slowest_batch_s": round(slowest_batch_s, 2),
        "lost": lost,
        "swapped": judgement.swapped,
        "wrong": judgement.wrong,
        "undecided": judgement.undecided,
        "outcomes": {str(outcome): count for outcome, count in judgement.outcomes.items()},
        "workers_killed": watch.killed,
        "memory_mb": {name: _growth(values) for name, values in watch.memory_mb.items()},
        "checker": stats,
    }


def _growth(values: list[float]) -> dict[str, float]:
    """Return the medians of the second, the sixth and the last tenth, and the peak.

    Memory that grows at first is caches of a fixed size; a leak shows between middle and late.
    """
    tenth = max(1, len(values) // 10)
    tenths = {"early": values[tenth : 2 * tenth], "middle": values[5 * tenth : 6 * tenth], "late": values[-tenth:]}
    medians = {name: round(statistics.median(part or [0.0]), 1) for name, part in tenths.items()}
    return {**medians, "peak": round(max(values, default=0.0), 1)}


def main() -> int:
    """Run the test from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outputs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2, help="worker processes of the checker")
    parser.add_argument("--kill-every", type=float, default=1.0, help="seconds between kills, 0 for none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    with connected("local"):
        figures = soak(arguments.outputs, arguments.workers, arguments.kill_every, arguments.seed)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    shown = {**figures, **{name: len(figures[name]) for name in ("swapped", "wrong", "undecided")}}
    print("\n".join(f"{name:16} {value}" for name, value in shown.items()))
    return int(any(figures[name] for name in ("lost", "swapped", "wrong", "undecided")))


if __name__ == "__main__":
    sys.exit(exit_status(main))
