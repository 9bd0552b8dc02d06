"""Cost of a question by the role of the model, as its record keeps it: who was asked, for how much, at what price.

An entry is one role and the model behind it. A question that is taken up again, when another model has the role by
then, has an entry for each. So what an earlier run has paid stays, whatever a token costs today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from factory.rollouts.cost import RoleCost
from factory.types import POLICY

Entry = Mapping[str, Any]
"""Entry of `cost.roles` in a record (`factory/records/schema.py`), as plain values."""

WHO = ("role", "engine", "model", "revision")
"""Fields of an entry that tell it from the others of its question."""
AMOUNTS = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "money")
"""Fields of an entry that add up."""
ROLE_FIELDS = ("roles", "money")
"""Fields of a record's cost that are about roles; null before the first version that has them."""
COUNTS_ROLES = 4
"""First version of the record schema that has `ROLE_FIELDS`."""
_PER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """Model behind a role.

    * `engine`, `model`, `revision`: what it says of itself; "" where it does not.
    * `prompt_price`, `completion_price`: money per million tokens that it reads, and that it writes; 0 is free.
    """

    engine: str
    model: str
    revision: str
    prompt_price: float = 0.0
    completion_price: float = 0.0

    def money(self, cost: RoleCost) -> float:
        """Return what these tokens cost."""
        return (self.prompt_price * cost.prompt_tokens + self.completion_price * cost.completion_tokens) / _PER


def entries_of(
    spent: Mapping[str, RoleCost], maker: Callable[[str], MadeBy], earlier: Iterable[Entry] = ()
) -> list[dict[str, Any]]:
    """Return the entries of a question: what was asked for now, added to those of its earlier record.

    Args:
      spent: cost by role.
      maker: says which model has a role now.
      earlier: entries that the question had before.

    Returns:
      One entry per role and model, the policy's first, the others by name.
    """
    return summed(earlier, (_entry(role, cost, maker(role)) for role, cost in spent.items()))


def _entry(role: str, cost: RoleCost, made_by: MadeBy) -> dict[str, Any]:
    return {
        "role": role,
        "engine": made_by.engine,
        "model": made_by.model,
        "revision": made_by.revision,
        "calls": cost.calls,
        "prompt_tokens": cost.prompt_tokens,
        "cached_tokens": cost.cached_tokens,
        "completion_tokens": cost.completion_tokens,
        "money": made_by.money(cost),
    }


def summed(*groups: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the entries of all groups, one per role and model, the policy's first and the others by name."""
    sums: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in chain.from_iterable(groups):
        who = _who(entry)
        before = sums.get(who)
        sums[who] = dict(entry) if before is None else before | {name: before[name] + entry[name] for name in AMOUNTS}
    return [sums[who] for who in sorted(sums, key=lambda who: (who[0] != POLICY, who))]


def less(entries: Iterable[Entry], part: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return entries without those of a part of them; what comes to nothing is left out."""
    negative = ({**entry, **{name: -entry[name] for name in AMOUNTS}} for entry in part)
    return [entry for entry in summed(entries, negative) if any(entry[name] for name in AMOUNTS)]


def worth_telling(entries: Iterable[Entry]) -> bool:
    """Return True where entries say more than how much the policy was asked: another role, or a price."""
    return any(entry["role"] != POLICY or entry["money"] for entry in entries)


def earlier_entries(row: Mapping[str, Any]) -> Sequence[Entry]:
    """Return the entries of a row; one of schema 3 has none, so that of its policy is made of what it has counted.

    In such a row nobody but the policy was asked, also where it judged. What its prompts as a judge were is not known.
    """
    cost = row["cost"]
    if (entries := cost.get("roles")) is not None:
        return list(entries)
    calls = cost["policy_calls"] + cost["judge_calls"]
    sampled = next((each for each in row["solutions"] if each["model"] is not None), None)
    if not calls:
        return ()
    return [
        {
            "role": POLICY,
            "engine": sampled["engine"] if sampled else "",
            "model": sampled["model"] if sampled else "",
            "revision": (sampled["model_revision"] if sampled else "") or "",
            "calls": calls,
            "prompt_tokens": cost["prompt_tokens"],
            "cached_tokens": cost["cached_tokens"],
            "completion_tokens": cost["completion_tokens"] + cost["judge_tokens"],
            "money": 0.0,
        }
    ]


def _who(entry: Entry) -> tuple[str, ...]:
    """Return what tells an entry from the others of its question."""
    return tuple(entry[name] or "" for name in WHO)
