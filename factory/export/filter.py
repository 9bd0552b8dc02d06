"""Which solutions of a record are exported.

First every solution is looked at by itself: verdict, hints, round, length. What is left of a question, over all records
of it, is then chosen from (`factory/export/choice.py`): one of equal texts, caps, balance.

Rationalised solutions (`hinted`) were written knowing the answer, so a right one says nothing of the model's own
reasoning, and their labels are another distribution: they are left out unless asked for, and those that give the answer
away (`factory/self_training/hints.py`) in any case.

Imported solutions are exempt from the search for equal texts: what somebody's data set holds twice is exported twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from factory.errors import BadInput
from factory.export.choice import EQUAL_TEXT, DropReason, ExportCandidate, FormatSelector, Place, losses
from factory.export.flat_rows import is_judged, is_right
from factory.labelling.step_labels import first_error_of
from factory.plugins import suggest
from factory.self_training.hints import leak
from factory.text.wording import trimmed
from factory.types import Outcome

HINTED = ("none", "any", "only")
COLUMNS = ["question_id", "question", "solutions"]
SELECTION_COLUMNS = [
    "gold_answer",
    *(f"solutions.{name}" for name in ("solution_id", "text", "verdict", "finish_reason", "first_error")),
    *(f"solutions.{name}" for name in ("method", "hinted", "round")),
    *(f"solutions.steps.{name}" for name in ("text", "label", "confidence")),
]
"""What `Filter.candidates` reads, and `uses` of the formats."""
_FLOAT32 = 1e-6  # confidences are kept with 24 bits: .9 comes back a little smaller
SOLUTIONS, LABELS, RECORDS = "solutions", "step labels", "records"
EVERYTHING = (FormatSelector(),)
Dropped = Counter[tuple[str, str]]
"""How many were dropped, by (of what, why)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is exported. Nothing given: all but hinted solutions and repeated texts.

    * `verdicts`: correct, incorrect, unparsable, timeout, error; none for all.
    * `min_confidence`: step labels that are less sure, or of which nobody says how sure they are, count as unknown.
    * `hinted`: none, any or only. `rounds`: of training; none for all.
    * `min_characters` to `max_steps`: of a solution's text and steps; 0 for no bound.
    * `per_question`: at most so many solutions of a question, over all records of it, in every format of those that it
      can use; 0 for all.
    * `balance`: of every question as many right as wrong ones, those that are neither (not judged, or cut off) and
      questions with one kind only left out. With `per_question` half of it each, rounded down. Formats of right ones
      alone are as without.
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
        for what, least, most in (
            ("chars", self.min_characters, self.max_characters),
            ("steps", self.min_steps, self.max_steps),
        ):
            if 0 < most < least:
                raise BadInput(f"--min-{what} {least} with --max-{what} {most} leaves nothing. Expected min ≤ max.")
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

    def columns(self) -> list[str]:
        """The record columns that `apply` reads."""
        return [*COLUMNS, "gold_answer"] if self.hinted != "none" else COLUMNS

    def reason(self, solution: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
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
        if solution["hinted"] and _gives_away(solution, record["gold_answer"] or ""):
            return "gives the answer away"
        return None

    def candidates(
        self, record: Mapping[str, Any], selectors: Sequence[FormatSelector] = EVERYTHING, place: int = 0
    ) -> Iterator[ExportCandidate]:
        """The solutions of the record at `place` that pass by themselves."""
        for index, solution in enumerate(record["solutions"] or ()):
            if self.reason(solution, record) is None:
                yield self._candidate(self._sure(solution), selectors, (place, index))

    def losses(
        self, found: Iterable[ExportCandidate], selectors: Sequence[FormatSelector] = EVERYTHING
    ) -> dict[Place, DropReason]:
        """Of all candidates of one question those that are not exported, by place."""
        return losses(found, self.per_question, self.balance, selectors)

    def apply(
        self,
        record: Mapping[str, Any],
        dropped: Dropped,
        selectors: Sequence[FormatSelector] = EVERYTHING,
        lost: Mapping[int, DropReason] | None = None,
    ) -> dict[str, Mapping[str, Any]]:
        """By format the record with what is left of its solutions; formats with nothing left are not in there.
        `dropped` counts what is not left.

        `lost`: what `losses` has found over several records of the question, by index. Without it the record is all
        there is of the question. A record that is changed is no longer the imported line it came from: what was kept of
        that (`factory.export.imported`) is taken out.
        """
        solutions = record["solutions"]
        if not solutions:
            if self.selective:
                dropped[RECORDS, "without solutions"] += 1
                return {}
            return {selector.name: record for selector in selectors}
        passed: dict[int, dict[str, Any]] = {}
        for index, solution in enumerate(solutions):
            reason = self.reason(solution, record)
            if reason is None:
                passed[index] = self._sure(solution)
            else:
                dropped[SOLUTIONS, reason] += 1
        if lost is None:
            lost = self._lost(passed, selectors)
        kept = {index: solution for index, solution in passed.items() if index not in lost or not lost[index].equal}
        if len(kept) < len(passed):
            dropped[SOLUTIONS, EQUAL_TEXT] += len(passed) - len(kept)
        if not kept:
            dropped[RECORDS, "no solution left"] += 1
            return {}
        _count_unsure(dropped, solutions, kept)
        is_same = len(kept) == len(solutions) and all(kept[index] is solutions[index] for index in kept)
        whole = record if is_same else _changed(record, kept.values())
        if not self.chooses:
            return {selector.name: whole for selector in selectors}
        drawn = {selector.name: _drawn(whole, kept, lost, selector, dropped) for selector in selectors}
        return {name: found for name, found in drawn.items() if found is not None}

    def _lost(
        self, passed: Mapping[int, Mapping[str, Any]], selectors: Sequence[FormatSelector]
    ) -> Mapping[int, DropReason]:
        """`losses` among the solutions of one record, by index."""
        if not self.chooses:
            own = [trimmed(solution["text"]) for solution in passed.values() if not _is_imported(solution)]
            if len(set(own)) == len(own):
                return {}
        found = (self._candidate(solution, selectors, (0, index)) for index, solution in passed.items())
        return {index: loss for (_, index), loss in self.losses(found, selectors).items()}

    def _candidate(
        self, solution: Mapping[str, Any], selectors: Sequence[FormatSelector], place: Place
    ) -> ExportCandidate:
        text = _hash64(trimmed(solution["text"]))
        return ExportCandidate(
            *place,
            rank=_hash64(f"{self.seed}\x1f{text}") if self.chooses else 0,
            text=0 if _is_imported(solution) else text,
            right=int(is_right(solution)) if is_judged(solution) else -1,
            known=sum(step["label"] is not None for step in solution["steps"]),
            uses=sum(selector.mask for selector in selectors if selector.uses(solution)) if self.chooses else 0,
        )

    def _sure(self, solution: dict[str, Any]) -> dict[str, Any]:
        """The solution with its labels that are sure enough; itself where all are."""
        if not self.min_confidence:
            return solution
        wanted = self.min_confidence - _FLOAT32
        unsure = [
            step["label"] is not None and (step["confidence"] is None or step["confidence"] < wanted)
            for step in solution["steps"]
        ]
        if not any(unsure):
            return solution
        steps = [
            {**step, "label": None} if hidden else step for step, hidden in zip(solution["steps"], unsure, strict=True)
        ]
        return {**solution, "steps": steps, "first_error": first_error_of([step["label"] for step in steps])}


def _gives_away(solution: Mapping[str, Any], gold: str) -> bool:
    """Whether a hinted solution shows that its author knew the answer. The hint itself is not on the record, so that
    one that only repeats it in other words than `factory/self_training/hints.py` knows is not found."""
    return leak(solution["text"], [step["text"] for step in solution["steps"]], "", gold) is not None


def _drawn(
    record: Mapping[str, Any],
    kept: Mapping[int, Mapping[str, Any]],
    lost: Mapping[int, DropReason],
    selector: FormatSelector,
    dropped: Dropped,
) -> Mapping[str, Any] | None:
    """The record with those of its solutions `kept` that a format can use and has drawn, None where there is none; as
    it is where all were drawn."""
    mine = {index: solution for index, solution in kept.items() if selector.uses(solution)}
    reasons = {index: lost[index].why(selector.mask) for index in mine if index in lost}
    gone = {index: why for index, why in reasons.items() if why is not None}
    for why in gone.values():
        dropped[f"{SOLUTIONS} for {selector.name}" if selector.name else SOLUTIONS, why] += 1
    if not gone:
        return record
    left = [solution for index, solution in mine.items() if index not in gone]
    return _changed(record, left) if left else None


def _count_unsure(
    dropped: Dropped, before: Sequence[Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]
) -> None:
    """Count the labels that `Filter._sure` has taken out."""
    for index, solution in after.items():
        if solution is before[index]:
            continue
        for given, left in zip(before[index]["steps"], solution["steps"], strict=True):
            if given is not left:
                why = "confidence unknown" if given["confidence"] is None else "not sure enough"
                dropped[LABELS, why] += 1


def _changed(record: Mapping[str, Any], solutions: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    changed = {**record, "solutions": list(solutions)}
    if record.get("metadata"):
        changed["metadata"] = [item for item in record["metadata"] if item[0] != record["source"]]
    return changed


def _is_imported(solution: Mapping[str, Any]) -> bool:
    return bool(solution["method"] == "imported")


def _hash64(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
