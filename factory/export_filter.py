"""Which solutions of a record are exported.

First every solution is looked at by itself: verdict, hints, round, length. What is left of a question, over all records
of it, is then chosen from: of solutions that differ in no more than spelling (`factory.wording.normalised`) the one
with most labelled steps, then caps and balance. Whom a cap takes is a hash of the seed and the solution: it hangs on
no order, and a larger cap takes the same ones and more.

Rationalised solutions (`hinted`) were written knowing the answer, so a right one says nothing of the model's own
reasoning, and their labels are another distribution: they are left out unless asked for.

Imported solutions are exempt from the search for equal texts: what somebody's data set holds twice is exported twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from factory.errors import BadInput
from factory.plugins import suggest
from factory.step_labels import first_error_of
from factory.types import Outcome
from factory.wording import normalised

HINTED = ("none", "any", "only")
COLUMNS = ["question_id", "question", "solutions"]
SELECTION_COLUMNS = [
    *(f"solutions.{name}" for name in ("solution_id", "text", "verdict", "method", "hinted", "round")),
    "solutions.steps.label",
    "solutions.steps.confidence",
]
_FLOAT32 = 1e-6  # confidences are kept with 24 bits: .9 comes back a little smaller
SOLUTIONS, LABELS, RECORDS = "solutions", "step labels", "records"
EQUAL_TEXT, OVER_CAP, UNBALANCED = "same text as another", "over the cap per question", "not needed for balance"
Dropped = Counter[tuple[str, str]]
"""How many were dropped, by (of what, why)."""


class Candidate(NamedTuple):
    """A solution that passed by itself. `place`: where it stands, in the order of the input. `text`: a 64-bit hash of
    its normalised text, 0 for one that may repeat another. `known`: how many of its steps are labelled."""

    place: tuple[int, int]
    rank: int
    text: int
    right: bool | None
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is exported. Nothing given: all but hinted solutions and repeated texts.

    * `verdicts`: correct, incorrect, unparsable, timeout, error; none for all.
    * `min_confidence`: step labels that are less sure, or of which nobody says how sure they are, count as unknown.
    * `hinted`: none, any or only. `rounds`: of training; none for all.
    * `min_characters` to `max_steps`: of a solution's text and steps; 0 for no bound.
    * `per_question`: at most so many solutions of a question, over all records of it; 0 for all.
    * `balance`: of every question as many right as wrong ones, those that are neither and questions with one kind only
      left out. With `per_question` half of it each, rounded down.
    """

    verdicts: tuple[str, ...] = ()
    min_confidence: float = 0.0
    hinted: str = "none"
    rounds: tuple[int, ...] = ()
    min_characters: int = 0
    max_characters: int = 0
    min_steps: int = 0
    max_steps: int = 0
    per_question: int = 0
    balance: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for verdict in self.verdicts:
            if verdict not in tuple(Outcome):
                raise BadInput(f"--verdict is {verdict!r}. {suggest(verdict, [str(one) for one in Outcome])}")
        if self.hinted not in HINTED:
            raise BadInput(f"--hinted is {self.hinted!r}. {suggest(self.hinted, list(HINTED))}")
        if not 0 <= self.min_confidence <= 1:
            raise BadInput(f"--min-confidence is {self.min_confidence:g}. Expected a probability, 0 to 1.")
        bounds = (self.min_characters, self.max_characters, self.min_steps, self.max_steps, self.per_question)
        if min(bounds) < 0:
            raise BadInput(f"a length or a cap is {min(bounds)}. Expected 0 (no bound) or more.")
        if self.balance and self.per_question == 1:
            raise BadInput("--balance with --per-question 1 leaves nothing. Expected at least 2: one right, one wrong.")
        if self.balance and self.verdicts and not {"correct", "incorrect"} <= set(self.verdicts):
            raise BadInput("--balance needs right and wrong solutions. Leave --verdict out, or name both.")

    @property
    def selective(self) -> bool:
        """Whether anything is asked of solutions, so that records without any are not wanted."""
        return self != Filter(min_confidence=self.min_confidence, hinted=self.hinted, seed=self.seed) or (
            self.hinted == "only"
        )

    @property
    def chooses(self) -> bool:
        """Whether it hangs on a question's other solutions which ones are exported, equal texts apart."""
        return bool(self.per_question or self.balance)

    def reason(self, solution: Mapping[str, Any]) -> str | None:
        """Why a solution is dropped by itself, None if it is not."""
        if self.hinted != "any" and bool(solution["hinted"]) != (self.hinted == "only"):
            return "hinted" if solution["hinted"] else "not hinted"
        if self.verdicts and solution["verdict"] not in self.verdicts:
            return f"verdict {solution['verdict'] or 'unknown'}"
        if self.rounds and solution["round"] not in self.rounds:
            return "another round"
        characters, steps = len(solution["text"]), len(solution["steps"])
        if characters < self.min_characters or steps < self.min_steps:
            return "too short"
        if (self.max_characters and characters > self.max_characters) or (self.max_steps and steps > self.max_steps):
            return "too long"
        return None

    def candidates(self, solutions: Sequence[Mapping[str, Any]], row: int = 0) -> Iterator[Candidate]:
        """The solutions of a record that pass by themselves; `row` is the record's place."""
        for index, solution in enumerate(solutions):
            if self.reason(solution) is None:
                yield self._candidate(solution, (row, index))

    def losers(self, found: Iterable[Candidate]) -> dict[tuple[int, int], str]:
        """Of all candidates of one question those that are not exported, by place, and why."""
        lost: dict[tuple[int, int], str] = {}
        best: dict[int, Candidate] = {}
        left = []
        for one in sorted(found, key=lambda one: (-one.known, one.place)):
            if one.text and best.setdefault(one.text, one) is not one:
                lost[one.place] = EQUAL_TEXT
            else:
                left.append(one)
        if not self.chooses:
            return lost
        left.sort(key=lambda one: (one.rank, one.place))
        if not self.balance:
            return lost | {one.place: OVER_CAP for one in left[self.per_question :]}
        right = [one for one in left if one.right is True]
        wrong = [one for one in left if one.right is False]
        each = min(len(right), len(wrong))
        lost |= {one.place: UNBALANCED for one in left if one.right is None}
        lost |= {one.place: UNBALANCED for one in (*right[each:], *wrong[each:])}
        if self.per_question:
            half = self.per_question // 2
            lost |= {one.place: OVER_CAP for one in (*right[half:each], *wrong[half:each])}
        return lost

    def apply(
        self, record: Mapping[str, Any], dropped: Dropped, lost: Mapping[int, str] | None = None
    ) -> Mapping[str, Any] | None:
        """The record with what is left of its solutions, None where nothing is; `dropped` counts what is not.

        `lost`: which solutions `losers` has found over several records of the question, by index, and why. Without it
        the record is all there is of the question. A record that is changed is no longer the imported line it came
        from: what was kept of that (`factory.imported`) is taken out.
        """
        solutions = record["solutions"]
        if not solutions:
            if self.selective:
                dropped[RECORDS, "without solutions"] += 1
                return None
            return record
        reasons: dict[int, str] = {}
        for index, solution in enumerate(solutions):
            reason = self.reason(solution)
            if reason is not None:
                reasons[index] = reason
        if lost is None:
            rest = [index for index in range(len(solutions)) if index not in reasons]
            lost = self._lost(solutions, rest)
        reasons |= lost
        for why in reasons.values():
            dropped[SOLUTIONS, why] += 1
        kept = [solution for index, solution in enumerate(solutions) if index not in reasons]
        if not kept:
            dropped[RECORDS, "no solution left"] += 1
            return None
        sure = [self._sure(solution, dropped) for solution in kept] if self.min_confidence else kept
        if not reasons and all(one is other for one, other in zip(sure, solutions, strict=True)):
            return record
        return _changed(record, sure)

    def _lost(self, solutions: Sequence[Mapping[str, Any]], rest: Sequence[int]) -> Mapping[int, str]:
        """`losers` among the solutions of one record with the indices `rest`."""
        if not self.chooses:
            own = [normalised(solutions[index]["text"]) for index in rest if not _is_imported(solutions[index])]
            if len(set(own)) == len(own):
                return {}
        found = (self._candidate(solutions[index], (0, index)) for index in rest)
        return {place[1]: why for place, why in self.losers(found).items()}

    def _candidate(self, solution: Mapping[str, Any], place: tuple[int, int]) -> Candidate:
        text, verdict = solution["text"], solution["verdict"]
        return Candidate(
            place=place,
            rank=_hash64(f"{self.seed}\x1f{solution['solution_id'] or text}") if self.chooses else 0,
            text=0 if _is_imported(solution) else _hash64(normalised(text)),
            right=True if verdict == "correct" else False if verdict == "incorrect" else None,
            known=sum(step["label"] is not None for step in solution["steps"]),
        )

    def _sure(self, solution: dict[str, Any], dropped: Dropped) -> dict[str, Any]:
        """The solution with its labels that are sure enough; itself where all are."""
        wanted = self.min_confidence - _FLOAT32
        unsure = [
            step["label"] is not None and (step["confidence"] is None or step["confidence"] < wanted)
            for step in solution["steps"]
        ]
        if not any(unsure):
            return solution
        for step, hidden in zip(solution["steps"], unsure, strict=True):
            if hidden:
                why = "confidence unknown" if step["confidence"] is None else "not sure enough"
                dropped[LABELS, why] += 1
        steps = [
            {**step, "label": None} if hidden else step for step, hidden in zip(solution["steps"], unsure, strict=True)
        ]
        return {**solution, "steps": steps, "first_error": first_error_of([step["label"] for step in steps])}


def _changed(record: Mapping[str, Any], solutions: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    changed = {**record, "solutions": list(solutions)}
    if record.get("metadata"):
        changed["metadata"] = [item for item in record["metadata"] if item[0] != record["source"]]
    return changed


def _is_imported(solution: Mapping[str, Any]) -> bool:
    return bool(solution["method"] == "imported")


def _hash64(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
