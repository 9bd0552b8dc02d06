"""Accuracy of a process reward model (PRM) on questions it has not seen: first-error F1, and the best of N answers.

    python -m tools.evaluation.eval_prm runs/prm/model runs/questions --not-in runs/train --json eval.json

The PRM scores the solutions that a run sampled. Two things are measured:

* First errors: does the PRM name the first wrong step? `--truth arithmetic` computes the true ones of procedural
  questions exactly (`tools/bench/arithmetic_truth.py`); `--truth labels` takes those of the records. F1 is compared
  with methods that need no reward model (`tools/evaluation/first_error_baselines.py`). Intervals come from a bootstrap
  over questions.
* Best of N: is the answer right that the PRM picks among the samples of a question? The reward "length" is the share of
  right solutions among those with as many steps, taken from these very solutions: all that their form gives away.

Questions are split by their ids: thresholds are tuned on a share of them (`--tune`), and first errors are measured on
the others. Best of N tunes nothing and takes all questions. `--not-in` leaves out the questions of a training run, and
procedural ones with the same numbers. `--untrained` and `--orm` add the same model before training, and an outcome
reward model.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from actors.models.model_store import ensure_local
from actors.training.options import Options, environment
from factory.errors import BadInput
from factory.evaluation.best_of_n import AGGREGATIONS, Sample, picks
from factory.evaluation.prm_scores import ScoredSolution, f1_gain, first_errors, hits, predicted, step_accuracy, tuned
from factory.evaluation.verifier_scores import tuning_questions
from factory.shards.commits import records_of
from factory.storage.access import Access
from tools.bench.step_labels import check_writable
from tools.evaluation.eval_table import report
from tools.evaluation.first_error_baselines import by_consensus, by_majority, guessing, usual_error
from tools.evaluation.sampled_solutions import COLUMNS, NAMED, TRUTHS, SampledSolution, names_of, solutions_of

# Reward of a solution from the scores of its steps. Chosen before anything was measured: a solution is right when all
# of its steps are.
REWARD = "product"
PRM, UNTRAINED = "PRM", "untrained"
StepScores = Sequence[Sequence[float] | None]
"""Scores of each solution's steps, shape [solutions][steps]; None for a solution too long for the model."""


def evaluate(
    solutions: Sequence[SampledSolution],
    scores: Mapping[str, StepScores],
    wholes: Sequence[float | None] | None = None,
    tune: float = 0.3,
    seed: int = 0,
) -> dict[str, Any]:
    """Return all measures of the scores of `solutions`, as values that JSON can hold.

    Args:
      solutions: samples of the questions measured on.
      scores: step scores by model: of `PRM`, and of `UNTRAINED` if that is compared.
      wholes: an outcome reward model's score of each solution, shape [solutions]; None for one that is too long.
      tune: share of the questions that thresholds are tuned on, between 0 and 1.
      seed: draws these questions.

    Raises:
      BadInput: too few questions are left on either side of the split.
    """
    # Phase 1: split the solutions whose first error is known, and which every model could read.
    tuning = tuning_questions({solution.question for solution in solutions}, tune, seed)
    known = [
        number
        for number, solution in enumerate(solutions)
        if solution.truth is not None and all(by_model[number] for by_model in scores.values())
    ]
    tuned_on = [number for number in known if solutions[number].question in tuning]
    measured = [number for number in known if solutions[number].question not in tuning]
    if not tuned_on or not measured:
        raise BadInput(
            f"{len(tuned_on)} solutions to tune on and {len(measured)} to measure on have a known first error; "
            "expected some of each: more questions, or another --tune"
        )
    # Phase 2: tune a threshold per model, then measure on the other side of the split.
    thresholds = {name: tuned(_scored(solutions, by_model, tuned_on)) for name, by_model in scores.items()}
    judged = _scored(solutions, scores[PRM], measured)
    return {
        "questions": len({solution.question for solution in solutions}),
        "solutions": len(solutions),
        "truth_unknown": sum(solution.truth is None for solution in solutions),
        "truth_unknown_right": sum(solution.truth is None and solution.right is True for solution in solutions),
        "not_judged": sum(solution.right is None for solution in solutions),
        "too_long": sum(steps is None for steps in scores[PRM]),
        "tuned_on": len(tuned_on),
        "threshold": thresholds[PRM],
        "step_accuracy": asdict(step_accuracy(judged, thresholds[PRM])),
        "first_error": _first_errors(solutions, scores, thresholds, tuned_on, measured),
        **_picked(solutions, scores, wholes),
    }


def _scored(solutions: Sequence[SampledSolution], scores: StepScores, numbers: Sequence[int]) -> list[ScoredSolution]:
    """Return the solutions with these numbers with their scores and true first errors."""
    return [
        ScoredSolution(scores=tuple(scores[number] or ()), first_error=solutions[number].truth or 0)
        for number in numbers
    ]


def _first_errors(
    solutions: Sequence[SampledSolution],
    scores: Mapping[str, StepScores],
    thresholds: Mapping[str, float],
    tuned_on: Sequence[int],
    measured: Sequence[int],
) -> dict[str, Any]:
    """Return the F1 of every method that names first errors, and the gain of the PRM over it."""
    # Baselines learn the usual error on the side that thresholds are tuned on, as models do.
    theirs = [solutions[number] for number in measured]
    truths = [solution.truth or 0 for solution in theirs]
    usual = usual_error([solutions[number] for number in tuned_on])

    def by_model(name: str, threshold: float) -> list[float]:
        """Return the hits of a reward model at a threshold."""
        named = (predicted(one.scores, threshold) for one in _scored(solutions, scores[name], measured))
        return hits(named, truths)

    hits_by_method = {name: by_model(name, thresholds[name]) for name in scores} | {
        "PRM at 0.5": by_model(PRM, 0.5),
        "guessing at its best": guessing(theirs, usual),
        "majority voting": hits(by_majority(theirs, solutions, usual), truths),
        "consensus of steps": hits(by_consensus(theirs, solutions), truths),
    }
    questions = [solution.question for solution in theirs]
    return {
        name: asdict(first_errors(one, truths)) | {"gain": asdict(f1_gain(questions, hits_by_method[PRM], one, truths))}
        for name, one in hits_by_method.items()
    }


def _picked(
    solutions: Sequence[SampledSolution], scores: Mapping[str, StepScores], wholes: Sequence[float | None] | None
) -> dict[str, Any]:
    """Return the accuracy of the answers picked, and the gain of votes weighted by the PRM over the other methods.

    Solutions without a verdict are left out; both are empty where no solution has one.
    """
    # Phase 1: collect the samples of each question, with a reward from every model that could read them.
    lengths = Counter((len(solution.steps), solution.right) for solution in solutions)
    by_question: dict[str, list[Sample]] = {}
    for number, solution in enumerate(solutions):
        if solution.right is None:
            continue
        rewards = {name: of(steps) for name, of in AGGREGATIONS.items()} if (steps := scores[PRM][number]) else {}
        if UNTRAINED in scores and (steps := scores[UNTRAINED][number]):
            rewards[UNTRAINED] = AGGREGATIONS[REWARD](steps)
        if wholes and (whole := wholes[number]) is not None:
            rewards["orm"] = whole
        right, wrong = (lengths[len(solution.steps), kind] for kind in (True, False))
        rewards["length"] = right / (right + wrong)
        sample = Sample(
            answer=solution.answer, right=solution.right, times=solution.times, rewards=tuple(rewards.items())
        )
        by_question.setdefault(solution.question, []).append(sample)
    if not by_question:
        return {"picks": {}, "weighted_over": {}}
    # Phase 2: pick with every reward; compare with the methods that a reader would try first.
    samples, mine = list(by_question.values()), f"weighted {REWARD}"
    picked = picks(samples)
    others = {"majority", f"weighted {UNTRAINED}", "weighted length", "weighted orm"}
    return {
        "picks": {name: asdict(pick) for name, pick in picked.items()},
        "weighted_over": {name: asdict(picks(samples, over=name)[mine]) for name in picked if name in others},
    }


def main() -> None:
    """Evaluate the models that the command line names; save the figures and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "prm", help="a process reward model, as trainer.kind=prm writes it, or another that engine.kind=scorer reads"
    )
    parser.add_argument("run", help="folder of a run whose sampled solutions are scored")
    parser.add_argument("--untrained", metavar="PRM", help="the same model before it was trained")
    parser.add_argument("--orm", help="an outcome reward model, as trainer.kind=orm writes it")
    parser.add_argument(
        "--not-in",
        metavar="RUN",
        action="append",
        default=[],
        help="leave out the questions of this training run; may be repeated",
    )
    parser.add_argument(
        "--truth", choices=TRUTHS, default="arithmetic", help="source of the true first errors (default: arithmetic)"
    )
    parser.add_argument(
        "--tune",
        type=float,
        default=0.3,
        metavar="SHARE",
        help="share of the questions that thresholds are tuned on (default: 0.3)",
    )
    parser.add_argument("--seed", type=int, default=0, help="draws the questions to tune on (default: 0)")
    parser.add_argument("--batch-size", type=int, default=16, help="solutions scored at a time (default: 16)")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    if not 0 < arguments.tune < 1 or arguments.batch_size < 1:
        parser.error(
            f"--tune {arguments.tune} --batch-size {arguments.batch_size}: expected --tune between 0 and 1, "
            "and --batch-size of at least 1"
        )
    try:
        figures = run(arguments)
    except BadInput as error:
        parser.error(str(error))
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    report(figures)


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the run, let the models score its solutions, and return all measures.

    Raises:
      BadInput: the run holds nothing to measure, or a model cannot be read.
    """
    for name, value in environment(Options(threads=os.cpu_count() or 1)).items():
        # torch reads these when it is imported.
        os.environ.setdefault(name, value)
    from actors.trained_models.reward_scorer import SolutionScorer, StepScorer

    # Phase 1: bring the models here, and read the solutions to questions that were not trained on.
    names = {PRM: arguments.prm, UNTRAINED: arguments.untrained, "orm": arguments.orm}
    models = {name: ensure_local(folder, Access()) for name, folder in names.items() if folder}
    seen = {name for run in arguments.not_in for row in records_of(run, NAMED) for name in names_of(row)}
    solutions = list(solutions_of(records_of(arguments.run, COLUMNS), arguments.truth, seen))
    if not solutions:
        raise BadInput(f"{arguments.run} holds no sampled solutions to other questions; expected some")
    how = {"batch_size": arguments.batch_size, "device": arguments.device}
    # Phase 2: score all solutions with each model in turn; one model at a time is in memory.
    scores: dict[str, StepScores] = {}
    wholes = None
    for name, folder in models.items():
        print(f"{name}: reading {len(solutions):,} solutions", file=sys.stderr)
        if name == "orm":
            wholes = SolutionScorer(folder, **how).scores([(one.prompt, one.text) for one in solutions])
        else:
            scores[name] = StepScorer(folder, **how).scores([(one.prompt, one.steps) for one in solutions])
    return evaluate(solutions, scores, wholes, arguments.tune, arguments.seed)


if __name__ == "__main__":
    main()
