"""Filter of an export: which solutions of a record are exported.

First every solution is looked at by itself: verdict, hints, round, length. Then, over all records of a question,
`factory/export/choice.py` chooses among the solutions that are left: one of equal texts, caps, balance.

* Rationalised solutions (`hinted`) were written with the answer known. A right one says nothing of the model's own
  reasoning, and their labels have another distribution. So they are left out unless asked for; those that give the
  answer away (`factory/self_training/hints.py`) are always left out.
* Imported solutions may repeat a text: what somebody's data set holds twice is exported twice.
* A record that is changed by the filter no longer claims to be the imported line that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from factory.errors import BadInput
from factory.export.choice import EQUAL_TEXT, DropReason, ExportCandidate, FormatSelector, Place, drop_reasons
from factory.export.consensus import AGREE, POSTERIOR, relabelled
from factory.export.drops import (
    RECORDS,
    SOLUTIONS,
    Dropped,
    count_cut_short,
    count_flawed,
    count_unsure_labels,
    drawn_by,
    with_solutions,
    without_unsure,
)
from factory.export.flat_rows import is_judged, is_right
from factory.plugins import suggest
from factory.records.thought_fields import parted, whole_text
from factory.self_training.hints import leak
from factory.text.wording import trimmed
from factory.types import Outcome

HINTED = ("none", "any", "only")
FLAWED = ("none", "any")
NO_ANSWER = "without an answer behind its thoughts"
COLUMNS = ["question_id", "question", "solutions"]
SELECTION_COLUMNS = [
    "gold_answer",
    *(f"solutions.{name}" for name in ("solution_id", "text", "verdict", "finish_reason", "first_error", "flawed")),
    *(f"solutions.{name}" for name in ("method", "hinted", "round")),
    *(f"solutions.{name}" for name in ("reasoning", "thought_opening", "thought_closing")),
    *(f"solutions.steps.{name}" for name in ("text", "label", "confidence")),
]
"""Columns that `Filter.candidates` reads, and `uses` of the formats."""
_AGREE_COLUMNS = ["solutions.opinions", "solutions.steps.n_trials", "solutions.steps.n_successes"]
EVERYTHING = (FormatSelector(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Options of a filter. Without any, all solutions are exported but hinted ones and repeated texts.

    * `verdicts`: correct, incorrect, unparsable, timeout, error; none given for all.
    * `min_confidence`: 0 to 1. Step labels with a lower confidence, or with none on record, count as unknown.
    * `agree`: labels as the run gave them, or where rollouts and critics agree (`factory/export/consensus.py`).
    * `hinted`: none, any or only.
    * `flawed`: none leaves solutions whose answer is right in spite of a wrong step, as an audit has located it, out of
      the formats that teach to write right ones; any treats them like all right ones.
    * `rounds`: rounds of self-training; none given for all.
    * `min_characters`, `max_characters`, `min_steps`, `max_steps`: bounds on a solution's text and steps; 0 for none.
    * `per_question`: most solutions of a question, over all records of it, in every format, counting those that the
      format can use; 0 for all.
    * `balance`: take as many right as wrong solutions of every question. Solutions that are neither (not judged, or cut
      off) and questions with one kind only are left out. With `per_question`, half of it each, rounded down. Formats of
      right solutions only are not balanced.
    * `seed`: another seed draws other solutions under a cap.
    * `without_reasoning`: what models thought aloud is left out, and solutions that are nothing else. Steps and trees
      keep it: an export refuses formats of these (`WHOLE_TEXTS`).

    Raises `BadInput` for values that are out of range or exclude each other.
    """

    verdicts: tuple[str, ...] = ()
    min_confidence: float = 0.0
    agree: str = POSTERIOR
    hinted: str = "none"
    flawed: str = "none"
    rounds: tuple[int, ...] = ()
    min_characters: int = 0
    max_characters: int = 0
    min_steps: int = 0
    max_steps: int = 0
    per_question: int = 0
    balance: bool = False
    seed: int = 0
    without_reasoning: bool = False

    def __post_init__(self) -> None:
        # Each option by itself.
        for verdict in self.verdicts:
            if verdict not in tuple(Outcome):
                raise BadInput(f"--verdict is {verdict!r}. {suggest(verdict, [str(one) for one in Outcome])}")
        if self.agree not in AGREE:
            raise BadInput(f"--agree is {self.agree!r}. {suggest(self.agree, list(AGREE))}")
        if self.hinted not in HINTED:
            raise BadInput(f"--hinted is {self.hinted!r}. {suggest(self.hinted, list(HINTED))}")
        if self.flawed not in FLAWED:
            raise BadInput(f"--flawed is {self.flawed!r}. {suggest(self.flawed, list(FLAWED))}")
        if not 0 <= self.min_confidence <= 1:
            raise BadInput(f"--min-confidence is {self.min_confidence:g}. Expected a probability, 0 to 1.")
        bounds = (self.min_characters, self.max_characters, self.min_steps, self.max_steps, self.per_question)
        if min(bounds) < 0:
            raise BadInput(f"a length or a cap is {min(bounds)}. Expected 0 (no bound) or more.")
        # Options that together would leave nothing.
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
        """True when the filter asks anything of solutions, so that records without solutions are dropped."""
        by_default = replace(Filter(), min_confidence=self.min_confidence, agree=self.agree, flawed=self.flawed)
        by_default = replace(by_default, hinted=self.hinted, seed=self.seed)
        return replace(self, without_reasoning=False) != by_default or self.hinted == "only"

    @property
    def chooses(self) -> bool:
        """True when a solution's export depends on the question's other solutions, equal texts apart."""
        return bool(self.per_question or self.balance)

    def columns(self) -> list[str]:
        """Return the record columns that `apply` reads."""
        read = [*COLUMNS, "gold_answer"] if self.hinted != "none" else COLUMNS
        return read if self.agree == POSTERIOR else [*read, *_AGREE_COLUMNS]

    def selection_columns(self) -> list[str]:
        """Return the record columns that `candidates` reads."""
        return [*SELECTION_COLUMNS, *_AGREE_COLUMNS] if self.agree != POSTERIOR else SELECTION_COLUMNS

    def reason(self, solution: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
        """Return the reason why a solution is dropped by itself; None when it passes."""
        if self.hinted != "any" and bool(solution["hinted"]) != (self.hinted == "only"):
            return "hinted" if solution["hinted"] else "not hinted"
        if self.verdicts and solution["verdict"] not in self.verdicts:
            return f"verdict {solution['verdict'] or 'unknown'}"
        if self.rounds and solution["round"] not in self.rounds:
            return "another round"
        shown = whole_text(self._shown(solution))
        if self.without_reasoning and not shown.strip():
            return NO_ANSWER
        characters, steps = len(shown), len(solution["steps"])
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
        """Yield the solutions of a record that pass by themselves, for `drop_reasons`.

        Args:
          record: record with the columns `selection_columns`.
          selectors: formats that are exported.
          place: number of the record in the input.
        """
        for index, solution in enumerate(record["solutions"] or ()):
            if self.reason(solution, record) is None:
                yield self._candidate(self._sure(solution), selectors, (place, index))

    def drop_reasons(
        self, candidates: Iterable[ExportCandidate], selectors: Sequence[FormatSelector] = EVERYTHING
    ) -> dict[Place, DropReason]:
        """Return those of a question's candidates that are dropped for some format, by place, with the reasons."""
        return drop_reasons(candidates, self.per_question, self.balance, selectors)

    def apply(
        self,
        record: Mapping[str, Any],
        dropped: Dropped,
        selectors: Sequence[FormatSelector] = EVERYTHING,
        lost: Mapping[int, DropReason] | None = None,
    ) -> dict[str, Mapping[str, Any]]:
        """Return by format the record with the solutions that are left; formats with nothing left are not in there.

        When solutions are taken out, the record is no longer the imported line it was made of: what was kept of that
        line (`factory.export.imported`) is taken out, too.

        Args:
          record: record to filter; it is not changed.
          dropped: counts that are added to.
          selectors: formats that are exported.
          lost: reasons by number of the solution, as `drop_reasons` gave them over several records of the question;
            None when this record is all there is of the question.
        """
        # Records without solutions.
        solutions = record["solutions"]
        if not solutions:
            if self.selective:
                dropped[RECORDS, "without solutions"] += 1
                return {}
            return {selector.name: record for selector in selectors}
        # Each solution by itself.
        passed: dict[int, Mapping[str, Any]] = {}
        for index, solution in enumerate(solutions):
            reason = self.reason(solution, record)
            if reason is None:
                passed[index] = self._sure(solution)
            else:
                dropped[SOLUTIONS, reason] += 1
        # Equal texts, which are dropped for all formats.
        if lost is None:
            lost = self._lost(passed, selectors)
        kept = {index: solution for index, solution in passed.items() if index not in lost or not lost[index].equal}
        if len(kept) < len(passed):
            dropped[SOLUTIONS, EQUAL_TEXT] += len(passed) - len(kept)
        if not kept:
            dropped[RECORDS, "no solution left"] += 1
            return {}
        unsure = "not sure enough" if self.agree == POSTERIOR else "not agreed on, or not sure enough"
        count_unsure_labels(dropped, solutions, kept, unsure)
        count_cut_short(dropped, kept, selectors)
        count_flawed(dropped, kept, selectors)
        is_same = len(kept) == len(solutions) and all(kept[index] is solutions[index] for index in kept)
        # Caps and balance, format by format.
        whole = record if is_same else with_solutions(record, kept.values())
        if not self.chooses:
            return {selector.name: whole for selector in selectors}
        drawn = {selector.name: drawn_by(whole, kept, lost, selector, dropped) for selector in selectors}
        return {name: part for name, part in drawn.items() if part is not None}

    def _lost(
        self, passed: Mapping[int, Mapping[str, Any]], selectors: Sequence[FormatSelector]
    ) -> Mapping[int, DropReason]:
        """Return `drop_reasons` among the solutions of one record, by number of the solution."""
        if not self.chooses:
            # Most records have no equal texts, and nothing else can drop a solution here.
            own = [trimmed(whole_text(solution)) for solution in passed.values() if not _is_imported(solution)]
            if len(set(own)) == len(own):
                return {}
        candidates = (self._candidate(solution, selectors, (0, index)) for index, solution in passed.items())
        return {index: loss for (_, index), loss in self.drop_reasons(candidates, selectors).items()}

    def _candidate(
        self, solution: Mapping[str, Any], selectors: Sequence[FormatSelector], place: Place
    ) -> ExportCandidate:
        text = _hash64(trimmed(whole_text(solution)))
        return ExportCandidate(
            *place,
            rank=_hash64(f"{self.seed}\x1f{text}") if self.chooses else 0,
            text=0 if _is_imported(solution) else text,
            right=int(is_right(solution)) if is_judged(solution) else -1,
            known=sum(step["label"] is not None for step in solution["steps"]),
            uses=sum(selector.mask for selector in selectors if selector.uses(solution)) if self.chooses else 0,
        )

    def _shown(self, solution: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a solution with the thoughts that are exported; the same object when they stay as they are."""
        if not self.without_reasoning or (apart := parted(solution)).get("reasoning") is None:
            return solution
        return {**apart, "reasoning": None, "thought_opening": None, "thought_closing": None}

    def _sure(self, solution: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a solution as it is exported, with the labels that are agreed on and sure enough.

        Where flawed ones are wanted, it is unaudited. It is the same object when nothing changes.
        """
        solution = self._shown(relabelled(solution, self.agree))
        if self.flawed == "any" and solution.get("flawed"):
            solution = {**solution, "flawed": None}
        return without_unsure(solution, self.min_confidence)


def _gives_away(solution: Mapping[str, Any], gold: str) -> bool:
    """Return True when a hinted solution shows that its author knew the answer.

    The record does not have the hint itself: a solution that repeats it in words that `factory/self_training/hints.py`
    does not know passes.
    """
    return leak(whole_text(solution), [step["text"] for step in solution["steps"]], "", gold) is not None


def _is_imported(solution: Mapping[str, Any]) -> bool:
    return bool(solution["method"] == "imported")


def _hash64(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
