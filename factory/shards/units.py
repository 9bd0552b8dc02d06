"""Units of work: a slice of the source with an id that any machine computes again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from factory.types import Question, content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """`questions` of one slice; `id` names the Parquet object that will hold their rows.

    `revision`: which one of that object, 0 being the first. A later one takes over the rows of the one before, and of
    those the failed ones only where `retry_failed` says that they shall be tried anew.
    """

    id: str
    index: int
    questions: tuple[Question, ...]
    revision: int = 0
    retry_failed: bool = False

    def as_revision(self, revision: int, *, retry_failed: bool) -> Unit:
        return replace(self, revision=revision, retry_failed=retry_failed)


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
