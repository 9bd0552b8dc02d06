"""Questions of an earlier run with the solutions that it sampled: to label them anew, or to work on with them.

A solution's verdict there decides whether it comes along; everything else about it is determined anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factory.errors import BadInput
from factory.readers.columns import MAX_SOLUTIONS
from factory.records.thought_fields import whole_text
from factory.shards.commits import records_of
from factory.types import CUT_SHORT, Outcome, Question

# Of a record: what `question_of` and the verdicts are read from.
COLUMNS = ["question_id", "source", "question", "gold_answer", "answer_kind", "licence", "metadata", "solutions"]


@dataclass
class Config:
    """Settings of the source.

    * `path`: a run folder (or s3://).
    * `verdict`: which solutions come along: a checker's outcome, `any` or `none`. Questions without such a solution are
      left out, unless it is `none`.
    * `max_solutions`: per question, the first ones.
    """

    path: str = ""
    verdict: str = "correct"
    max_solutions: int = 16

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`."""
        allowed = [*map(str, Outcome), "any", "none"]
        if self.verdict not in allowed:
            raise ValueError(f"verdict is {self.verdict!r}: expected one of {', '.join(allowed)}")
        if not 1 <= self.max_solutions <= MAX_SOLUTIONS:
            raise ValueError(f"max_solutions is {self.max_solutions}: expected 1 to {MAX_SOLUTIONS}")


def questions(config: Config) -> Iterator[Question]:
    """Yield the run's questions, shard after shard. Raises `BadInput` for a folder without shards."""
    if not config.path:
        raise BadInput("source.path is empty. Expected the folder of a run: source.path=runs/…")
    for row in records_of(config.path, COLUMNS):
        given = _solutions(row, config)
        if given or config.verdict == "none":
            yield question_of(row, given)


def question_of(row: Mapping[str, Any], given: tuple[str, ...] = ()) -> Question:
    """Return the question that a record is about, as it was asked then but for the solutions `given` with it."""
    return Question(
        id=row["question_id"],
        text=row["question"],
        gold=row["gold_answer"],
        source=row["source"],
        answer_kind=row["answer_kind"],
        licence=row["licence"],
        metadata=dict(row["metadata"]),
        given=given,
    )


def _solutions(row: dict[str, Any], config: Config) -> tuple[str, ...]:
    """Return the texts of the solutions that come along, each once, without those that were cut off."""
    if config.verdict == "none":
        return ()
    # What was cut off at the token limit is no whole solution.
    finished = (solution for solution in row["solutions"] if solution["finish_reason"] not in CUT_SHORT)
    texts = [
        whole_text(solution)
        for solution in finished
        if config.verdict in ("any", solution["verdict"]) and whole_text(solution).strip()
    ]
    return tuple(dict.fromkeys(texts))[: config.max_solutions]
