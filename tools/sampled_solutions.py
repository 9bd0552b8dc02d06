"""What a run's model has written by itself, one text at a time, and what is known of it without any reward model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factory.answers.normalise import normalise
from factory.errors import BadInput
from factory.prm_scores import NO_ERROR
from factory.tree import GIVEN, PROBE
from factory.types import Outcome, Question
from tools.arithmetic_truth import first_wrong_step

COLUMNS = ["question_id", "question", "gold_answer", "metadata", "solutions"]
TRUTHS = ("arithmetic", "labels")
_RIGHT = "\x1fright"  # all right answers are one, however they are written


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One text that was sampled: what is known of it without any reward model. `truth`: its first wrong step, -1 for
    none, None where nobody knows."""

    question: str
    prompt: str
    text: str
    steps: tuple[str, ...]
    answer: str | None
    right: bool
    times: int
    truth: int | None


def solutions_of(
    records: Iterable[Mapping[str, Any]], truth: str, left_out: Collection[str] = ()
) -> Iterator[Solution]:
    """Every text that the model sampled by itself, of all questions but those `left_out`. Raises `BadInput`."""
    for record in records:
        if record["question_id"] in left_out:
            continue
        for solution in record["solutions"]:
            if solution["method"] in (GIVEN, PROBE) or not solution["steps"]:
                continue
            finished = solution["finish_reason"] != "length"
            right = finished and solution["verdict"] == Outcome.CORRECT
            said = solution["final_answer"]
            yield Solution(
                question=record["question_id"],
                prompt=record["question"],
                text=solution["text"],
                steps=tuple(step["text"] for step in solution["steps"]),
                answer=_RIGHT if right else normalise(said) if finished and said is not None else None,
                right=right,
                times=solution["occurrences"],
                truth=truth_of(record, solution, truth) if finished else None,
            )


def truth_of(record: Mapping[str, Any], solution: Mapping[str, Any], source: str) -> int | None:
    """The first wrong step, which a solution with the right answer may have, too; None where it is not known, or where
    the answer is wrong and no step is."""
    if source == "labels":
        found = solution["first_error"]
    else:
        metadata = dict(record["metadata"])
        if "operations" not in metadata:
            raise BadInput(
                f"question {record['question_id']} is not procedural, so arithmetic does not know its first errors; "
                "use --truth labels"
            )
        question = Question(text=record["question"], gold=record["gold_answer"], metadata=metadata)
        found = first_wrong_step(question, [step["text"] for step in solution["steps"]])
    return None if found == NO_ERROR and solution["verdict"] != Outcome.CORRECT else found
