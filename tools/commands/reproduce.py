"""Command `factory reproduce`: one question of a run once more, and what differs from its record."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.commands.entry.ending import CAME_SHORT
from tools.commands.entry.json_output import only_json, print_json
from tools.commands.entry.options import Json, Overrides, RunDir, examples
from tools.commands.run import out

if TYPE_CHECKING:
    from pipelines.reproducing.reproduce import Reproduction

EXAMPLES = examples(
    "factory reproduce runs/mine 3f2a",
    "factory reproduce s3://bucket/run 3f2a engine.num_gpus=1 --json",
)
LINES = 12  # differences printed


def reproduce_command(
    run_dir: RunDir,
    question_id: Annotated[str, typer.Argument(help="An id, or its beginning.")],
    overrides: Overrides = None,
    json: Json = False,
) -> None:
    """Work on one question of a run again, in this process, and show what differs from its record.

    Seed, config, effort and weights are the run's. Exit status 1 for any difference.
    """
    from factory.errors import BadInput
    from factory.text.safe_text import safe
    from pipelines.reproducing.reproduce import reproduce
    from pipelines.run.run_folder import opened
    from tools.commands.inspect import records_named

    opened(run_dir)
    records = records_named(run_dir, question_id)
    if len(records) > 1:
        raise BadInput(
            f"{run_dir} holds question {records[0]['question_id']} {len(records)} times, each with other given "
            "solutions. Expected one that is there once."
        )
    # An engine in this process, and what it starts, may print where results belong.
    with only_json():
        done = reproduce(run_dir, records[0], overrides or [], say=lambda line: print(safe(line), file=sys.stderr))
    if json:
        print_json(done.figures())
    else:
        _show(done, out())
    if not done.equal:
        raise SystemExit(CAME_SHORT)


def _show(done: Reproduction, console: Console) -> None:
    """Print what is the same and what is not."""
    from factory.text.safe_text import safe

    head = "equal to its record" if done.equal else f"{len(done.differences)} differences from its record"
    console.print(Text(f"question {done.question_id}: {head}", style="green" if done.equal else "bold red"))
    table = Table("", "recorded", "now", "", box=None, pad_edge=False)
    for part in done.parts:
        mark = Text("same", style="green") if part.same else Text("differs", style="red")
        table.add_row(part.name, Text(safe(part.recorded)), Text(safe(part.now)), mark)
    console.print(table)
    for line in reproduction_lines(done):
        console.print(Text(line), soft_wrap=True)


def reproduction_lines(done: Reproduction) -> Iterator[str]:
    """Yield the first differences, then where they may come from."""
    from factory.text.safe_text import safe

    for line in done.differences[:LINES]:
        yield f"  {' '.join(safe(line).split())}"
    if len(done.differences) > LINES:
        yield f"  … and {len(done.differences) - LINES:,} more (--json)"
    for remark in done.remarks:
        yield f"note: {' '.join(safe(remark).split())}"
