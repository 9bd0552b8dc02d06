"""Command `factory report`: the figures of a run as one HTML file, or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from factory.errors import BadInput
from tools.commands.entry.json_output import only_json, print_json
from tools.commands.entry.options import Json, RunDir, examples
from tools.commands.progress.paced import Paced
from tools.commands.run import out

EXAMPLES = examples(
    "factory report runs/mine",
    "factory report s3://bucket/run report.html",
    "factory report runs/mine --against runs/labelled_by_people --json",
)
NAME = "report.html"

Against = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DIR",
        help="Another folder in which the same solutions were labelled, by people or with more rollouts: how often "
        "labels of this one are right, by how sure they are. May be repeated.",
    ),
]


def report_command(
    run_dir: RunDir,
    out_file: Annotated[
        Path | None,
        typer.Argument(metavar="[OUT.html]", help=f"File to write; {NAME} in the folder if not given."),
    ] = None,
    against: Against = None,
    seed: Annotated[int, typer.Option(help="Seed of the ten examples.")] = 0,
    json: Json = False,
) -> None:
    """Write what a run came to as one HTML file, also while it goes on: yields, accuracy, labels, cost, failures."""
    with only_json(json):
        figures = figures_with_progress(run_dir, seed=seed, against=tuple(against or ()))
    if json:
        print_json(figures)
        return
    for line in written(run_dir, figures, out_file):
        out().print(Text(line), soft_wrap=True)


def figures_with_progress(run_dir: str, *, seed: int, against: tuple[str, ...]) -> dict[str, Any]:
    """Return the figures of a folder, with progress on stderr. Raises `BadInput` where it holds no record."""
    # Arrow is imported there.
    from pipelines.reporting.figures import figures_of

    pace = Paced()

    def tell(objects: int, total: int, questions: int) -> None:
        pace(f"read {objects:,} of {total:,} objects, {questions:,} questions")

    return figures_of(run_dir, seed=seed, against=against, tell=tell)


def written(run_dir: str, figures: Mapping[str, Any], out_file: Path | None) -> list[str]:
    """Write the page and return the lines that say where it lies and what to do next.

    Args:
      run_dir: the folder.
      figures: its figures.
      out_file: file to write; None for `NAME` in the folder, of one on S3 in the folder where the command runs.

    Raises:
      BadInput: the file cannot be written.
    """
    from tools.report.commands import command
    from tools.report.page import page_of

    if out_file is None:
        is_remote = "://" in run_dir and not run_dir.startswith("file://")
        out_file = Path(NAME) if is_remote else Path(run_dir.removeprefix("file://")) / NAME
    page = page_of(figures).encode()
    try:
        out_file.parent.mkdir(parents=True, exist_ok=True)
        out_file.write_bytes(page)
    except OSError as error:
        raise BadInput(
            f"cannot write {out_file}: {error.strerror or error}. Name another file: "
            f"{command('report', run_dir, 'OUT.html')}"
        ) from None
    state, read = figures["state"], figures["read"]
    lines = [
        f"report         {out_file} ({len(page) / 1e6:.1f} MB, {read['questions']:,} questions); open it in a browser"
    ]
    if state["driver"] == "alive":
        lines.append("under way      the run goes on; the same command again shows it as it is then")
    if read["unreadable"]:
        lines.append(
            f"left out       {len(read['unreadable']):,} objects that cannot be read: {command('validate', run_dir)}"
        )
    lines += [f"note           {notice}" for notice in read["notices"][:3]]
    return [*lines, f"look           {command('view', run_dir)} shows its questions, trees and labelled steps"]
