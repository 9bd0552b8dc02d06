"""Tables of a reward model's evaluation: first errors, and the answers picked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def report(figures: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the figures of `tools.evaluation.eval_prm.evaluate`."""
    console = console or Console(width=120)
    console.print(_first_errors(figures))
    if figures["picks"]:
        console.print(_answers(figures))


def _first_errors(figures: Mapping[str, Any]) -> Table:
    table = Table(
        title=f"first errors, threshold {figures['threshold']:g} tuned on {figures['tuned_on']} other solutions"
    )
    for column in ("", "F1", "on erroneous", "on correct", "the PRM has more", "95 % interval"):
        table.add_column(column, justify="right" if column else "left")
    for name, one in figures["first_error"].items():
        gain = one["gain"]
        more = ("", "") if name == "PRM" else (f"{gain['gain']:+.3f}", f"{gain['low']:+.3f} to {gain['high']:+.3f}")
        table.add_row(name, *(_said(one[key]) for key in ("f1", "accuracy_erroneous", "accuracy_correct")), *more)
    steps, counts = figures["step_accuracy"], figures["first_error"]["PRM"]
    table.caption = (
        f"{counts['erroneous']} erroneous and {counts['correct']} correct solutions; {figures['truth_unknown']} others "
        f"({figures['truth_unknown_right']} of them right) have no known first error, "
        f"{figures['too_long']} were too long; "
        f"accuracy per step {_said(steps['accuracy'])} ({_said(steps['accuracy_right'])} of {steps['right']} right "
        f"ones, {_said(steps['accuracy_wrong'])} of {steps['wrong']} wrong ones)"
    )
    return table


def _answers(figures: Mapping[str, Any]) -> Table:
    table = Table(title=f"answers of {figures['questions']} questions")
    for column in ("", "right", "±", "over majority", "±"):
        table.add_column(column, justify="right" if column else "left")
    for name, pick in figures["picks"].items():
        error, gain_error = (_percent(pick[key]) for key in ("error", "gain_error"))
        table.add_row(name, _percent(pick["accuracy"]), error, f"{100 * pick['gain']:+.1f}", gain_error)
    return table


def _said(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"
