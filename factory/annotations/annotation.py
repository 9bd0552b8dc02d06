"""Annotation: one person's judgement of one step of one solution, beside the label that the run has given it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

VERSION = 1
RIGHT, WRONG, CANNOT_TELL = 1, -1, 0
"""Labels that a person gives: the solution is still right after the step, it is not, or nobody can tell."""
LABELS = (RIGHT, WRONG, CANNOT_TELL)
NOTE, NAME = 4_000, 80  # longest note and name of a person, in characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Judgement of a step.

    Attributes:
      question_id: id of the question.
      solution_id: id of the solution.
      step: 0-based index of the step.
      label: what the person says, one of `LABELS`; None takes back what the same person has said before.
      run_label: label of the run at that time: 1, -1, or None where it had none.
      run_confidence: the confidence of that label, from 0 to 1; None where it had none.
      note: why, in the person's words; "" for nothing.
      person: name of who says it.
      at: time, ISO 8601 in UTC.
    """

    question_id: str
    solution_id: str
    step: int
    label: int | None
    run_label: int | None
    run_confidence: float | None
    note: str
    person: str
    at: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """Question, solution, step and person: of several annotations of one key the last one counts."""
        return self.question_id, self.solution_id, self.step, self.person

    @property
    def agrees(self) -> bool | None:
        """True where person and run say the same, False where not; None where one of them says nothing."""
        if self.label not in (RIGHT, WRONG) or self.run_label not in (RIGHT, WRONG):
            return None
        return self.label == self.run_label

    def encoded(self) -> bytes:
        """Return it as a line of JSON."""
        return (json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True) + "\n").encode()


def decoded(data: bytes) -> Annotation:
    """Return the annotation that a line of JSON stands for. Raises `ValueError` for anything else."""
    values = json.loads(data)
    if not isinstance(values, Mapping) or values.get("version") != VERSION:
        raise ValueError(f"it is no annotation of version {VERSION}")
    return checked({name: value for name, value in values.items() if name != "version"})


def checked(values: Mapping[str, Any]) -> Annotation:
    """Return an annotation with these values. Raises `ValueError` where one is missing, unknown or of a wrong type."""
    try:
        annotation = Annotation(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None
    texts = (annotation.question_id, annotation.solution_id, annotation.note, annotation.person, annotation.at)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("ids, note, person and time have to be texts")
    if not isinstance(annotation.step, int) or isinstance(annotation.step, bool) or annotation.step < 0:
        raise ValueError(f"step is {annotation.step!r}; expected 0 or more")
    for name, label in (("label", annotation.label), ("run_label", annotation.run_label)):
        if label is not None and (type(label) is not int or label not in LABELS):
            raise ValueError(f"{name} is {label!r}; expected 1, -1, 0 or null")
    sure = annotation.run_confidence
    if sure is not None and (type(sure) not in (int, float) or not 0 <= sure <= 1):
        raise ValueError(f"run_confidence is {repr(sure)[:40]}; expected a number from 0 to 1, or null")
    if len(annotation.note) > NOTE or not 1 <= len(annotation.person.strip()) <= NAME:
        raise ValueError(f"expected a note of at most {NOTE:,} characters, and a name of 1 to {NAME}")
    return annotation


def latest(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Return the annotations that count, in the order of their times: the last one of each key, unless taken back."""
    by_key: dict[tuple[str, str, int, str], Annotation] = {}
    for annotation in sorted(annotations, key=lambda one: one.at):
        by_key.pop(annotation.key, None)
        by_key[annotation.key] = annotation
    return [annotation for annotation in by_key.values() if annotation.label is not None]


def by_run(said: Mapping[str, Iterable[Annotation]]) -> dict[str, list[Annotation]]:
    """Return the annotations that count of a folder and of the runs within it, by the name of the run.

    Two runs may hold the same solution with other labels, so what is said of one says nothing of the other. What lies
    at the folder itself, "", counts for the records of all runs within it, until the same person says something of the
    same step in one of them.

    Args:
      said: all annotations, by the run that they lie in.
    """
    within: dict[tuple[str, str, int, str], str] = {}
    for run, of_run in said.items():
        for one in of_run if run else ():
            within[one.key] = max(one.at, within.get(one.key, ""))
    return {
        run: latest(one for one in of_run if run or one.at >= within.get(one.key, "")) for run, of_run in said.items()
    }


def in_order(counting: Mapping[str, Iterable[Annotation]]) -> list[Annotation]:
    """Return what counts, by run as `by_run` gives it, as one list in the order of the times."""
    return sorted((one for of_run in counting.values() for one in of_run), key=lambda one: one.at)
