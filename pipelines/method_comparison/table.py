"""Table of a comparison: a row per method and amount, as lines of text and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from factory.evaluation.method_comparison import LEAST, MOST, Row

_OFF = "!"
NOTE = f"{_OFF}  not at an equal budget: less than {LEAST:g} or more than {MOST:g} times the tokens"


def table_lines(rows: Sequence[Row], seconds: Sequence[float]) -> list[str]:
    """Return the table with a head, its columns in line; `seconds` is the time of each row's run."""
    cells = _cells(rows, seconds)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return lines + [NOTE] * any(row.off_budget for row in rows)


def markdown(rows: Sequence[Row], seconds: Sequence[float]) -> str:
    """Return the table as Markdown."""
    head, *cells = _cells(rows, seconds)
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *cells]
    text = "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
    return text + f"\n{NOTE}\n" * any(row.off_budget for row in rows)


def _cells(rows: Sequence[Row], seconds: Sequence[float]) -> list[list[str]]:
    """Return the cells, the head first; columns that say nothing of any row are left out."""
    several = len({row.against.amount for row in rows}) > 1
    reference = rows[0].against.method if rows else ""
    gain = f"over {reference}" + " at most nearly its tokens" * several
    head = ["method", "amount", "right", gain, "tokens", "× budget", "sampled by", "scored", "calls", "seconds"]
    table = [head]
    for row, took in zip(rows, seconds, strict=True):
        scores, result = row.measured.scores, row.result
        itself = row.measured is row.against
        table.append(
            [
                row.measured.method,
                "–" if row.measured.amount is None else f"{row.measured.amount:,}",
                _percent(result.accuracy, result.error),
                "" if itself else _percent(result.gain, result.gain_error, sign="+"),
                f"{row.tokens:,.0f}",
                f"{row.ratio:.2f}" + f" {_OFF}" * row.off_budget,
                _by_role(scores.sampled, scores.questions) if len(scores.sampled) > 1 else "",
                f"{scores.per_question(scores.scored):,.0f}" if scores.scored else "",
                f"{scores.per_question(scores.calls):,.1f}",
                f"{took:,.0f}",
            ]
        )
    used = [at for at in range(len(head)) if any(row[at] for row in table[1:])]
    return [[row[at] for at in used] for row in table]


def _percent(share: float, error: float | None, sign: str = "") -> str:
    """Return a share in percent with its standard error."""
    return f"{100 * share:{sign}.1f}" + (f" ± {100 * error:.1f}" if error is not None else "")


def _by_role(counts: Mapping[str, int], questions: int) -> str:
    """Return counts by role, per question, the largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{role} {count / questions:,.0f}" for role, count in ordered)
