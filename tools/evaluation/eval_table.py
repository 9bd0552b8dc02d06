"""Tables of a reward model's evaluation: first errors, and the answers picked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def report(figures: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the tables of one evaluation.

    Args:
      figures: as `tools.evaluation.eval_prm.evaluate` returns them.
      console: receives the tables; standard output, 120 columns wide, when it is left out.
    """
    console = console or Console(width=120)
    console.print(_first_errors(figures))
    # A run without a verdict for any whole solution has first errors, but no answers to pick from.
    if figures["picks"]:
        console.print(_answers(figures))


def _first_errors(figures: Mapping[str, Any]) -> Table:
    """Return a row per method of naming first errors; the caption says what could not be measured."""
    table = Table(
        title=f"first errors, threshold {figures['threshold']:g} tuned on {figures['tuned_on']} other solutions"
    )
    for column in ("", "F1", "on erroneous", "on correct", "the PRM has more", "95 % interval"):
        table.add_column(column, justify="right" if column else "left")
    for name, one in figures["first_error"].items():
        gain = one["gain"]
        # The gain of the PRM over itself says nothing.
        more = ("", "") if name == "PRM" else (f"{gain['gain']:+.3f}", f"{gain['low']:+.3f} to {gain['high']:+.3f}")
        table.add_row(name, *(_decimals(one[key]) for key in ("f1", "accuracy_erroneous", "accuracy_correct")), *more)
    steps, counts = figures["step_accuracy"], figures["first_error"]["PRM"]
    table.caption = (
        f"{counts['erroneous']} erroneous and {counts['correct']} correct solutions; {figures['truth_unknown']} others "
        f"({figures['truth_unknown_right']} of them right) have no known first error, {figures['too_long']} were too "
        f"long; accuracy per step {_decimals(steps['accuracy'])} ({_decimals(steps['accuracy_right'])} of "
        f"{steps['right']} right ones, {_decimals(steps['accuracy_wrong'])} of {steps['wrong']} wrong ones)"
    )
    return table


def _answers(figures: Mapping[str, Any]) -> Table:
    """Return a row per method of picking one answer among the samples of a question, in percent."""
    table = Table(title=f"answers of {figures['questions']} questions")
    for column in ("", "right", "±", "over majority", "±"):
        table.add_column(column, justify="right" if column else "left")
    for name, pick in figures["picks"].items():
        error, gain_error = (_percent(pick[key]) for key in ("error", "gain_error"))
        table.add_row(name, _percent(pick["accuracy"]), error, f"{100 * pick['gain']:+.1f}", gain_error)
    return table


def _decimals(share: float | None) -> str:
    """Return a share with three decimals; a dash where there was nothing to take a share of."""
    return "–" if share is None else f"{share:.3f}"


def _percent(share: float | None) -> str:
    """Return a share as percent; nothing where it is not known."""
    return "" if share is None else f"{100 * share:.1f}"
