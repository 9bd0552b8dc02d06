"""Tables of labels held against those of people: first errors, alarms, calibration, cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from factory.evaluation.label_scores import UNSAID


def report(figures: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the tables.

    Args:
      figures: as `tools.evaluation.label_accuracy.measured` returns them.
      console: receives the tables; standard output, 130 columns wide, when it is left out.
    """
    console = console or Console(width=130)
    console.print(_first_errors(figures))
    console.print(_alarms(figures))
    curves = [(name, of, curve) for name, one in figures["sources"].items() for of, curve in one["calibration"].items()]
    for name, of, curve in curves:
        console.print(_calibration(f"{name}, {of.replace('_', ' ')}", curve))
    for name, one in figures["compared"].items():
        console.print(_compared(name, one))


def _first_errors(figures: Mapping[str, Any]) -> Table:
    """Return a row per source: F1 as ProcessBench has it, and how right single steps are labelled."""
    table = Table(title=f"first errors of {figures['solutions']:,} solutions, against people's")
    columns = ("F1", "± 1 s.e.", "on erroneous", "on correct", "said of", "F1 of these", "steps right", "steps")
    for column in ("", *columns):
        table.add_column(column, justify="right" if column else "left")
    for name, one in figures["sources"].items():
        steps = one["steps"] or {"accuracy": None, "labelled": 0}
        table.add_row(
            name,
            *(_decimals(one[key]) for key in ("f1", "f1_error", "accuracy_erroneous", "accuracy_correct")),
            f"{one['said']:,} of {one['erroneous'] + one['correct']:,}",
            _decimals(one["f1_said"]),
            _decimals(steps["accuracy"]),
            f"{steps['labelled']:,}" if steps["labelled"] else "",
        )
    guess = figures["guess"]
    shares = (_decimals(guess[key]) for key in ("accuracy_erroneous", "accuracy_correct"))
    table.add_row("a constant guess, at its best", _decimals(guess["f1"]), "", *shares)
    if prm := figures["prm"]:
        table.caption = (
            f"the PRM's threshold is {prm['threshold']:g}, tuned on {prm['tuned_on']:,} other solutions; "
            f"{prm['too_long']:,} were too long for it"
        )
    return table


def _alarms(figures: Mapping[str, Any]) -> Table:
    """Return a row per source: what its alarms are worth."""
    table = Table(title="alarms: a step is named as wrong")
    columns = ("alarms", "exact", "early", "late", "in right ones", "silent", "exact", "at or behind", "false")
    for column in ("", *columns):
        table.add_column(column, justify="right" if column else "left")
    for name, one in figures["sources"].items():
        wrong, right, alarms = one["on_erroneous"], one["on_correct"], one["alarms"]
        numbers = (wrong["exact"], wrong["early"], wrong["late"], right["alarmed"], wrong["missed"] + wrong[UNSAID])
        shares = (_decimals(alarms[key]) for key in ("exact", "at_or_behind", "false"))
        table.add_row(name, f"{alarms['number']:,}", *(f"{number:,}" for number in numbers), *shares)
    table.caption = (
        "shares of the alarms that are at the first error, and at it or behind it; of the right solutions with an alarm"
    )
    return table


def _calibration(title: str, curve: list[dict[str, Any]]) -> Table:
    """Return a calibration curve: how sure the labels of a class were, and how many of them are right."""
    table = Table(title=f"calibration: {title}")
    for column in ("how sure", "labels", "promised", "right"):
        table.add_column(column, justify="right")
    for point in curve:
        table.add_row(point["sure"], f"{point['labels']:,}", _decimals(point["promised"]), _decimals(point["right"]))
    return table


def _compared(name: str, one: Mapping[str, Any]) -> Table:
    """Return what records have cost, a row per role, with what of them was compared."""
    table = Table(title=f"cost: {name}, all {one.get('records', 0):,} questions")
    for column in ("role", "model", "calls", "tokens read", "tokens written", "tokens per solution compared"):
        table.add_column(column, justify="right" if column not in ("role", "model") else "left")
    compared = one.get("solutions", 0) - one.get("cut otherwise", 0)
    for entry in one["roles"]:
        tokens = entry["prompt_tokens"] + entry["completion_tokens"]
        amounts = (entry[key] for key in ("calls", "prompt_tokens", "completion_tokens"))
        each = f"{tokens / compared:,.0f}" if compared else ""
        table.add_row(entry["role"], entry["model"] or "", *(f"{amount:,}" for amount in amounts), each)
    table.caption = (
        f"{compared:,} solutions compared; {one.get('cut otherwise', 0):,} are cut into steps in another way, and "
        f"{one.get('not there', 0):,} labelled ones are not in these records"
    )
    return table


def _decimals(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
