"""Solutions that a run's model has written by itself, one per text, with what is known of each."""

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
from factory.types import Outcome, Question
from tools.bench.arithmetic_truth import first_wrong_step

COLUMNS = ["question_id", "question", "gold_answer", "metadata", "solutions"]
TRUTHS = ("arithmetic", "labels")
_RIGHT = "\x1fright"  # all right answers are one, however they are written
_VOTES = (str(Outcome.CORRECT), str(Outcome.INCORRECT), str(Outcome.UNPARSABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledSolution:
    """Text that was sampled.

    * `answer`: equal answers are the same text; None where there is none.
    * `right`: None where nobody could judge it, so that it takes no part in votes.
    * `times`: how often it was sampled.
    * `truth`: its first wrong step, -1 for none, None where nobody knows.
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
    """Return the names by which a question is recognised as one that was trained on.

    They are its id, and the numbers of a procedural question: another question may have the same with other names.
    """
    operations = dict(record["metadata"] or []).get("operations")
    return {record["question_id"], *([operations] if operations else [])}


def solutions_of(
    records: Iterable[Mapping[str, Any]], truth: str, left_out: Collection[str] = frozenset()
) -> Iterator[SampledSolution]:
    """Return every text that the model sampled by itself.

    Args:
      records: records of the run.
      truth: where the first wrong steps are known from.
      left_out: names (`names_of`) of questions to leave out.

    Raises:
      BadInput: the records do not have what `truth` needs.
    """
    for record in records:
        if not names_of(record).isdisjoint(left_out):
            continue
        for solution in record["solutions"] or ():
            if not is_sampled(solution) or not solution["steps"]:
                continue
            finished = solution["finish_reason"] != "length"
            right = finished and solution["verdict"] == Outcome.CORRECT
            said = solution["final_answer"]
            yield SampledSolution(
                question=record["question_id"],
                prompt=record["question"],
                text=solution["text"],
                steps=tuple(step["text"] for step in solution["steps"]),
                answer=_RIGHT if right else _one_spelling(said) if finished and said is not None else None,
                right=right if solution["verdict"] in _VOTES else None,
                times=solution["occurrences"],
                truth=truth_of(record, solution, truth) if finished else None,
            )


def _one_spelling(said: str) -> str:
    """Return one spelling for equal answers: "64", "64.0" and "128/2" are one answer."""
    answer = normalise(said)
    try:
        value = exact_value(answer)
    except TooLarge:
        return answer
    return answer if value is None else str(value)


def truth_of(record: Mapping[str, Any], solution: Mapping[str, Any], source: str) -> int | None:
    """Return the first wrong step of a solution, which one with the right answer may have, too.

    Returns None when it is not known, or when the answer is wrong and no step is.

    Args:
      record: record of the question.
      solution: solution in it.
      source: where it is known from: "arithmetic" or "labels".
    """
    if source == "labels":
        first_wrong = solution["first_error"]
    else:
        metadata = dict(record["metadata"])
        if "operations" not in metadata:
            raise BadInput(
                f"question {record['question_id']} is not procedural, so arithmetic does not know its first errors; "
                "use --truth labels"
            )
        question = Question(text=record["question"], gold=record["gold_answer"], metadata=metadata)
        first_wrong = first_wrong_step(question, [step["text"] for step in solution["steps"]])
    judged_whole = solution["verdict"] is not None
    return None if first_wrong == NO_ERROR and judged_whole and solution["verdict"] != Outcome.CORRECT else first_wrong
