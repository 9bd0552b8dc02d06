"""Which questions were seen before, over all shards of a folder: none may be there twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from factory.records.validation import Row
from factory.rollouts.nodes import GIVEN


class SeenQuestions:
    """The questions seen so far, 8 bytes of a hash each. The same question may come again with other given solutions:
    that is another item of the source."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._new: set[int] = set()

    def is_new(self, row: Row) -> bool:
        """Whether it was not seen before. A question that failed before its given solutions were read cannot be told
        from another item, and is taken for new."""
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
        """What was new inside stays seen, but is forgotten where an exception leaves it: a shard that could not be read
        to its end may be read again as a newer revision."""
        try:
            yield
            self._seen |= self._new
        finally:
            self._new.clear()
