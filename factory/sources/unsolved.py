"""Questions of an earlier run that have no right solution there: to ask again, with a hint or another model.

A question is solved by a solution that was finished and judged correct, also where it failed later on. A run that
solved everything has none left: no question, and no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from factory.errors import BadInput
from factory.self_training.candidates import is_solved
from factory.shards.commits import records_of
from factory.sources.run import COLUMNS, question_of
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.types import Question


@dataclass
class Config:
    """Settings of the source.

    * `path`: a run folder (or s3://).
    """

    path: str = ""


def questions(config: Config) -> Iterator[Question]:
    """Yield the run's unsolved questions, shard after shard, as they were asked then and without solutions.

    Raises `BadInput` for a folder without shards.
    """
    if not config.path:
        raise BadInput("source.path is empty. Expected the folder of a run: source.path=runs/…")
    yield from questions_in(open_store(config.path), config)


def questions_in(store: Store, config: Config) -> Iterator[Question]:
    """Yield the questions of the run in `store`, which the caller has opened with its own credentials."""
    for row in records_of(store, COLUMNS):
        if not is_solved(row):
            yield question_of(row)
