"""Options of the commands that look at folders of records."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.commands.entry.json_output import print_json
from tools.commands.entry.options import Json, OtherDir, RunDir, examples
from tools.commands.run import out, tell

STATUS = examples("factory status runs/mine", "factory status s3://bucket/run --json | jq .questions.done")
INSPECT = examples("factory inspect runs/mine", "factory inspect runs/mine 3f2a --only-wrong")
VALIDATE = examples("factory validate runs/mine", "factory validate s3://bucket/run --repair")
COMPARE = examples(
    "factory compare runs/mine runs/prm800k", "factory compare runs/mine runs/prm800k --json > agreement.json"
)
DIFF = examples("factory diff runs/mine runs/again", "factory diff runs/mine runs/again --limit 5 --json > diff.json")


def status_command(
    run_dir: RunDir,
    address: Annotated[str, typer.Option(help="Dashboard of a cluster: only the run's jobs there.")] = "",
    json: Json = False,
) -> None:
    """Show how far a run is, how its driver is and what it holds, also while it runs."""
    from tools.commands.status import status_figures, status_lines

    if json:
        print_json(status_figures(run_dir, address))
        return
    for line in status_lines(run_dir, address):
        tell(line)


def inspect_command(
    run_dir: RunDir,
    question_id: Annotated[str | None, typer.Argument(help="An id, or its beginning.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Questions listed, or solutions shown.")] = 20,
    only_wrong: Annotated[bool, typer.Option("--only-wrong", help="Wrong solutions only, no tree.")] = False,
    json: Json = False,
) -> None:
    """Print a run's questions, or one question with its tree and labelled steps."""
    from tools.commands.inspect import listed, records_named, show_question, show_run

    if json:
        print_json({"records": records_named(run_dir, question_id)} if question_id else listed(run_dir, limit))
    elif question_id is None:
        show_run(run_dir, out(), limit=limit)
    else:
        show_question(run_dir, question_id, out(), solutions=limit, only_wrong=only_wrong)


def validate_command(
    run_dir: RunDir,
    repair: Annotated[bool, typer.Option("--repair", help="Remove leftovers of killed writers; nothing else.")] = False,
    json: Json = False,
) -> None:
    """Read all that a folder has committed and check it, also while a run goes on. Exit status 1 for faults."""
    from tools.commands.validate import validated, validation_figures, validation_lines

    report = validated(run_dir, repair=repair)
    if json:
        print_json(validation_figures(report))
    else:
        for line in validation_lines(report, repair=repair):
            tell(line)
    if not report.sound:
        raise SystemExit(1)


def compare_command(a: RunDir, b: OtherDir, json: Json = False) -> None:
    """Compare the step labels of two folders on the solutions that both hold."""
    from tools.commands.compare import compare_folders, comparison_figures, show_comparison

    comparison = compare_folders(a, b)
    if json:
        print_json(comparison_figures(comparison, a, b))
    else:
        show_comparison(comparison, a, b, out())


def diff_command(
    a: RunDir,
    b: OtherDir,
    limit: Annotated[int, typer.Option(min=0, help="Questions of each kind looked at in detail.")] = 20,
    json: Json = False,
) -> None:
    """Show what differs between the records of two folders, question by question. Exit status 1 for any difference."""
    from dataclasses import asdict

    from tools.commands.diff import compared, difference_lines

    difference = compared(a, b, limit)
    if json:
        print_json(asdict(difference))
    else:
        for line in difference_lines(difference):
            tell(line)
    if not difference.empty:
        raise SystemExit(1)
