r"""Searches on a simulated policy and a verifier of known quality, against theory (`laws.py`), in this process.

    python -m tools.bench.search_theory --json OUT --plot OUT.png

Three tables: best of N for growing N, with the law of each and its limit; searches that sample as many tokens as best
of 16, with good, late, misled and over-optimised verifiers; rStar's choice against a plain vote of its candidates.
Accuracies are those of the solution that a search selects; the number behind is its standard error. "law" is exact
(that of weighted votes is drawn 40,000 times). Everything is drawn from `--seed`.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.bench.search_theory import laws
from tools.bench.search_theory.cases import Case, curves, rstar_cases, searches
from tools.bench.search_theory.trials import tried
from tools.bench.step_labels import check_writable
from tools.one_line import exit_status


def measured(cases: Sequence[Case], questions: int, seed: int) -> list[dict[str, Any]]:
    """Try cases one after the other, and return their figures.

    Args:
      cases: what to try.
      questions: questions of each.
      seed: seed of questions and samples.
    """
    rows = []
    for case in cases:
        result = asyncio.run(tried(case.setting, case.method, case.settings, questions, seed))
        named = {"name": case.name, "group": case.group, "method": case.method, "settings": dict(case.settings)}
        row = {**named, "law": case.law, "limit": case.limit, "questions": questions, **asdict(result)}
        if case.method == "rstar":
            samples = round(result.tokens / case.setting.tokens)
            row["law"] = laws.majority(samples, case.setting.right, case.setting.policy.common)
        rows.append(row)
    return rows


def over_n(rows: Sequence[dict[str, Any]]) -> Table:
    """Return best of N as a table: a search in each row, N in the columns."""
    amounts = list(dict.fromkeys(row["group"] for row in rows))
    table = Table("best of N by", *(f"N = {n}: measured, law" for n in amounts), "limit")
    for name in dict.fromkeys(row["name"] for row in rows):
        of_name = [row for row in rows if row["name"] == name]
        table.add_row(name, *(f"{_accuracy(row)}, {row['law']:.3f}" for row in of_name), f"{of_name[0]['limit']:.0f}")
    return table


def at_equal_budget(rows: Sequence[dict[str, Any]]) -> Table:
    """Return searches as a table: a verifier in each row, a search in each column, laws in brackets."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    tokens = {row["name"]: row["tokens"] for row in rows}
    table = Table("verifier", *(f"{name}\n{tokens[name]:.0f} tokens" for name in names))
    for group in dict.fromkeys(row["group"] for row in rows):
        of_group = [row for row in rows if row["group"] == group]
        cells = [_accuracy(row) + (f" ({row['law']:.3f})" if row["law"] is not None else "") for row in of_group]
        table.add_row(group, *cells)
    return table


def against_votes(rows: Sequence[dict[str, Any]]) -> Table:
    """Return rStar's choice beside a plain vote of the same candidates, and best of N by majority at its price."""
    columns = ("rStar's choice", "vote of the same candidates", "difference", "tokens", "majority of as many (law)")
    table = Table("wrong answers", "search", *columns)
    for row in rows:
        gain = f"{row['accuracy'] - row['votes']:+.3f} ± {row['gain_error']:.3f}"
        cells = (_accuracy(row), f"{row['votes']:.3f}", gain, f"{row['tokens']:.0f}", f"{row['law']:.3f}")
        table.add_row(row["group"], row["name"], *cells)
    return table


def _accuracy(row: dict[str, Any]) -> str:
    return f"{row['accuracy']:.3f} ± {row['error']:.3f}"


def main() -> None:
    """Run what the command line describes, print the tables and save the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=400, help="questions of each case (default: 400)")
    parser.add_argument("--seed", type=int, default=0, help="seed of questions and samples (default: 0)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    parser.add_argument("--plot", type=Path, help="where a plot of best of N and of the searches is saved (PNG)")
    arguments = parser.parse_args()
    if arguments.questions < 2:
        parser.error("expected --questions of 2 or more")
    if arguments.plot and importlib.util.find_spec("matplotlib") is None:
        parser.error("--plot needs matplotlib: pip install matplotlib")
    check_writable(parser, arguments.json, arguments.plot)
    console, figures = Console(width=170), {}
    for part, cases, table in (
        ("best_of_n", curves(), over_n),
        ("equal_budget", searches(), at_equal_budget),
        ("rstar", rstar_cases(), against_votes),
    ):
        figures[part] = measured(cases, arguments.questions, arguments.seed)
        console.print(table(figures[part]))
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if arguments.plot:
        from tools.bench.search_theory.plot import accuracies

        accuracies(figures["best_of_n"], figures["equal_budget"], arguments.plot)


if __name__ == "__main__":
    sys.exit(exit_status(main))
