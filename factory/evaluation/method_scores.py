"""Scores of a search method, read off the records of its run: what it answered right, and what that has cost.

What a method answers is the solution that it selected. A method that selects nothing, such as `sample`, answers by
majority vote, and of k equally frequent answers a right one counts 1/k (`pass_at_k.py`). An answer that cannot be read,
was cut off or never came is not right.

Tokens are counted by role. Those that generating roles sample are the budget. Those that a reward model reads are kept
apart. What the checker's judge says belongs to the measurement and is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from factory.evaluation.pass_at_k import score
from factory.records.role_costs import earlier_entries
from factory.types import LENGTH, Outcome

COLUMNS = ["question_id", "solutions", "cost", "status"]
"""Columns of a record that `scores_of` reads."""
SELECTED, MAJORITY = "selected", "majority"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodScores:
    """Answers and costs of a method, summed over its questions.

    * `rights`: by question id, 1 for a right answer, 0 for any other, a share where answers tie.
    * `answered_by`: `SELECTED` or `MAJORITY`.
    * `sampled`: tokens sampled, by role. `scored`: tokens read by reward models, by role. `read`: prompt tokens of the
      roles that generate.
    * `calls`: completions and scores asked for, by role.
    * `question_seconds`: time spent on each question, summed; many are worked on at once.
    * `failed`: questions that failed; they count as not right.
    """

    rights: Mapping[str, float]
    answered_by: str
    sampled: Mapping[str, int]
    scored: Mapping[str, int]
    read: Mapping[str, int]
    calls: Mapping[str, int]
    question_seconds: float
    failed: int

    @property
    def questions(self) -> int:
        """Number of questions."""
        return len(self.rights)

    def per_question(self, counts: Mapping[str, int]) -> float:
        """Return the sum of counts by role, per question."""
        return sum(counts.values()) / self.questions

    def tokens(self, scored_weight: float = 0.0) -> float:
        """Return the tokens spent on a question: those sampled, and those scored times a weight."""
        return self.per_question(self.sampled) + scored_weight * self.per_question(self.scored)


def scores_of(rows: Iterable[Mapping[str, Any]], scorers: Collection[str], judge: str | None = None) -> MethodScores:
    """Return the scores of a run, from its records in one pass, holding one at a time.

    Args:
      rows: records with the columns `COLUMNS`, from schema 4 on or with the policy alone.
      scorers: roles that score instead of generating.
      judge: role that the checker asks for verdicts, if it asks one; only those of its tokens are left out.

    Raises:
      ValueError: there are no rows.
    """
    selected: dict[str, float | None] = {}
    voted: dict[str, float] = {}
    sampled, scored, read, calls = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    seconds, failed = 0.0, 0
    for row in rows:
        # What it answered, in both ways: which one counts is known at the end.
        key = row["question_id"]
        selected[key], voted[key] = _selected(row), score([row]).majority
        failed += row["status"] == "failed"
        # What it cost.
        cost = row["cost"]
        seconds += cost["seconds"] or 0.0
        for entry in earlier_entries(row):
            role = entry["role"]
            calls[role] += entry["calls"]
            (scored if role in scorers else read)[role] += entry["prompt_tokens"]
            sampled[role] += entry["completion_tokens"]
        if judge is not None:
            # What its prompts as a judge were is not known.
            calls[judge] -= cost["judge_calls"] or 0
            sampled[judge] -= cost["judge_tokens"] or 0
    if not voted:
        raise ValueError("got no rows to score; expected the records of a run")
    selects = any(share is not None for share in selected.values())
    return MethodScores(
        rights={key: share or 0.0 for key, share in selected.items()} if selects else voted,
        answered_by=SELECTED if selects else MAJORITY,
        sampled=_without_zeros(sampled),
        scored=_without_zeros(scored),
        read=_without_zeros(read),
        calls=_without_zeros(calls),
        question_seconds=seconds,
        failed=failed,
    )


def _selected(row: Mapping[str, Any]) -> float | None:
    """Return 1 where the selected solution of a record is right, 0 where it is not, None where there is none."""
    # Rows of earlier versions do not say what was selected.
    chosen = [solution for solution in row["solutions"] if solution.get("selected")]
    if not chosen:
        return None
    right = [one["verdict"] == Outcome.CORRECT and one["finish_reason"] != LENGTH for one in chosen]
    return sum(right) / len(right) if row["status"] != "failed" else 0.0


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {role: count for role, count in sorted(counts.items()) if count}
