"""Solutions that a run's model sampled by itself, with the verdict and the first wrong step where they are known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factory.answers.normalise import normalise
from factory.answers.values.exact import exact_value
from factory.answers.values.rational import TooLarge
from factory.errors import BadInput
from factory.evaluation.prm_scores import NO_ERROR
from factory.export.flat_rows import is_sampled
from factory.records.thought_fields import whole_text
from factory.text.wording import question_key
from factory.types import LENGTH, Outcome, Question
from tools.bench.arithmetic_truth import first_wrong_step

NAMED = ["question_id", "question", "gold_answer", "metadata"]
COLUMNS = [*NAMED, "solutions"]
TRUTHS = ("arithmetic", "labels")
# Stands for every right answer: right ones are one answer, however they are written. No text begins like this.
_RIGHT = "\x1fright"
# Other verdicts (a timeout, an error of the checker) say nothing about the answer.
_VOTES = (str(Outcome.CORRECT), str(Outcome.INCORRECT), str(Outcome.UNPARSABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledSolution:
    """Text that was sampled once or more often.

    * `question`: id of the question; `prompt`: its text.
    * `text`, `steps`: the solution, whole and in steps.
    * `answer`: normalised, so that equal answers are equal strings; None where there is none.
    * `right`: None where the checker could not judge it; then it takes no part in votes.
    * `times`: how often this text was sampled.
    * `truth`: 0-based index of the first wrong step, -1 for none, None where it is not known.
    """

    question: str
    prompt: str
    text: str
    steps: tuple[str, ...]
    answer: str | None
    right: bool | None
    times: int
    truth: int | None


def names_of(record: Mapping[str, Any]) -> set[str]:
    """Return the names under which a question counts as seen in training.

    These are its text's key, as ids of two data sets may be the same, and, for a procedural question, its operations:
    another question with the same numbers tells the same problem of other people.
    """
    operations = dict(record["metadata"] or []).get("operations")
    return {question_key(record["question"]), *([operations] if operations else [])}


def solutions_of(
    records: Iterable[Mapping[str, Any]], truth: str, left_out: Collection[str] = frozenset()
) -> Iterator[SampledSolution]:
    """Yield every text that the model sampled by itself.

    Args:
      records: rows of a run with at least `COLUMNS`.
      truth: one of `TRUTHS`, the source of the first wrong steps: "arithmetic" or "labels".
      left_out: names of questions to leave out, as `names_of` returns them.

    Raises:
      BadInput: `truth` is "arithmetic" and a question is not procedural.
    """
    for record in records:
        # Leave out questions seen in training.
        if not names_of(record).isdisjoint(left_out):
            continue
        for solution in record["solutions"] or ():
            # Leave out given and hinted solutions: the model did not write them by itself.
            # Those that a search has guided or revised are no draws that a reranking could choose among.
            if not is_sampled(solution) or solution.get("independent") is False or not solution["steps"]:
                continue
            # A text that was cut off has no answer, and its first error may lie behind the cut.
            finished = solution["finish_reason"] != LENGTH
            right = finished and solution["verdict"] == Outcome.CORRECT
            said = solution["final_answer"]
            yield SampledSolution(
                question=record["question_id"],
                prompt=record["question"],
                text=whole_text(solution),
                steps=tuple(step["text"] for step in solution["steps"]),
                answer=_RIGHT if right else _one_spelling(said) if finished and said is not None else None,
                right=right if solution["verdict"] in _VOTES else None,
                times=solution["occurrences"],
                truth=truth_of(record, solution, truth) if finished else None,
            )


def _one_spelling(said: str) -> str:
    """Return an answer in its normal spelling: "64", "64.0" and "128/2" become the same string."""
    answer = normalise(said)
    try:
        value = exact_value(answer)
    except TooLarge:
        return answer
    return answer if value is None else str(value)


def truth_of(record: Mapping[str, Any], solution: Mapping[str, Any], source: str) -> int | None:
    """Return the first wrong step of a solution.

    A solution with the right answer may have one, too.

    Args:
      record: row of the question.
      solution: one of its solutions.
      source: "labels" reads the record's own first error; "arithmetic" computes it exactly.

    Returns:
      0-based index, -1 for none; None where it is not known, or where the answer is wrong and no step is.

    Raises:
      BadInput: `source` is "arithmetic" and the question is not procedural.
    """
    # Phase 1: read or compute the first wrong step.
    if source == "labels":
        first_error = solution["first_error"]
    else:
        metadata = dict(record["metadata"])
        if "operations" not in metadata:
            raise BadInput(
                f"question {record['question_id']} is not procedural, so arithmetic does not know its first errors; "
                "use --truth labels"
            )
        question = Question(text=record["question"], gold=record["gold_answer"], metadata=metadata)
        first_error = first_wrong_step(question, [step["text"] for step in solution["steps"]])
    # Phase 2: discard "no error" where the verdict on the whole solution contradicts it.
    judged_whole = solution["verdict"] is not None
    contradicted = first_error == NO_ERROR and judged_whole and solution["verdict"] != Outcome.CORRECT
    return None if contradicted else first_error
