"""Memory of a rollout worker over many questions: the worker's own path in one process, on the simulated engine.

    python -m tools.bench.worker_memory --questions 2000 --json OUT

Questions go through begin, work and row as in `actors/assigned_work.py`, some at a time, and rows are dropped in units
of 16. No two have the same texts. Prints the memory of the process and what of it Python's objects take, ten times.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from factory.sources import simulated as source
from tools.bench.worker_memory.worker import Worker
from tools.one_line import exit_status


async def measure(
    questions: int, n: int, steps: int, in_flight: int, *, words: int = 30, looks: int = 10
) -> list[dict[str, Any]]:
    """Work on `questions` questions and return what the memory was, after each of `looks` equal parts.

    Args:
      questions: number of questions.
      n: samples of each; probes come on top.
      steps: steps of a solution.
      in_flight: questions that are worked on at a time.
      words: tokens of a step.
      looks: number of rows.

    Returns:
      Rows with `questions` done, `rollouts` made, `rss_mb` of the process, `python_mb` of objects (0 where
      `tracemalloc` does not run).
    """
    worker, rows = Worker(n, steps, words), []
    todo = iter(source.questions(source.Config(n=questions)))
    while part := [*islice(todo, max(1, questions // looks))]:
        await worker.run(part, in_flight)
        del part
        gc.collect()
        rows.append(
            {
                "questions": worker.questions,
                "rollouts": worker.rollouts,
                "rss_mb": round(psutil.Process().memory_info().rss / 1e6, 1),
                "python_mb": round(tracemalloc.get_traced_memory()[0] / 1e6, 2),
            }
        )
    return rows


def main() -> None:
    """Measure what the command line asks for; save the rows and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=2000, help="questions in all (default: 2000)")
    parser.add_argument("--n", type=int, default=8, help="samples of a question (default: 8)")
    parser.add_argument("--steps", type=int, default=8, help="steps of a solution (default: 8)")
    parser.add_argument("--in-flight", type=int, default=64, help="questions at a time (default: 64)")
    parser.add_argument("--trace", action="store_true", help="count Python's objects, too; three times as slow")
    parser.add_argument("--json", type=Path, required=True, help="where the rows are saved")
    arguments = parser.parse_args()
    if arguments.trace:
        tracemalloc.start()
    rows = asyncio.run(measure(arguments.questions, arguments.n, arguments.steps, arguments.in_flight))
    arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    table = Table("questions", "rollouts", "memory of the process, MB", "Python's objects, MB")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(exit_status(main))
