"""How much is asked for per question: what may be raised when a run is resumed, and what was raised.

A search method or a labeller says which fields of its `Config` are amounts: `EFFORT = ("n",)`. With the same settings
otherwise, more of them adds to what is there and takes nothing away. `sampling.max_tokens` is one of everybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, Protocol

MAX_TOKENS, SEARCH, SUPERVISION = "sampling.max_tokens", "search.", "supervision."


class Bounded(Protocol):
    """Sampling settings, by whatever name."""

    @property
    def max_tokens(self) -> int: ...


def effort_of(
    search: ModuleType, search_config: Any, supervision: ModuleType, supervision_config: Any, sampling: Bounded
) -> dict[str, int]:
    """The amounts by config key: `{"sampling.max_tokens": 256, "search.n": 8, "supervision.max_probes": 64, …}`."""
    amounts = {MAX_TOKENS: sampling.max_tokens}
    for section, module, config in (
        (SEARCH, search, search_config),
        (SUPERVISION, supervision, supervision_config),
    ):
        amounts |= {f"{section}{name}": getattr(config, name) for name in getattr(module, "EFFORT", ())}
    return amounts


def raised(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """The keys of which more is asked for now; an amount that `before` does not know is none."""
    return [key for key, amount in now.items() if amount > before.get(key, amount)]


def lowered(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """The keys of which less is asked for now: what is there cannot be taken back."""
    return [key for key, amount in now.items() if amount < before.get(key, amount)]


def least(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What at least was asked for in each of `rows`: less than now where going on with a question has failed."""
    efforts = [dict(row["effort"]) for row in rows if row["effort"] is not None and row["status"] == "ok"]
    return {key: min(effort.get(key, 0) for effort in efforts) for key in (efforts[0] if efforts else ())}
