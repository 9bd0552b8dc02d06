"""Effort per question: the amounts that may be raised when a run is resumed, and those that were raised.

A search method or a labeller lists the fields of its `Config` that are amounts: `EFFORT = ("n",)`. With the same
settings otherwise, a higher amount adds to what is there and takes nothing away. `sampling.max_tokens` is an amount of
every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from factory.contracts.search import SearchPlugin
from factory.contracts.supervision import SupervisionPlugin

MAX_TOKENS, SEARCH_KEYS, SUPERVISION_KEYS = "sampling.max_tokens", "search.", "supervision."


class Bounded(Protocol):
    """Sampling settings of any class that has a token limit."""

    @property
    def max_tokens(self) -> int:
        """Most tokens of a solution."""
        ...


def effort_of(
    search: SearchPlugin,
    search_config: Any,
    supervision: SupervisionPlugin,
    supervision_config: Any,
    sampling: Bounded,
) -> dict[str, int]:
    """Return the amounts by config key: `{"sampling.max_tokens": 256, "search.n": 8, "supervision.max_probes": 64}`.

    Args:
      search: module of the search method.
      search_config: its filled `Config`.
      supervision: module of the labeller.
      supervision_config: its filled `Config`.
      sampling: settings with the token limit.

    Returns:
      Amounts by config key.
    """
    amounts = {MAX_TOKENS: sampling.max_tokens}
    amounts |= {f"{SEARCH_KEYS}{name}": getattr(search_config, name) for name in search.EFFORT}
    amounts |= {f"{SUPERVISION_KEYS}{name}": getattr(supervision_config, name) for name in supervision.EFFORT}
    return amounts


def raised(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Return the keys whose amount is higher now than `before`; a key that `before` lacks counts as unchanged."""
    return [key for key, amount in now.items() if amount > before.get(key, amount)]


def lowered(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Return the keys whose amount is lower now than `before`: a resume refuses these, since nothing is taken back."""
    return [key for key, amount in now.items() if amount < before.get(key, amount)]


def least(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the smallest amount of each key over `rows`: lower than now where continuing a question has failed."""
    efforts = [dict(row["effort"]) for row in rows if row["effort"] is not None and row["status"] == "ok"]
    return {key: min(effort.get(key, 0) for effort in efforts) for key in (efforts[0] if efforts else ())}
