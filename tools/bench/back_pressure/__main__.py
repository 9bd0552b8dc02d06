"""Benchmark of back-pressure: what the HTTP engine asks of a server that slows down and never refuses anything.

    python -m tools.bench.back_pressure --json OUT                       # the whole engine, by the clock: 15 min
    python -m tools.bench.back_pressure --virtual --json OUT             # its room alone, in virtual time: seconds

A row is a server: what happens to it beyond the knee (`tools/openai_server/options.py`), where that is, how much the
lengths of its samples vary and how much its time for a token does. The columns: samples of the usual length per second
with fixed numbers under way, in multiples of the knee; the best of them; the same with the number that the engine finds
by itself, as a share of the best, in the last part of the time and before it; and the smallest and largest number that
it asked for in the last part. The exit status is 1 where that share is below .9.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.contracts.engines import ENGINES
from actors.http_engine.room import Room
from tools.bench.back_pressure import real, virtual
from tools.bench.step_labels import check_writable
from tools.one_line import exit_status
from tools.openai_server.options import SHAPES, Load

MULTIPLES = (0.25, 0.5, 1.0, 1.5, 2.0, 4.0)
"""Fixed numbers under way, in multiples of the knee."""
WITHIN = 0.9
KINDS = ((0.0, 0.0), (0.5, 0.1), (1.0, 0.1), (0.5, 0.5))
"""Servers by (sigma of the log of the lengths, sigma of the log of a token's time)."""
KNEES = (4, 16, 100, 700)
"""Knees of the servers in virtual time."""


def servers(arguments: argparse.Namespace) -> list[tuple[Load, float]]:
    """Return the server of each row, with the spread of the lengths of its samples."""
    knees, kinds = (KNEES, KINDS) if arguments.virtual else ([arguments.knee], KINDS[1:2])
    return [
        (Load(token_s=arguments.sample / virtual.TOKENS, knee=knee, shape=shape, noise=noise), spread)
        for shape in arguments.shapes.split(",")
        for knee in knees
        for spread, noise in kinds
    ]


def row_of(load: Load, spread: float, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one server."""
    defaults = ENGINES.load("http").Config(base_url="http://127.0.0.1:9/v1")
    bounds = (defaults.in_flight, defaults.min_in_flight, defaults.max_in_flight)
    limits = sorted({min(max(1, round(load.knee * multiple)), bounds[2]) for multiple in MULTIPLES})
    seconds, begin = arguments.seconds, arguments.settle
    end = begin + seconds
    if arguments.virtual:
        fixed = {limit: virtual.fixed(load, spread, limit, 4 * seconds) for limit in limits}
        own = virtual.simulated(load, spread, Room(*bounds), end)
    else:
        with real.server(load) as url:
            fixed = {}
            for limit in limits:
                held = {"in_flight": limit, "min_in_flight": limit, "max_in_flight": limit}
                traffic = real.measured(url, spread, held, seconds, 2 * limit)
                fixed[limit] = traffic.rate(seconds / 4, seconds)
            own = real.measured(url, spread, {}, end, 16 * load.knee)
    best = max(fixed, key=fixed.__getitem__)
    rate = own.rate(begin, end)
    return {
        "shape": load.shape,
        "knee": load.knee,
        "spread": spread,
        "noise": load.noise,
        "fixed": {str(limit): round(value, 2) for limit, value in fixed.items()},
        "best": best,
        "best_per_s": round(fixed[best], 2),
        "own_per_s": round(rate, 2),
        "share": round(rate / fixed[best], 3),
        "share_at_first": round(own.rate(0, begin) / fixed[best], 3),
        "own_limits": own.limits_between(begin, end),
    }


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    fixed = [f"×{multiple:g}" for multiple in MULTIPLES]
    printed = Table(
        "shape", "knee", "lengths", "noise", *fixed, "best at", "own", "share", "while settling", "own limits"
    )
    for row in rows:
        rates = [f"{value:.1f}" for value in row["fixed"].values()]
        printed.add_row(
            row["shape"],
            str(row["knee"]),
            str(row["spread"]),
            str(row["noise"]),
            *rates,
            *[""] * (len(fixed) - len(rates)),
            str(row["best"]),
            f"{row['own_per_s']:.1f}",
            f"{row['share']:.2f}",
            f"{row['share_at_first']:.2f}",
            "{}..{}".format(*row["own_limits"]),
        )
    return printed


def parsed() -> argparse.Namespace:
    """Return the command line's arguments; ends with status 2 for those that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--virtual", action="store_true", help="the room alone, in virtual time")
    parser.add_argument("--shapes", default=",".join(SHAPES), help=f"(default: {','.join(SHAPES)})")
    parser.add_argument("--knee", type=int, default=16, help="samples up to which it is not slowed down (default: 16)")
    parser.add_argument("--sample", type=float, default=0.4, help="seconds of a sample that is alone (default: 0.4)")
    parser.add_argument("--seconds", type=float, default=12.0, help="length of a measurement (default: 12)")
    parser.add_argument("--settle", type=float, default=45.0, help="seconds before the engine's own (default: 45)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    if not set(arguments.shapes.split(",")) <= set(SHAPES):
        parser.error(f"--shapes is {arguments.shapes!r}, expected some of {','.join(SHAPES)}, with commas")
    return arguments


def main() -> int:
    """Measure what the command line describes, save and print the figures; return 1 for a share that is too small."""
    arguments = parsed()
    rows: list[dict[str, Any]] = []
    for load, spread in servers(arguments):
        rows.append(row_of(load, spread, arguments))
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    Console(width=200).print(table(rows))
    return 1 if min(row["share"] for row in rows) < WITHIN else 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
