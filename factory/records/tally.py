"""Counts over a set of rows: the numbers that progress, `factory status` and the last lines of a run show.

Every shard keeps its counts in its footer, so the state of a run is known without reading its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from factory.records.role_costs import AMOUNTS, WHO, Entry, less, summed
from factory.types import LENGTH


@dataclass(slots=True)
class Tally:
    """Sums over rows.

    * `questions`, `failed`: rows, and those that could not be finished.
    * `solutions` is split into `correct`, `incorrect`, `unparsable`, `timeout`, `error` and `truncated` (cut off, so
      not judged); solutions that nobody judged are in none of them. `looping` is the part of `truncated` that was
      cut off in a loop.
    * `first_errors`: solutions with a first wrong step. `contradicted`: solutions whose rollouts fit no first error.
    * `sound`, `flawed`: correct ones that were audited and hold no wrong step, or hold one; `flaws_located`: those of
      the latter whose first wrong step is known.
    * `labels_right`, `labels_wrong`: steps labelled 1 and -1.
    * `policy_calls`: completions asked of the model; `label_calls` is the part spent on labels. `judge_calls`
      (completions of a model that judges answers) come on top.
    * `seconds`: sum of the times spent on each question. `money`: sum of what the models asked for it.
    * `roles`: cost by role and the model behind it, as entries of a record (`factory/records/role_costs.py`).
    """

    questions: int = 0
    failed: int = 0
    solutions: int = 0
    correct: int = 0
    incorrect: int = 0
    unparsable: int = 0
    timeout: int = 0
    error: int = 0
    truncated: int = 0
    looping: int = 0
    first_errors: int = 0
    contradicted: int = 0
    sound: int = 0
    flawed: int = 0
    flaws_located: int = 0
    labels_right: int = 0
    labels_wrong: int = 0
    policy_calls: int = 0
    label_calls: int = 0
    judge_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    money: float = 0.0
    roles: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the counts of `other`."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.roles = summed(self.roles, other.roles)

    def without(self, other: Tally) -> Tally:
        """Return the difference to `other`, which this one includes."""
        numbers = {name: getattr(self, name) - getattr(other, name) for name in NUMBERS}
        return Tally(**numbers, roles=less(self.roles, other.roles))

    def beyond(self, other: Tally) -> Tally:
        """Return what this one counts more than `other`, count by count; 0 where it counts less."""
        left = self.without(other)
        for name in NUMBERS:
            setattr(left, name, max(0, getattr(left, name)))
        left.roles = less((entry | {name: max(0, entry[name]) for name in AMOUNTS} for entry in left.roles), ())
        return left

    def as_dict(self) -> dict[str, Any]:
        """Return the counts by name, as footers and receipts keep them."""
        return asdict(self)

    @classmethod
    def of_dict(cls, counts: Mapping[str, Any]) -> Tally:
        """Return the counts that `as_dict` gave; those of an earlier version lack some.

        Raises `TypeError` or `KeyError` for anything else, as damaged bytes have it.
        """
        made = cls(**counts)
        amounts = [getattr(made, name) for name in NUMBERS]
        for entry in made.roles:
            amounts += [entry[name] for name in AMOUNTS]
            if not all(isinstance(entry[name], str | None) for name in WHO):
                raise TypeError("a role's cost is not by names")
        if not all(isinstance(amount, int | float) for amount in amounts):
            raise TypeError("a count is no number")
        return made

    @property
    def processes(self) -> dict[str, dict[str, int]]:
        """Judged solutions by answer (right, wrong) and by process (sound, flawed, unknown).

        A wrong answer is flawed where its first wrong step is located, and never sound. Right ones that no audit has
        looked at have a first error by rollouts of a prefix that they share: these few are among the wrong ones here.
        """
        located = min(self.incorrect, self.first_errors - self.flaws_located)
        return {
            "right": {"sound": self.sound, "flawed": self.flawed, "unknown": self.correct - self.sound - self.flawed},
            "wrong": {"sound": 0, "flawed": located, "unknown": self.incorrect - located},
        }

    @property
    def share_correct(self) -> float | None:
        """Share of the judged solutions that is correct; None when none was judged. Repeats of a text count once."""
        judged = self.correct + self.incorrect
        return self.correct / judged if judged else None


NUMBERS = tuple(part.name for part in fields(Tally) if part.name != "roles")
"""Fields of `Tally` that are numbers."""


def tally(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Count `rows` as `factory/records/record.py` builds them."""
    total = Tally()
    roles: list[Iterable[Entry]] = []
    for row in rows:
        total.questions += 1
        total.failed += row["status"] == "failed"
        # Calls, tokens and time.
        cost = row["cost"]
        total.policy_calls += cost["policy_calls"]
        total.label_calls += cost["label_calls"]
        total.judge_calls += cost["judge_calls"]
        total.prompt_tokens += cost["prompt_tokens"]
        total.completion_tokens += cost["completion_tokens"]
        total.seconds += cost["seconds"]
        # Rows of earlier versions do not have these.
        total.money += cost.get("money") or 0.0
        roles.append(cost.get("roles") or ())
        # Solutions by verdict. One that was cut off is not judged, whatever its last words were.
        for solution in row["solutions"]:
            total.solutions += 1
            verdict = "truncated" if solution["finish_reason"] == LENGTH else solution["verdict"]
            total.looping += verdict == "truncated" and bool(solution.get("looping"))
            # An imported solution may have no verdict.
            if verdict is not None:
                setattr(total, verdict, getattr(total, verdict) + 1)
            # Step labels.
            first_error = solution["first_error"]
            total.first_errors += first_error is not None and first_error >= 0
            total.contradicted += bool(solution["contradicted"])
            # Rows of earlier versions know of no audit, so footers that were written then still fit.
            flawed = solution.get("flawed")
            total.sound += flawed is False
            total.flawed += flawed is True
            total.flaws_located += flawed is True and first_error is not None
            for step in solution["steps"]:
                total.labels_right += step["label"] == 1
                total.labels_wrong += step["label"] == -1
    total.roles = summed(*roles)
    return total
