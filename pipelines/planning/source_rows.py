"""Rows of a source and the questions of a run: which rows are left out, which have another id, which is number N."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from factory.readers.doubles import digits_of, identity_of
from factory.types import Question

# Names of the marks that are digits of the question's own hash, which nobody has to remember. No file has one of these
# names: in a mark's file name there is no blank.
_DIGITS = {"8 digits": 8, "16 digits": 16}


@dataclass(slots=True)
class SourceRows:
    """Rows that a pass over the source left out or renamed, 8 bytes for each of the former, 12 of the latter.

    A *row* is the place of a question in its source, a *number* its place among those that the run works on; both from
    0.

    Attributes:
      dropped: rows that are left out, in order.
      renamed: rows whose question got another id, in order.
      marks: what is behind an "@" in the new id, as a number in `names`; aligned with `renamed`.
      names: all marks, each once: names of files, and how many digits of a question's hash.
    """

    dropped: array[int] = field(default_factory=lambda: array("Q"))
    renamed: array[int] = field(default_factory=lambda: array("Q"))
    marks: array[int] = field(default_factory=lambda: array("I"))
    names: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def note(
        self, first: int, given: Sequence[Question], used: Sequence[Question | None], reads: Sequence[str]
    ) -> None:
        """Take in what became of the next rows.

        Args:
          first: row of the first one.
          given: the questions as they came.
          used: the same as the run works on them; None for one that is left out.
          reads: keys of the metadata that the checker reads, as `Doubles` has them.
        """
        for row, (question, ours) in enumerate(zip(given, used, strict=True), start=first):
            if ours is None:
                self.dropped.append(row)
            elif ours is not question and ours.id != question.id:
                name = _name_of(ours.id.removeprefix(f"{question.id}@"), question, reads)
                number = self._numbers.setdefault(name, len(self.names))
                if number == len(self.names):
                    self.names.append(name)
                self.renamed.append(row)
                self.marks.append(number)


class Numbered:
    """Look-up of the rows of questions by their number.

    Args:
      rows: what a whole pass left out and renamed; not to be changed from here on.
      reads: keys of the metadata that the checker reads, as that pass had them.
    """

    def __init__(self, rows: SourceRows, reads: Sequence[str]) -> None:
        self._rows = rows
        self._reads = reads
        self._dropped = _as_array(rows.dropped)
        self._renamed = _as_array(rows.renamed)
        # How many questions come before each row that is left out.
        self._before = self._dropped - np.arange(len(self._dropped), dtype=np.uint64)

    def row_of(self, number: int) -> int:
        """Return the row of question `number`."""
        return number + int(np.searchsorted(self._before, np.uint64(number), side="right"))

    def used(self, first: int, questions: Iterable[Question]) -> Iterator[Question]:
        """Yield those of consecutive questions from row `first` on that the run works on, under its ids."""
        rows = self._rows
        dropped = int(np.searchsorted(self._dropped, np.uint64(first)))
        renamed = int(np.searchsorted(self._renamed, np.uint64(first)))
        for row, question in enumerate(questions, start=first):
            if dropped < len(rows.dropped) and rows.dropped[dropped] == row:
                dropped += 1
            elif renamed < len(rows.renamed) and rows.renamed[renamed] == row:
                mark = _mark_of(rows.names[rows.marks[renamed]], question, self._reads)
                yield replace(question, id=f"{question.id}@{mark}")
                renamed += 1
            else:
                yield question


def _name_of(mark: str, question: Question, reads: Sequence[str]) -> str:
    """Return the name of a question's mark: how many digits of its hash it is, or itself."""
    for name, digits in _DIGITS.items():
        if len(mark) == digits and mark == digits_of(identity_of(question, reads), digits):
            return name
    return mark


def _mark_of(name: str, question: Question, reads: Sequence[str]) -> str:
    """Return the mark of a question by its name."""
    return digits_of(identity_of(question, reads), _DIGITS[name]) if name in _DIGITS else name


def _as_array(rows: array[int]) -> NDArray[np.uint64]:
    """Return row numbers as an array that shares their memory."""
    return np.frombuffer(rows, dtype=np.uint64) if rows else np.empty(0, np.uint64)
