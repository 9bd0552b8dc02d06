"""Right answers that an audit calls flawed, one by one, to be read; with the truth where exact arithmetic knows it.

    python -m tools.evaluation.audited runs/labelled --json audited.json
    python -m tools.evaluation.audited runs/one runs/other --equations

The runs were labelled with `supervision.audit_correct`; with `--equations` any will do, and what holds a wrong equation
(`factory/equations`) is called flawed, nothing sound. Equal solutions count once. Of procedural questions
`tools/bench/arithmetic_truth.py` knows which step is the first wrong one; of others nobody does, and the list is all
there is. Printed are every flawed
solution with the step that is called wrong, then counts: how many of those called flawed are (precision), and at which
step; how many of the flawed ones were called so (recall); how many of those called sound are not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from factory.errors import BadInput
from factory.evaluation.prm_scores import NO_ERROR
from factory.export.flat_rows import is_right
from factory.labelling.sources import of_equations
from factory.shards.commits import records_of
from factory.text.safe_text import safe
from factory.types import Question
from tools.bench.arithmetic_truth import first_wrong_step
from tools.one_line import exit_status

COLUMNS = ["question_id", "question", "gold_answer", "metadata", "solutions"]


def right_ones(records: Iterable[Mapping[str, Any]], by_equations: bool = False) -> Iterator[dict[str, Any]]:
    """Yield question, steps, `flawed`, the first error that is said and the true one of every right solution.

    Args:
      records: rows of a run.
      by_equations: True goes by the equations of the steps, whatever the rows say.

    Yields:
      A dictionary for each; the true first error is None where it is not known.
    """
    for record in records:
        metadata = dict(record["metadata"] or ())
        asked = Question(text=record["question"], gold=record["gold_answer"] or "", metadata=metadata)
        for solution in record["solutions"] or ():
            if not is_right(solution) or not solution["steps"]:
                continue
            texts = [step["text"] for step in solution["steps"]]
            flawed, said = solution.get("flawed"), solution["first_error"]
            if by_equations:
                opinion = of_equations(texts)
                alarm = opinion is not None and opinion.first_error != NO_ERROR
                flawed, said = alarm or None, opinion.first_error if opinion and alarm else None
            yield {
                "question": record["question"],
                "solution_id": solution["solution_id"],
                "steps": texts,
                "flawed": flawed,
                "said": said,
                "truth": first_wrong_step(asked, texts) if "operations" in metadata else None,
            }


def counted(solutions: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """Return counts and shares over right solutions, and those that are called flawed.

    Args:
      solutions: as `right_ones` yields them.
    """
    counts: Counter[str] = Counter()
    flawed = []
    seen: set[str] = set()
    for one in solutions:
        if one["solution_id"] in seen:
            continue
        seen.add(one["solution_id"])
        counts["right"] += 1
        said = {True: "called flawed", False: "called sound", None: "not told"}[one["flawed"]]
        counts[said] += 1
        if one["flawed"]:
            flawed.append(one)
        if one["truth"] is not None:
            counts[f"{said}, truth known"] += 1
            counts[f"{said}, flawed"] += one["truth"] != NO_ERROR
            counts["flawed"] += one["truth"] != NO_ERROR
            counts["called flawed, exact"] += bool(one["flawed"]) and one["truth"] == one["said"]
    hits, known = counts["called flawed, flawed"], counts["called flawed, truth known"]
    shares = {
        "precision": hits / known if known else None,
        "exact": counts["called flawed, exact"] / known if known else None,
        "recall": hits / counts["flawed"] if counts["flawed"] else None,
    }
    return {**counts, **shares}, flawed


def shown(one: Mapping[str, Any]) -> str:
    """Return a solution that is called flawed, a line per step: > is called wrong, ! is wrong."""
    lines = [f"Q {safe(one['question'])}"]
    for index, text in enumerate(one["steps"]):
        marks = (">" if index == one["said"] else " ") + ("!" if index == one["truth"] else " ")
        lines.append(f"{marks} {index} {safe(text)}")
    truth = one["truth"]
    verdict = "not known" if truth is None else "a false alarm" if truth == NO_ERROR else f"first wrong step {truth}"
    return "\n".join([*lines, f"  truth: {verdict}", ""])


def main() -> int:
    """Print the flawed solutions of a run and the counts; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="+", help="folder of a run with supervision.audit_correct; or several")
    parser.add_argument("--equations", action="store_true", help="audit any run anew, by the equations of its steps")
    parser.add_argument("--json", type=Path, help="where counts and solutions are saved, too")
    arguments = parser.parse_args()
    return exit_status(lambda: run(arguments.run, arguments.json, arguments.equations))


def run(folders: Sequence[str], saved: Path | None, by_equations: bool = False) -> None:
    """Read, count, print and save. Raises `BadInput` for folders without audited solutions."""
    if saved and (saved.is_dir() or not saved.absolute().parent.is_dir()):
        raise BadInput(f"cannot write {saved}; expected a file in a folder that exists")
    records = chain.from_iterable(records_of(folder, COLUMNS) for folder in folders)
    figures, flawed = counted(right_ones(records, by_equations))
    if not (by_equations or figures.get("called flawed") or figures.get("called sound")):
        raise BadInput(
            f"{', '.join(folders)}: no right solution that an audit called flawed or sound; expected a run with "
            "supervision.audit_correct=all or sampled, or --equations"
        )
    for one in flawed:
        print(shown(one))
    for name, value in figures.items():
        print(f"{name:<28} {'not known' if value is None else f'{value:.3f}' if isinstance(value, float) else value}")
    if saved:
        saved.write_text(json.dumps({**figures, "solutions": flawed}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
