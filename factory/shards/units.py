"""Units of work: slices of the source, each with an id that any machine computes again.

* Same config, place and questions ⇔ same id. So a resumed run finds its units again without any list of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from factory.shards.unit_sizes import UnitSizes
from factory.types import Question, content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Slice of the source's questions, to be worked on and committed together.

    * `id`: hash of config and questions; names the Parquet object that will hold their rows.
    * `index`: number of the slice in the source, from 0.
    * `questions`: the questions, in the source's order.
    * `revision`: revision of the object to write, 0 for the first. A later one takes up the rows of the one before.
    * `retry_failed`: questions whose row says "failed" are tried anew; else their rows are taken over.
    """

    id: str
    index: int
    questions: tuple[Question, ...]
    revision: int = 0
    retry_failed: bool = False

    def as_revision(self, revision: int, *, retry_failed: bool) -> Unit:
        """Return the same unit as work on a later revision of its object."""
        return replace(self, revision=revision, retry_failed=retry_failed)


def cut(questions: Iterable[Question], sizes: UnitSizes | int, fingerprint: str) -> Iterator[Unit]:
    """Cut a stream of questions into units, lazily.

    Args:
      questions: questions of the source, in order.
      sizes: questions of each unit, or one number for all; the last unit may have fewer.
      fingerprint: hash of the config; another one makes other ids.

    Yields:
      Units, numbered from 0.
    """
    sizes = UnitSizes(sizes) if isinstance(sizes, int) else sizes
    stream = iter(questions)
    index = 0
    while part := tuple(islice(stream, sizes.of(index))):
        yield unit_of(part, index, fingerprint)
        index += 1


def unit_of(questions: tuple[Question, ...], index: int, fingerprint: str) -> Unit:
    """Return unit number `index` of a source, which has these questions."""
    return Unit(
        id=content_id(fingerprint, str(index), *(question.key for question in questions)),
        index=index,
        questions=questions,
    )
