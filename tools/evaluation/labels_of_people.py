"""Solutions whose first errors people have labelled, and the same solutions in records.

A file is read in the layouts of ProcessBench and PRM800K (`factory/formats/`). A solution of a record is the same when
question and text are, but for white space. Its steps may be cut more finely than those that people labelled: each then
belongs to one of theirs. Cut in any other way it cannot be compared.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from typing import Any

from factory.contracts.formats import FORMATS
from factory.errors import BadInput
from factory.evaluation.label_scores import Said
from factory.evaluation.prm_scores import NO_ERROR
from factory.readers.source_files import text_lines
from factory.text.wording import question_key

# Formats by a key that their lines have and others lack.
_TELLING = {"problem": "processbench", "question": "prm800k"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSolution:
    """Solution in which people looked for the first error.

    * `question`: text of its question; `steps`: texts of its steps.
    * `first_error`: 0-based step, -1 for none, None where they did not say.
    """

    question: str
    steps: tuple[str, ...]
    first_error: int | None

    @property
    def key(self) -> bytes:
        """Hash of question and text, the same however white space is set."""
        return _key(self.question, self.steps)


def records_in(path: str) -> Iterator[dict[str, Any]]:
    """Yield a record for each line of a file in ProcessBench's or PRM800K's layout.

    Args:
      path: a file, a glob or a URL; `.gz` and its like are unpacked.

    Raises:
      BadInput: a line is in neither, by file and number.
    """
    parse = None
    for name, number, line in text_lines(path):
        if line.isspace():
            continue
        where = f"{name}, line {number}"
        if parse is None:
            parse = FORMATS.load(_format_of(line, where)).parse
        if parse is not None:
            yield parse(line, where)


def _format_of(line: str, where: str) -> str:
    """Return the name of the format of a file's first line. Raises `BadInput` for neither."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    named = [name for key, name in _TELLING.items() if isinstance(entry, dict) and key in entry]
    if len(named) != 1:
        raise BadInput(
            f"{where} is no line of {' or '.join(sorted(_TELLING.values()))}; expected a JSON object with "
            f"{' or '.join(map(repr, _TELLING))}, as theirs have"
        )
    return named[0]


def labelled_in(path: str) -> Iterator[LabelledSolution]:
    """Yield every solution of a file that has steps. Raises `BadInput` as `records_in` does."""
    for record in records_in(path):
        for solution in record["solutions"]:
            texts = tuple(step["text"] for step in solution["steps"])
            if texts:
                yield LabelledSolution(question=record["question"], steps=texts, first_error=solution["first_error"])


class Truths:
    """First errors of some labelled solutions, to be looked up for the solutions of records; a hundred bytes each."""

    def __init__(self, solutions: Iterable[LabelledSolution]) -> None:
        """Take those whose first error is known; of equal ones the first."""
        self._known: dict[bytes, tuple[int, array[int]]] = {}
        for solution in solutions:
            if solution.first_error is not None:
                self._known.setdefault(solution.key, (solution.first_error, _ends(solution.steps)))

    def __len__(self) -> int:
        return len(self._known)

    def take(self, question: str, steps: Sequence[str]) -> tuple[int, Cut | None] | None:
        """Return the first error of a solution, and where people cut it; None for one that is not labelled.

        The cut is None where it cannot be compared. Each solution is taken once: it may be in several records.
        """
        known = self._known.pop(_key(question, steps), None)
        if known is None:
            return None
        truth, theirs = known
        ours = _ends(steps)
        return truth, Cut(ours, theirs) if set(theirs) <= set(ours) else None


class Cut:
    """Step of people's that each step of a record's solution belongs to."""

    def __init__(self, ours: Sequence[int], theirs: Sequence[int]) -> None:
        """Take where the steps end, in characters that are no white space."""
        self._theirs = [bisect_left(theirs, end) for end in ours]
        # Behind the last step that belongs to it we know as much of people's step as there is to know.
        self._last = {of: step for step, of in enumerate(self._theirs)}
        self._steps = len(theirs)

    def first_error(self, ours: int | None) -> int | None:
        """Return a first error in people's steps; -1 and None stay what they are."""
        return ours if ours is None or ours == NO_ERROR else self._theirs[ours]

    def said(self, solution: Mapping[str, Any]) -> Said:
        """Return what the labels of a record's solution say in people's steps."""
        steps = [solution["steps"][self._last[of]] if of in self._last else None for of in range(self._steps)]
        return Said(
            first_error=self.first_error(solution["first_error"]),
            chance=first_error_chance(solution),
            labels=[step["label"] if step else None for step in steps],
            confidences=[step["confidence"] if step else None for step in steps],
        )


def first_error_chance(solution: Mapping[str, Any]) -> float | None:
    """Return the posterior probability of a record's first error, from the confidences of its steps; None without any.

    P(an error up to step t) is the confidence of a label -1 at t, and what is missing to 1 of a label 1; the difference
    of two neighbours is P(the first error is there).
    """
    first, steps = solution["first_error"], solution["steps"]
    if first is None or any(step["label"] is None or step["confidence"] is None for step in steps):
        return None
    wrong = [step["confidence"] if step["label"] == -1 else 1 - step["confidence"] for step in steps]
    if first == NO_ERROR:
        return 1.0 - float(wrong[-1])
    return max(0.0, float(wrong[first] - (wrong[first - 1] if first else 0.0)))


def _ends(steps: Sequence[str]) -> array[int]:
    """Return where steps end, in characters that are no white space."""
    return array("I", accumulate(len("".join(step.split())) for step in steps))


def _key(question: str, steps: Sequence[str]) -> bytes:
    text = "\x1f".join((question_key(question), "".join("".join(steps).split())))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
