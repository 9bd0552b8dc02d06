"""Benchmark of exports: speed and memory of `factory export` as a process of its own.

    python -m tools.bench.export --questions 125000 --format sft --format prm --json bench.json

The records are made of random words: `--solutions` per question, each with `--steps` steps of 30 words, half of them
right. The real shard writer commits them, `--unit-size` questions per object. `--dir` keeps them for the next time.
Memory is the resident size of the process and of all it starts, added up (pages they share count twice), sampled ten
times a second. Arguments behind `--` go to `factory export`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pyarrow as pa

from factory.export.imported import NO_COST
from factory.records.record import to_batch
from factory.records.schema import SCHEMA, SCHEMA_VERSION
from factory.records.tally import tally
from factory.shards.commits import commit, shards
from factory.types import Sampling, content_id

WORDS_PER_STEP = 30
# Different steps.
STEPS = 1 << 16
# Questions with solutions of their own: 30 MB, many times the window in which zstd sees repetitions.
DISTINCT = 4096
LIMIT_S = 3600.0


def vocabulary(seed: int) -> list[str]:
    """Return steps of random words and numbers."""
    rng = Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(2, 9))) for _ in range(4096)]
    words += [str(rng.randint(0, 999)) for _ in range(512)]
    return [" ".join(rng.choices(words, k=WORDS_PER_STEP)) for _ in range(STEPS)]


def question_row(number: int, steps: Sequence[str], n_solutions: int, n_steps: int) -> dict[str, Any]:
    """Return a record of random words.

    Args:
      number: number of the question; the seed of its words.
      steps: steps to choose from.
      n_solutions: solutions of the question.
      n_steps: steps of each solution.
    """
    rng = Random(number)
    question = rng.choice(steps)
    return {
        **dict.fromkeys(SCHEMA.names),
        "question_id": content_id(question),
        "source": "bench",
        "question": question,
        "gold_answer": str(number),
        "answer_kind": "math",
        "metadata": [],
        "solutions": [_solution(rng, steps, n_steps) for _ in range(n_solutions)],
        "tree": [],
        "cost": NO_COST,
        "status": "ok",
        "run_id": "bench",
        "seed": number,
        "schema_version": SCHEMA_VERSION,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }


def _solution(rng: Random, steps: Sequence[str], n_steps: int) -> dict[str, Any]:
    """Return a solution of random steps, right or wrong with equal chance, with labels that fit."""
    # Labels say +1 before the first wrong step and -1 from there on.
    texts = rng.choices(steps, k=n_steps)
    right = rng.random() < 0.5
    wrong_from = n_steps if right else rng.randrange(n_steps)
    text = "\n".join(texts)
    return {
        "solution_id": content_id(text),
        "text": text,
        "steps": [
            {
                "text": step,
                "n_trials": (trials := rng.randint(1, 16)),
                "n_successes": (successes := rng.randint(0, trials)),
                "mc_value": successes / trials,
                "label": 1 if index < wrong_from else -1,
                "confidence": rng.random(),
            }
            for index, step in enumerate(texts)
        ],
        "step_ends": [len(text)] * n_steps,
        "step_tokens": [WORDS_PER_STEP] * n_steps,
        "final_answer": str(rng.randint(0, 999)),
        "verdict": "correct" if right else "incorrect",
        "verdict_reason": "exact values compared",
        "verdict_parts": None,
        "first_error": -1 if right else wrong_from,
        "contradicted": False,
        "labeller": "omegaprm",
        "label_calls": 16,
        "label_wishes": None,
        "method": "sample",
        "start_depth": 0,
        "counted_at": None,
        "occurrences": 1,
        "probes": 0,
        "hinted": False,
        "round": 0,
        "engine": "bench",
        "model": "none",
        "model_revision": "0123456789abcdef",
        "prompt_id": "0123456789abcdef",
        "sampling": asdict(Sampling()),
        "prompt_tokens": 100,
        "completion_tokens": n_steps * WORDS_PER_STEP,
        "finish_reason": "stop",
        "checker": "math_answer/2",
        "checker_policy": "0123456789abcdef",
    }


# (batch, tally) of each unit with solutions of its own; filled once in each process that makes records.
_BASE: list[Any] = []


def _begin(seed: int, unit_size: int, n_solutions: int, n_steps: int) -> None:
    """Fill `_BASE` when a process of the pool starts."""
    steps = vocabulary(seed)
    for first in range(0, DISTINCT, unit_size):
        rows = [question_row(number, steps, n_solutions, n_steps) for number in range(first, first + unit_size)]
        _BASE.append((to_batch(rows), tally(rows)))


def commit_units(folder: str, units: Sequence[tuple[int, int]]) -> int:
    """Commit units, each given by the numbers of its first question and of the one behind its last."""
    for first, end in units:
        batch, counted = _BASE[first // (end - first) % len(_BASE)]
        # Solutions repeat from unit to unit; questions do not, as in a run.
        texts = [
            f"{text} {number}" for text, number in zip(batch["question"].to_pylist(), range(first, end), strict=True)
        ]
        unit_id = f"{first:012}"
        own = {"question": texts, "question_id": [*map(content_id, texts)], "unit_id": [unit_id] * len(texts)}
        for name, values in own.items():
            batch = batch.set_column(batch.schema.get_field_index(name), name, pa.array(values))
        commit(folder, unit_id, batch, counted)
    return len(units)


def make_records(folder: str, arguments: argparse.Namespace) -> None:
    """Make all records, in two processes that have ended when the export is measured."""
    size = arguments.unit_size
    units = [(first, first + size) for first in range(0, arguments.questions, size)]
    chunks = [units[start : start + 64] for start in range(0, len(units), 64)]
    how = (arguments.seed, size, arguments.solutions, arguments.steps)
    with ProcessPoolExecutor(2, get_context("spawn"), initializer=_begin, initargs=how) as pool:
        for number, _ in enumerate(pool.map(partial(commit_units, folder), chunks), start=1):
            if number % 10 == 0 or number == len(chunks):
                print(f"records: {number} of {len(chunks)} parts made", file=sys.stderr)


def measured(command: Sequence[str]) -> tuple[float, float, int]:
    """Run a command and return its seconds, its CPU seconds and its peak of resident bytes.

    CPU and memory include the processes that it starts. Raises `SystemExit` when it fails or takes too long.
    """
    started, before, peak = time.perf_counter(), os.times(), 0
    with subprocess.Popen(command) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, sum(_resident(watched)))
            if time.perf_counter() - started > LIMIT_S:
                process.kill()
                raise SystemExit(f"the export was killed: it took more than {LIMIT_S:.0f} s; give fewer --questions")
            time.sleep(0.1)
        if process.returncode:
            raise SystemExit(process.returncode)
    # CPU time of a child is counted here once it has ended.
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - started, cpu_s, peak


def _resident(process: psutil.Process) -> Iterator[int]:
    """Yield the resident bytes of a process and of all that it started; those that end meanwhile are left out."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        try:
            yield one.memory_info().rss
        except psutil.NoSuchProcess:
            continue


def main(given: Sequence[str] | None = None) -> None:
    """Run the benchmark that the command line describes; print and save its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=125_000, help="questions to make (default: 125000)")
    parser.add_argument("--solutions", type=int, default=8, help="solutions per question (default: 8)")
    parser.add_argument("--steps", type=int, default=4, help="steps per solution (default: 4)")
    parser.add_argument("--unit-size", type=int, default=16, help="questions per object (default: 16)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random words (default: 0)")
    parser.add_argument(
        "--format", action="append", default=[], help="format to export; may be repeated (default: sft and prm)"
    )
    parser.add_argument(
        "--dir", type=Path, help="folder of the records; they are made when it has none (default: a temporary one)"
    )
    parser.add_argument("--json", type=Path, help="where the figures are saved")
    parser.add_argument("more", nargs="*", help="more options of `factory export`")
    arguments = parser.parse_args(given)
    if arguments.dir:
        arguments.dir.mkdir(parents=True, exist_ok=True)
    # The export is written to the disk that the records are on.
    with tempfile.TemporaryDirectory(prefix="bench-export-", dir=arguments.dir and arguments.dir.parent) as scratch:
        run = str(arguments.dir or f"{scratch}/run")
        if not shards(run):
            make_records(run, arguments)
        # Export as a user does, in a process of its own.
        formats = arguments.format or ["sft", "prm"]
        options = [part for name in formats for part in ("--format", name)]
        out = f"{scratch}/out"
        command = [sys.executable, "-m", "tools.cli", "export", run, out, *options, *arguments.more]
        seconds, cpu_s, peak = measured(command)
        # The export's own manifest says how much it read and wrote.
        manifest = json.loads(Path(out, "manifest.json").read_text(encoding="utf-8"))
        rows = {
            f"{name} {split}": part["rows"]
            for name, config in manifest["configs"].items()
            for split, part in config["splits"].items()
        }
        figures = {
            "records": manifest["records"],
            "solutions": manifest["solutions"],
            "objects": len(manifest["runs"][0]["shards"]),
            "formats": formats,
            "options": arguments.more,
            "seconds": round(seconds, 1),
            "cpu_s": round(cpu_s, 1),
            "solutions_per_s": round(manifest["solutions"] / seconds),
            "rows": rows,
            "rows_per_s": round(sum(rows.values()) / seconds),
            "peak_rss_mb": round(peak / 1e6),
            "mb_written": round(sum(path.stat().st_size for path in Path(out, "data").rglob("*.*")) / 1e6, 1),
        }
    print(json.dumps(figures, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
