"""Table of an audit's figures. Cases are hostile text: shown on one line each, escaped and cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from factory.text.safe_text import safe

_MOST_SHOWN = 40  # cases per table; the JSON has them all
_MOST_CHARS = 48


def show(figures: dict[str, Any]) -> None:
    """Print the figures of one audit, and of the checker it was compared with."""
    console = Console(highlight=False)
    console = console if console.is_terminal else Console(highlight=False, width=180)
    rows = [figures, *([figures["versus"]] if "versus" in figures else [])]
    console.print(_summary(rows))
    if figures["by_kind"]:
        console.print(_kinds(rows))
    called = ", ".join(f"{count} {outcome}" for outcome, count in figures["wrong_answers_called"].items())
    console.print(Text(f"wrong answers were called: {called or 'there are none'}"))
    for row in rows:
        if not row["canary_empty"]:
            console.print(Text(f"{row['checker']}: the folder it worked in is NOT empty: something was executed"))
    if "versus" in figures:
        console.print(Text(f"{figures['versus']['times_as_fast']:g} times as fast as {figures['versus']['name']}"))
    for title, name in (("not as expected", "wrong"), ("debatable, not counted", "debatable")):
        if figures[name]:
            console.print(_cases(f"{title}: {len(figures[name]):,}", figures[name]))
        if len(figures[name]) > _MOST_SHOWN:
            console.print(Text(f"and {len(figures[name]) - _MOST_SHOWN:,} more"))


def _summary(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        "checker", "cases", "accuracy", "false positives", "false negatives", "checks/s", "fast path: checks/s",
        "median ms", "slowest s", "peak MB",
    )  # fmt: skip
    for row in rows:
        fast = "–"
        if row["settled_fast"]:
            fast = f"{row['fast_checks_per_s']:,.0f} ({row['settled_fast'] / row['checks']:.1%} of all)"
        table.add_row(
            Text(safe(row["checker"])),
            f"{row['n']:,}",
            _share(row["accuracy"]),
            str(row["false_positives"]),
            str(row["false_negatives"]),
            f"{row['checks_per_s']:,.1f}",
            fast,
            f"{1000 * row['median_s']:.3g}",
            f"{row['slowest_s']:.3f}",
            "–" if row["peak_worker_mb"] is None else f"{row['peak_worker_mb']:.0f}",
        )
    return table


def _kinds(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table("kind", "cases", "accuracy", "false positives", "false negatives")
    for row in rows[1:]:
        table.add_column(Text(f"accuracy of {row['name']}"))
    for kind, counts in rows[0]["by_kind"].items():
        table.add_row(
            Text(_line(kind)),
            f"{counts['n']:,}",
            _share(counts["accuracy"]),
            str(counts["false_positives"]),
            str(counts["false_negatives"]),
            *(_share(row["by_kind"][kind]["accuracy"]) for row in rows[1:]),
        )
    return table


def _cases(title: str, cases: Sequence[dict[str, Any]]) -> Table:
    table = Table("id", "gold", "prediction", "expected", "verdict", "because", title=Text(title), title_justify="left")
    for case in cases[:_MOST_SHOWN]:
        expected = "–" if case["expected"] is None else str(case["expected"]).lower()
        cells = (case["id"], case["gold"], case["prediction"], expected, case["outcome"], case["reason"])
        table.add_row(*(Text(_line(cell)) for cell in cells))
    return table


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def _line(text: str) -> str:
    shown = " ".join(safe(text[: 4 * _MOST_CHARS]).split())
    return shown if len(shown) <= _MOST_CHARS else shown[: _MOST_CHARS - 1] + "…"
