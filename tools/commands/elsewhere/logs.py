"""Command `factory logs`: what a run has said and done, read from its folder."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from factory.errors import BadInput
from tools.commands.entry.options import examples
from tools.commands.run import out

EXAMPLES = examples("factory logs runs/mine --follow", "factory logs s3://bucket/run --attempt 2 --level warning")


class Level(StrEnum):
    """Least level of the lines that are shown."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def logs_command(
    run_dir: Annotated[str, typer.Argument(help="Folder of a run; may be s3://….")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on while the driver lives.")] = False,
    attempt: Annotated[int | None, typer.Option(help="Number of the attempt; by default the last.")] = None,
    level: Annotated[Level, typer.Option(help="Least level.")] = Level.INFO,
    last: Annotated[int, typer.Option(min=0, help="Lines, counted from the end; 0 is all.")] = 200,
    address: Annotated[str, typer.Option(help="Dashboard of a cluster: what the run's job there has printed.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Print what a run has said: from any machine, also after it has ended."""
    from factory.storage.opening import open_store
    from pipelines.logging.reading import chosen_attempt, followed, lines, text_of
    from pipelines.run.driver_state import DriverState, driver_lines

    if address:
        from tools.commands.elsewhere.jobs import print_job_log

        print_job_log(address, run_dir, last=last, follow=follow)
        return
    store = open_store(run_dir)
    number = chosen_attempt(store, run_dir, attempt)
    read = followed if follow else lines
    some = False
    try:
        for line in read(store, number, level=level.value, last=last):
            some = True
            if isinstance(line, DriverState):
                for said in driver_lines(line):
                    out().print(Text(said), soft_wrap=True)
            else:
                out().print(Text(json.dumps(line) if as_json else text_of(line)), soft_wrap=True)
    except KeyboardInterrupt:
        # Only the reader ends.
        raise SystemExit(130) from None
    if not some:
        raise BadInput(f"attempt {number} of {run_dir} has no line of level {level.value} yet. Older ones keep no log.")
