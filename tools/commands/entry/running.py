"""Options of the commands that run something, or look whether it would run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tools.commands.entry.json_output import only_json, print_json
from tools.commands.entry.options import Json, Overrides, RunDir, examples
from tools.commands.run import out, run_settings, tell

RUN = examples(
    "factory run pipelines/label_steps.yaml source.n=100 run.dir=runs/mine",
    "factory run pipelines/star.yaml run.dir=s3://bucket/star star.rounds=4 --json > figures.json",
)
RESUME = examples("factory resume runs/mine cluster.workers=4", "factory resume s3://bucket/run search.n=16")
PLAN = examples(
    "factory plan pipelines/label_steps.yaml engine.num_gpus=1",
    "factory plan CONFIG.yaml --nodes 64x8xH100 --json",
    "factory plan --keys",
)
DOCTOR = examples("factory doctor", "factory doctor pipelines/label_steps.yaml cluster.address=auto --engine")


def run_command(
    config: Annotated[Path, typer.Argument(help="YAML file; pipelines/ has some.")],
    overrides: Overrides = None,
    json: Json = False,
) -> None:
    """Run a pipeline; in a folder that holds the same run, only what is missing."""
    from pipelines.run.settings import load

    run_settings(load(config, overrides or []), as_json=json)


def resume_command(
    run_dir: RunDir,
    overrides: Overrides = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Redo failed questions, too.")] = False,
    json: Json = False,
) -> None:
    """Finish an interrupted run, from any machine: same config, only what is missing.

    More samples, rollouts or tokens than before (search.n=16) are added to what is there.
    """
    from pipelines.run.run_folder import opened

    run_settings(opened(run_dir, overrides or []), retry_failed=retry_failed, as_json=json)


def plan_command(
    config: Annotated[Path | None, typer.Argument(help="YAML file; pipelines/ has some.")] = None,
    overrides: Overrides = None,
    keys: Annotated[bool, typer.Option("--keys", help="List every config key, with type and default.")] = False,
    nodes: Annotated[
        str | None,
        typer.Option("--nodes", help="Plan for a cluster that is not there: 64x8xH100, or a YAML file of nodes."),
    ] = None,
    json: Json = False,
) -> None:
    """Show what a config would do: all settings, the first prompt, units, actors against resources.

    With --nodes also who goes where, memory and questions per hour; exit status 2 where it does not fit there.
    """
    from factory.errors import BadInput
    from pipelines.run.settings import load
    from tools.commands.keys import key_figures, key_lines
    from tools.commands.plan import show_plan

    if keys:
        of = [load(config, overrides or []).pipeline] if config else None
        if json:
            print_json({"keys": key_figures(of)})
            return
        for line in key_lines(of):
            tell(line)
        return
    if config is None:
        raise BadInput(
            "no config was given. Expected a config to plan for, such as pipelines/label_steps.yaml, or --keys."
        )
    with only_json(json):
        figures = show_plan(load(config, overrides or []), out(quiet=json), nodes)
    if json:
        print_json(figures)


def doctor_command(
    config: Annotated[Path | None, typer.Argument(help="YAML file of the run that is meant.")] = None,
    overrides: Overrides = None,
    address: Annotated[str | None, typer.Option(help="Ray to join; else the config's, or this machine alone.")] = None,
    engine: Annotated[bool, typer.Option("--engine", help="Start an engine of each pool, too.")] = False,
    json: Json = False,
) -> None:
    """Examine every node of the cluster: one line for each thing, and what to do. Exit status 1 for problems."""
    from factory.errors import BadInput
    from pipelines.run.settings import load
    from tools.commands.doctor import examination_lines, examine

    settings = load(config, overrides or []) if config else None
    if engine and settings is None:
        raise BadInput("--engine was given without a config. Expected the config that says which engine.")
    where = address or (settings.cluster.address if settings else "local")
    with only_json(json):
        examined = examine(settings, where, engine=engine, say=lambda line: print(line, file=sys.stderr))
    if json:
        print_json(examined.figures())
    else:
        for line in examination_lines(examined):
            tell(line)
    if not examined.well:
        raise SystemExit(1)
