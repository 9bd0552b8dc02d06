"""GPU-hours and money of a folder, over all attempts and all runs within it, in all and per accepted solution."""

from __future__ import annotations

from typing import Any

from factory.run_figures.grouped import share
from factory.storage.store import Store
from pipelines.measures.gpu_time import gpu_hours_in


def spending_figures(
    store: Store, parts: list[str], price: float, money: float, accepted: int | None
) -> dict[str, Any]:
    """Return what a run has spent.

    Args:
      store: the run folder.
      parts: folders of records within it, "" for its own.
      price: money for one hour of one GPU; 0 where nobody says.
      money: what servers asked for their answers, by the records.
      accepted: solutions that are right, or with the first error located; None where that is no number, as of several
        runs with the same texts.

    Returns:
      GPU-hours by role, money in all, and both per accepted solution; None where nothing counts.
    """
    hours = gpu_hours_in(store, *(f"{part}/logs".lstrip("/") for part in parts))
    total = sum(hours.values())
    paid = money + price * total
    return {
        "gpu_hours": hours,
        "gpu_hours_total": total,
        "gpu_hour_price": price,
        "money": paid,
        "accepted": accepted,
        "gpu_seconds_per_accepted": share(3600 * total, accepted or 0) if total else None,
        "money_per_accepted": share(paid, accepted or 0) if paid else None,
    }
