"""Counts of what a set of rows holds: what progress, status and the end summary show.

Kept in every shard's footer, so that the state of a run is read without reading its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Tally:
    """Sums over rows. `correct` to `truncated` split `solutions`; `contradicted` are solutions whose evidence fits no
    first error; `label_calls` is the part of `policy_calls` spent on labels, `judge_calls` (completions of a model that
    judges answers) come on top; `seconds` adds up the time spent on questions."""

    questions: int = 0
    failed: int = 0
    solutions: int = 0
    correct: int = 0
    incorrect: int = 0
    unparsable: int = 0
    timeout: int = 0
    error: int = 0
    truncated: int = 0
    first_errors: int = 0
    contradicted: int = 0
    labels_right: int = 0
    labels_wrong: int = 0
    policy_calls: int = 0
    label_calls: int = 0
    judge_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def without(self, other: Tally) -> Tally:
        """What is here beyond `other`."""
        return Tally(**{field.name: getattr(self, field.name) - getattr(other, field.name) for field in fields(self)})

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    @property
    def share_correct(self) -> float | None:
        """Correct among the judged solutions, repeats of one text counted once."""
        judged = self.correct + self.incorrect
        return self.correct / judged if judged else None


def tally(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Count `rows` as `factory/records/record.py` builds them."""
    total = Tally()
    for row in rows:
        total.questions += 1
        total.failed += row["status"] == "failed"
        cost = row["cost"]
        total.policy_calls += cost["policy_calls"]
        total.label_calls += cost["label_calls"]
        total.judge_calls += cost["judge_calls"]
        total.prompt_tokens += cost["prompt_tokens"]
        total.completion_tokens += cost["completion_tokens"]
        total.seconds += cost["seconds"]
        for solution in row["solutions"]:
            total.solutions += 1
            # What was cut off is not judged, whatever its last words were.
            verdict = "truncated" if solution["finish_reason"] == "length" else solution["verdict"]
            if verdict is not None:  # an imported solution nobody judged
                setattr(total, verdict, getattr(total, verdict) + 1)
            first_error = solution["first_error"]
            total.first_errors += first_error is not None and first_error >= 0
            total.contradicted += bool(solution["contradicted"])
            for step in solution["steps"]:
                total.labels_right += step["label"] == 1
                total.labels_wrong += step["label"] == -1
    return total
