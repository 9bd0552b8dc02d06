"""A process reward model (PRM) on the samples of a run whose questions it has not seen: first errors and best of N.

    python -m tools.eval_prm runs/prm/model runs/questions --not-in runs/train --json eval.json

`--truth` says where the first wrong steps are known from: `arithmetic` computes them for procedural questions
(`tools/arithmetic_truth.py`), `labels` takes the records' own. Questions are split by their ids: the F1's threshold is
tuned on `--tune` of them, everything else about steps is measured on the others; nothing is tuned for best of N, which
takes all questions. `--orm` adds an outcome reward model.

F1 is compared with guessing at its best (`factory/prm_scores.py`), and with majority voting: a solution whose answer is
the most frequent one has no error, any other has it where errors most often are.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.training_options import Options, environment
from factory.best_of_n import AGGREGATIONS, Sample, picks
from factory.errors import BadInput
from factory.prm_scores import (
    NO_ERROR,
    ScoredSolution,
    chance_f1,
    first_error_f1,
    first_errors,
    step_accuracy,
    tuned,
    usual_error,
)
from factory.shards import records_of
from tools.bench_step_labels import check_writable
from tools.sampled_solutions import COLUMNS, TRUTHS, Solution, solutions_of


def evaluate(
    solutions: Sequence[Solution],
    steps: Sequence[Sequence[float] | None],
    wholes: Sequence[float | None] | None = None,
    tune: float = 0.3,
    seed: int = 0,
) -> dict[str, Any]:
    """All measures of a PRM's scores `steps` (and an ORM's `wholes`) of `solutions`, as plain values.

    Raises `BadInput` where too few questions are left on either side of the split.
    """
    tuning = _drawn({solution.question for solution in solutions}, tune, seed)
    scored = [
        (solution, ScoredSolution(scores=tuple(scores), first_error=solution.truth, times=solution.times))
        for solution, scores in zip(solutions, steps, strict=True)
        if scores and solution.truth is not None
    ]
    tuned_on = [one for solution, one in scored if solution.question in tuning]
    measured = [(solution, one) for solution, one in scored if solution.question not in tuning]
    if not tuned_on or not measured:
        raise BadInput(
            f"{len(tuned_on)} solutions to tune on and {len(measured)} to measure on have a known first error; "
            "expected some of each: more questions, or another --tune"
        )
    threshold, usual = tuned(tuned_on), usual_error(tuned_on)
    left = [one for _, one in measured]
    frequent = _most_frequent(solutions)
    by_majority = [
        (NO_ERROR if solution.answer in frequent[solution.question] else min(usual, len(solution.steps) - 1), one)
        for solution, one in measured
    ]
    samples = _samples(solutions, steps, wholes)
    return {
        "questions": len(samples),
        "solutions": len(solutions),
        "truth_unknown": sum(solution.truth is None for solution in solutions),
        "too_long": sum(scores is None for scores in steps),
        "tuned_on": len(tuned_on),
        "threshold": threshold,
        "step_accuracy": asdict(step_accuracy(left)),
        "first_error": asdict(first_error_f1(left, threshold)),
        "first_error_at_half": asdict(first_error_f1(left, 0.5)),
        "majority_first_error": asdict(first_errors((named, one.first_error) for named, one in by_majority)),
        "chance_f1": chance_f1(len(one.scores) for one in left if one.first_error != NO_ERROR),
        "picks": {name: asdict(pick) for name, pick in picks(list(samples.values())).items()},
    }


def _drawn(questions: set[str], share: float, seed: int) -> set[str]:
    ordered = sorted(questions)
    return set(Random(f"{seed}/tune").sample(ordered, round(share * len(ordered))))


def _most_frequent(solutions: Sequence[Solution]) -> dict[str, set[str]]:
    """Of every question the most frequent answers."""
    votes: dict[str, Counter[str]] = {}
    for solution in solutions:
        counts = votes.setdefault(solution.question, Counter())
        if solution.answer is not None:
            counts[solution.answer] += solution.times
    return {
        question: {answer for answer, count in counts.items() if count == max(counts.values())}
        for question, counts in votes.items()
    }


def _samples(
    solutions: Sequence[Solution],
    steps: Sequence[Sequence[float] | None],
    wholes: Sequence[float | None] | None,
) -> dict[str, list[Sample]]:
    by_question: dict[str, list[Sample]] = {}
    for number, solution in enumerate(solutions):
        scores, whole = steps[number], wholes[number] if wholes else None
        rewards = {name: of(scores) for name, of in AGGREGATIONS.items()} if scores else {}
        rewards |= {"orm": whole} if whole is not None else {}
        sample = Sample(
            answer=solution.answer, right=solution.right, times=solution.times, rewards=tuple(rewards.items())
        )
        by_question.setdefault(solution.question, []).append(sample)
    return by_question


def report(found: Mapping[str, Any]) -> list[Table]:
    """Two tables: first errors, and the answers picked."""
    errors = Table(title=f"first errors, threshold {found['threshold']:g} tuned on {found['tuned_on']} other solutions")
    for column in ("", "F1", "on erroneous", "on correct"):
        errors.add_column(column, justify="left" if not column else "right")
    for name, key in (("PRM", "first_error"), ("PRM at 0.5", "first_error_at_half")):
        errors.add_row(name, *_shares(found[key]))
    errors.add_row("majority voting", *_shares(found["majority_first_error"]))
    errors.add_row("guessing at its best", _said(found["chance_f1"]), "", "")
    steps, counts = found["step_accuracy"], found["first_error"]
    errors.caption = (
        f"{counts['erroneous']} erroneous and {counts['correct']} correct solutions; accuracy per step "
        f"{_said(steps['accuracy'])} ({_said(steps['accuracy_right'])} of {steps['right']} right ones, "
        f"{_said(steps['accuracy_wrong'])} of {steps['wrong']} wrong ones)"
    )
    answers = Table(title=f"answers of {found['questions']} questions")
    for column in ("", "right", "±", "over majority", "±"):
        answers.add_column(column, justify="left" if not column else "right")
    for name, pick in found["picks"].items():
        error, gain_error = (_percent(pick[key]) for key in ("error", "gain_error"))
        answers.add_row(name, _percent(pick["accuracy"]), error, f"{100 * pick['gain']:+.1f}", gain_error)
    return [errors, answers]


def _shares(found: Mapping[str, Any]) -> list[str]:
    return [_said(found[name]) for name in ("f1", "accuracy_erroneous", "accuracy_correct")]


def _said(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prm", help="folder of a process reward model, as trainer.kind=prm leaves it")
    parser.add_argument("run", help="folder of a run")
    parser.add_argument("--orm", help="folder of an outcome reward model, as trainer.kind=orm leaves it")
    parser.add_argument("--not-in", metavar="RUN", help="a run whose questions are left out: the training run")
    parser.add_argument("--truth", choices=TRUTHS, default="arithmetic")
    parser.add_argument("--tune", type=float, default=0.3, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    try:
        found = run(arguments)
    except BadInput as error:
        parser.error(str(error))
    arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    for table in report(found):
        Console(width=120).print(table)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the run, ask the models, measure. Raises `BadInput`."""
    for name, value in environment(Options(threads=os.cpu_count() or 1)).items():
        os.environ.setdefault(name, value)  # before torch is imported
    from actors.reward_scorer import SolutionScorer, StepScorer

    seen = {row["question_id"] for row in records_of(arguments.not_in, ["question_id"])} if arguments.not_in else set()
    solutions = list(solutions_of(records_of(arguments.run, COLUMNS), arguments.truth, seen))
    if not solutions:
        raise BadInput(f"{arguments.run} holds no sampled solutions to other questions; expected some")
    prm = StepScorer(arguments.prm, batch_size=arguments.batch_size)
    steps = prm.scores([(solution.prompt, solution.steps) for solution in solutions])
    wholes = None
    if arguments.orm:
        orm = SolutionScorer(arguments.orm, batch_size=arguments.batch_size)
        wholes = orm.scores([(solution.prompt, solution.text) for solution in solutions])
    return evaluate(solutions, steps, wholes, arguments.tune, arguments.seed)


if __name__ == "__main__":
    main()
