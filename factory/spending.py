"""Spending of a run: its budgets, GPU time by role, money, and what one accepted solution has cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from factory.records.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Amounts that a run has used so far, or may use (0 for no limit).

    Attributes:
      policy_calls: completions asked of the policy.
      gpu_hours: hours times GPUs, as whoever counts them says.
      hours: hours in which a driver was alive.
      money: as in `Spending`.
    """

    policy_calls: int = 0
    gpu_hours: float = 0.0
    hours: float = 0.0
    money: float = 0.0


def over_budget(spent: Spent, budget: Spent) -> str | None:
    """Return a sentence on the first budget that is used up, else None. A budget of 0 means no limit."""
    for name in ("policy_calls", "gpu_hours", "hours", "money"):
        used, allowed = getattr(spent, name), getattr(budget, name)
        if allowed and used >= allowed:
            are = "is" if name == "money" else "are"
            return f"{round(used, 4):,} {name.replace('_', ' ')} {are} used, stop.{name} is {round(allowed, 4):,}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Cost of a run so far, over all its attempts.

    Attributes:
      gpu_hours: hours times GPUs that the engines of each role have held since they were up.
      money: what servers asked for their answers, and the GPU time at its price.
    """

    gpu_hours: Mapping[str, float] = field(default_factory=dict)
    money: float = 0.0


def spending_of(gpu_hours: Mapping[str, float], tally: Tally, gpu_hour_price: float) -> Spending:
    """Return what a run has spent.

    Args:
      gpu_hours: by role.
      tally: counts of its records, with the money that servers asked for.
      gpu_hour_price: money for one hour of one GPU; 0 where nobody says.
    """
    return Spending(gpu_hours=dict(gpu_hours), money=tally.money + gpu_hour_price * sum(gpu_hours.values()))


def accepted(tally: Tally) -> int:
    """Return the number of accepted solutions: right, or with the first wrong step located; audited ones count once.

    It is an estimate, as footers do not tell all that records do: a right text that no audit has looked at and that has
    a first error (by rollouts of a prefix that it shares) is counted twice, as long as there are not more of both than
    solutions; a given text counts, whether or not a labeller has worked on it here. `factory report` reads the records,
    counts each text once, and takes of the given ones only those with labels of this folder
    (`factory/run_figures/yields.py`), so its number may be smaller.
    """
    # Right texts in which an audit has located a wrong step are among both counts.
    others = tally.first_errors - tally.flaws_located
    return tally.correct + min(others, tally.solutions - tally.correct)


def spending_line(spending: Spending, solutions: int) -> str | None:
    """Return what a run has spent, in all and for each of so many accepted solutions; None where nothing counts.

    >>> spending_line(Spending(gpu_hours={"policy": 3.0, "prm": 0.25}, money=13.0), 2_600)
    '3.25 GPU-hours (policy 3.00, prm 0.25), 13.00 in money; 4.50 GPU-seconds, 0.0050 in money per accepted solution'
    """
    hours, money = sum(spending.gpu_hours.values()), spending.money
    if not hours and not money:
        return None
    by_role = ", ".join(f"{role} {amount:,.2f}" for role, amount in spending.gpu_hours.items())
    said = [f"{hours:,.2f} GPU-hours ({by_role})"] * bool(hours) + [f"{money:,.2f} in money"] * bool(money)
    if not solutions:
        return f"{', '.join(said)}; no accepted solution yet"
    each = [f"{3600 * hours / solutions:,.2f} GPU-seconds"] * bool(hours)
    each += [f"{money / solutions:,.4f} in money"] * bool(money)
    return f"{', '.join(said)}; {', '.join(each)} per accepted solution"
