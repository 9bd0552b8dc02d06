"""Units of work: a slice of the source with an id that any machine computes again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from factory.types import Question, content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """`questions` of one slice; `id` names the Parquet object that will hold their rows."""

    id: str
    index: int
    questions: tuple[Question, ...]


def cut(questions: Iterable[Question], size: int, fingerprint: str) -> Iterator[Unit]:
    """Cut a stream into units of `size` questions, lazily. The id hashes the config and what the slice holds."""
    stream = iter(questions)
    index = 0
    while part := tuple(islice(stream, size)):
        yield Unit(
            id=content_id(fingerprint, str(index), *(question.key for question in part)),
            index=index,
            questions=part,
        )
        index += 1
