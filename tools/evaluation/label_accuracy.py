"""First errors of labels against those that people found: of a run, its critics and reward models, of anybody's labels.

    python -m tools.evaluation.label_accuracy --against gsm8k.jsonl.gz
    python -m tools.evaluation.label_accuracy runs/labelled --against gsm8k.jsonl.gz --prm runs/prm/model
    python -m tools.evaluation.label_accuracy --against gsm8k.jsonl.gz --labels theirs=critic.jsonl --json out.json

`--against` is a file in ProcessBench's or PRM800K's layout. What is measured on its solutions:

* RUN: the labels of a run (or of an import), and each source of opinions and each critic in its records; what all of
  the run has cost, in tokens by role;
* `--labels NAME=FILE`: labels of others on the same solutions, in a file of one of these layouts;
* `--prm MODEL`: a process reward model, at 0.5 and at a threshold tuned on the questions that `--tune` takes; both are
  measured on the others;
* always: the equations alone (`factory/equations`), which say nothing of a solution without any, and a constant guess:
  "no error" as often as is best for F1, otherwise the step that is most often the first wrong one of these solutions.

Files and records are streamed; `Truths` says what is kept of a solution, and of no more than `AT_ONCE` at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from factory.errors import BadInput
from factory.evaluation.label_scores import LabelScores, Said
from factory.evaluation.prm_scores import NO_ERROR, ScoredSolution, Tuning, harmonic_mean, predicted
from factory.labelling.sources import of_equations
from factory.records.role_costs import summed
from factory.shards.commits import records_of
from factory.text.wording import question_key
from tools.evaluation.first_error_baselines import guess_none
from tools.evaluation.label_tables import report
from tools.evaluation.labels_of_people import LabelledSolution, Truths, labelled_in, records_in
from tools.one_line import exit_status

COLUMNS = ["question_id", "question", "cost", "solutions"]
# Solutions of the file that records are compared with in one pass over these.
AT_ONCE = 100_000
# Solutions that a reward model is given at a time.
SCORED_AT_ONCE = 128
EQUATIONS = "equations alone"
Sources = defaultdict[str, LabelScores]
T = TypeVar("T")
Scorer = Callable[[Sequence[tuple[str, Sequence[str]]]], Sequence[Sequence[float] | None]]
"""Function that scores the steps of solutions, given as (question, steps); None for one that is too long."""


def measured(
    path: str,
    records: Mapping[str, Callable[[], Iterable[Mapping[str, Any]]]],
    scorer: Scorer | None = None,
    tune: float = 0.3,
) -> dict[str, Any]:
    """Return all measures on the solutions of a file, as values that JSON can hold.

    Args:
      path: the file with people's labels.
      records: labels to hold against them, by name: functions that read the records from the start.
      scorer: a reward model; None for none.
      tune: share of the questions that its threshold is tuned on.

    Raises:
      BadInput: the file cannot be read, or labels no solution.
    """
    sources: Sources = defaultdict(LabelScores)
    solutions, guess = _alone(path, sources)
    if not solutions:
        raise BadInput(f"{path} says of no solution where its first error is; expected such labels")
    scored = _scored(path, scorer, tune, sources) if scorer else {}
    compared = {name: _compared(path, name, read, sources) for name, read in records.items()}
    return {
        "against": path,
        "solutions": solutions,
        "guess": guess,
        "prm": scored,
        "compared": compared,
        "sources": {name: scores.figures() for name, scores in sources.items()},
    }


def _alone(path: str, sources: Sources) -> tuple[int, dict[str, Any]]:
    """Measure what needs no records, and return the number of labelled solutions and what a guesser gets at best."""
    errors: Counter[int] = Counter()
    for solution in _known(path):
        truth = solution.first_error or 0
        errors[truth] += 1
        opinion = of_equations(solution.steps)
        sources[EQUATIONS].add(truth, Said(first_error=opinion.first_error if opinion else None))
    right = errors.pop(NO_ERROR, 0)
    step, usual = max(errors.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    none = guess_none(usual, errors.total())
    on_erroneous = (1 - none) * usual / errors.total() if errors else None
    guess = {
        "step": step,
        "none": none,
        "accuracy_erroneous": on_erroneous,
        "accuracy_correct": none if right else None,
        "f1": harmonic_mean(on_erroneous, none if right else None),
    }
    return right + errors.total(), guess


def _known(path: str) -> Iterator[LabelledSolution]:
    """Yield the solutions of a file whose first error people have said."""
    return (solution for solution in labelled_in(path) if solution.first_error is not None)


def _compared(
    path: str, name: str, read: Callable[[], Iterable[Mapping[str, Any]]], sources: Sources
) -> dict[str, Any]:
    """Hold the labels of records against people's, and return what of the records was read and what it cost."""
    counts: Counter[str] = Counter()
    roles: list[dict[str, Any]] = []
    for number, part in enumerate(_parts(_known(path), AT_ONCE)):
        truths = Truths(part)
        counts["doubles"] += len(part) - len(truths)
        for record in read():
            if not number:
                counts["records"] += 1
                roles = summed(roles, (record.get("cost") or {}).get("roles") or ())
            for solution in record["solutions"] or ():
                taken = truths.take(record["question"], [step["text"] for step in solution["steps"]])
                if taken is not None:
                    counts["solutions"] += 1
                    counts["cut otherwise"] += taken[1] is None
                    _add(name, *taken, solution, sources)
        counts["not there"] += len(truths)
    return {**counts, "roles": roles}


def _add(name: str, truth: int, cut: Any, solution: Mapping[str, Any], sources: Sources) -> None:
    """Count what is said of one solution: its labels, opinions and critiques."""
    if cut is None:
        return
    sources[name].add(truth, cut.said(solution))
    for opinion in solution.get("opinions") or ():
        first = cut.first_error(opinion["first_error"])
        sources[f"{name}: opinion of {opinion['source']}"].add(truth, Said(first_error=first, grade=opinion["grade"]))
    for critique in solution.get("critiques") or ():
        said = critique.get("first_error")
        # A critic that only says whether the answer is right names no step; that it sees no error it can say.
        if said is None and critique["right"]:
            said = NO_ERROR
        sources[f"{name}: critique of {critique['role']}"].add(truth, Said(first_error=cut.first_error(said)))


def _scored(path: str, scorer: Scorer, tune: float, sources: Sources) -> dict[str, Any]:
    """Measure a reward model at 0.5 and at a threshold tuned on a share of the questions, both on the others."""
    tuning, too_long = Tuning(), 0
    for truth, scores in _scores(path, scorer, tune, True):
        if scores:
            tuning.add(ScoredSolution(scores=tuple(scores), first_error=truth))
    threshold = tuning.best if tuning.solutions else 0.5
    for truth, scores in _scores(path, scorer, tune, False):
        too_long += not scores
        for name, at in (("PRM at 0.5", 0.5), ("PRM, threshold tuned", threshold)):
            sources[name].add(truth, _said_of(scores, at) if scores else Said(first_error=None))
    return {"threshold": threshold, "tuned_on": tuning.solutions, "too_long": too_long}


def _scores(path: str, scorer: Scorer, tune: float, tuning: bool) -> Iterator[tuple[int, Sequence[float] | None]]:
    """Yield first error and scores of the solutions of one side of the split."""
    mine = (solution for solution in _known(path) if (_place(solution.question) < tune) is tuning)
    for part in _parts(mine, SCORED_AT_ONCE):
        for solution, scores in zip(part, scorer([(one.question, one.steps) for one in part]), strict=True):
            yield solution.first_error or 0, scores


def _parts(solutions: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield parts of so many at most."""
    rest = iter(solutions)
    while part := list(islice(rest, size)):
        yield part


def _said_of(scores: Sequence[float], threshold: float) -> Said:
    """Return what a reward model says at a threshold; at 0.5 its scores are probabilities of labels."""
    labels = [1 if score >= threshold else -1 for score in scores]
    sure = [max(score, 1 - score) for score in scores] if threshold == 0.5 else []
    return Said(first_error=predicted(scores, threshold), labels=labels, confidences=sure)


def _place(question: str) -> float:
    """Return where a question lies in 0 to 1, the same in every spelling."""
    return int.from_bytes(blake2b(question_key(question).encode(), digest_size=7).digest(), "big") / 2**56


def main() -> int:
    """Measure what the command line names, print the tables and save the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", help="folder of a run whose labels are measured")
    parser.add_argument("--against", required=True, metavar="FILE", help="people's labels; .gz and its like are read")
    parser.add_argument(
        "--labels", action="append", default=[], metavar="NAME=FILE", help="labels of others; may be repeated"
    )
    parser.add_argument("--prm", metavar="MODEL", help="a process reward model, as trainer.kind=prm writes it")
    parser.add_argument(
        "--tune", type=float, default=0.3, metavar="SHARE", help="of the questions, for its threshold (default: 0.3)"
    )
    parser.add_argument("--batch-size", type=int, default=16, help="solutions scored at a time (default: 16)")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--json", type=Path, help="where the figures are saved, too")
    arguments = parser.parse_args()
    return exit_status(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> None:
    """Measure, print and save. Raises `BadInput` for what cannot be read, measured or written."""
    if not 0 <= arguments.tune < 1 or arguments.batch_size < 1:
        raise BadInput(
            f"--tune is {arguments.tune}, --batch-size is {arguments.batch_size}: expected --tune from 0 to below 1, "
            "and --batch-size of at least 1"
        )
    if arguments.json and (arguments.json.is_dir() or not arguments.json.absolute().parent.is_dir()):
        raise BadInput(f"cannot write {arguments.json}; expected a file in a folder that exists")
    records: dict[str, Callable[[], Iterable[Mapping[str, Any]]]] = {}
    if arguments.run:
        records["labels of the run"] = lambda: records_of(arguments.run, COLUMNS)
    for given in arguments.labels:
        name, separator, file = given.partition("=")
        if not (name and separator and file) or name in records:
            raise BadInput(f"--labels is {given!r}; expected NAME=FILE, each with a name of its own")
        records[name] = lambda file=file: records_in(file)  # type: ignore[misc]
    figures = measured(arguments.against, records, _scorer(arguments) if arguments.prm else None, arguments.tune)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    report(figures)


def _scorer(arguments: argparse.Namespace) -> Scorer:
    """Return the reward model that the command line names. Raises `BadInput` where it cannot be had or read."""
    from actors.models.model_store import ensure_local
    from actors.training.options import Options, environment
    from factory.storage.access import Access

    for name, value in environment(Options(threads=os.cpu_count() or 1)).items():
        # torch reads these when it is imported.
        os.environ.setdefault(name, value)
    from actors.trained_models.reward_scorer import StepScorer

    folder = ensure_local(arguments.prm, Access())
    return StepScorer(folder, batch_size=arguments.batch_size, device=arguments.device).scores


if __name__ == "__main__":
    sys.exit(main())
