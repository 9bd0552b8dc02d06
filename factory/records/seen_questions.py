"""Questions seen so far, over all shards of a folder: none may be there twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from factory.records.validation import Row
from factory.rollouts.nodes import GIVEN


class SeenQuestions:
    """Set of the questions seen so far, as 8 bytes of a hash each.

    The same question with other given solutions is another item of the source, and may come again.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._new: set[int] = set()

    def is_new(self, row: Row) -> bool:
        """Return True when the row's question was not seen before, and remember it.

        A question that failed before its given solutions were read cannot be told from another item of the same
        question: it counts as new.
        """
        if row["status"] == "failed" and not row["solutions"]:
            return True
        given = [item["solution_id"] or "" for item in row["solutions"] if item and item["method"] == GIVEN]
        key = "\x1f".join([row["question_id"], *given]).encode("utf-8", "surrogatepass")
        number = int.from_bytes(blake2b(key, digest_size=8).digest(), "big")
        if number in self._seen or number in self._new:
            return False
        self._new.add(number)
        return True

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """Open a block whose questions are remembered together, or forgotten when it ends with an exception.

        A shard that could not be read to its end may be read again as a newer revision.
        """
        try:
            yield
            self._seen |= self._new
        finally:
            self._new.clear()
