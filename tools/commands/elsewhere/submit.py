"""Command `factory submit`: a run on a cluster, from a machine outside of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from factory.errors import BadInput
from tools.commands.entry.ending import complain
from tools.commands.entry.options import examples
from tools.commands.run import out

if TYPE_CHECKING:
    from cluster.jobs import Jobs

EXAMPLES = examples(
    "factory submit pipelines/label_steps.yaml --address http://head:8265 run.dir=s3://bucket/run --follow",
    "factory submit mine.yaml --restarts 5 --env HF_TOKEN",
)
# Variables in which Ray's own commands look for the address of a dashboard.
_ADDRESSES = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")


def submit_command(
    config: Annotated[Path, typer.Argument(help="YAML file; pipelines/ has some.")],
    overrides: Annotated[list[str] | None, typer.Argument(help="section.key=value, as many as you like.")] = None,
    address: Annotated[str, typer.Option(help="Dashboard of the head, http://HEAD:8265; else $RAY_ADDRESS.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Return when the run has ended, with its exit status.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print what it prints, and wait.")] = False,
    restarts: Annotated[int, typer.Option(min=0, help="How often a driver that died is started again.")] = 0,
    env: Annotated[
        list[str] | None, typer.Option(help="Variable of this shell to pass on, by name; Ray shows its value.")
    ] = None,
    with_: Annotated[list[str] | None, typer.Option("--with", help="File or folder to ship beside.")] = None,
    python: Annotated[str, typer.Option(help="Python of the cluster.")] = "python",
    driver_on: Annotated[str, typer.Option(help="head, any, or a node's label NAME=VALUE.")] = "head",
) -> None:
    """Submit a run to a Ray cluster: code and config are shipped, the environment is the cluster's.

    The same command again goes on where the run was. `factory status`, `logs` and `stop` take its folder.
    """
    from cluster.jobs import Jobs
    from factory.storage.opening import absolute
    from pipelines.run.settings import load
    from pipelines.submitting.package import staged
    from pipelines.submitting.submit import SubmitOptions, submitted

    given = load(config, overrides or [])
    settings = load(config, [*(overrides or []), f"run.dir={absolute(given.run.dir)}"])
    jobs = Jobs(address or _address_of(dict(os.environ)))
    options = SubmitOptions(restarts=restarts, env=env or (), python=python, driver_on=driver_on)
    name = submitted(settings, staged(settings, with_ or ()), jobs, options, _tell)
    folder = settings.run.dir
    for line in (
        f"job            {name} at {jobs.address}",
        f"look           factory status {folder} · factory logs {folder} --follow",
        f"end it         factory stop {folder}",
    ):
        out().print(Text(line), soft_wrap=True)
    if wait or follow:
        raise SystemExit(_status_at_the_end(jobs, name, folder, follow=follow))


def _address_of(variables: dict[str, str]) -> str:
    """Return the address of the dashboard that the environment names. Raises `BadInput` where it names none."""
    for variable in _ADDRESSES:
        if variables.get(variable, "").startswith(("http://", "https://")):
            return variables[variable]
    raise BadInput("no address was given. Expected --address http://HEAD:8265, the dashboard of a cluster's head.")


def _status_at_the_end(jobs: Jobs, name: str, folder: str, *, follow: bool) -> int:
    """Wait for the end of a job, and return the exit status that the run would have had here."""
    from pipelines.submitting.submit import exit_status_of, last_lines, waited
    from tools.commands.elsewhere.jobs import print_text

    try:
        state = waited(jobs, name, print_text if follow else None)
    except KeyboardInterrupt:
        complain(f"no longer waiting; the run goes on. End it with: factory stop {folder}")
        return 130
    status = exit_status_of(state)
    if not follow:
        for line in last_lines(jobs.log(name)):
            print_text(f"{line}\n")
    out().print(Text(f"job            {name}: {state.status}, exit status {status}"), soft_wrap=True)
    return status


def _tell(line: str) -> None:
    from factory.text.safe_text import safe

    print(safe(line), file=sys.stderr, flush=True)
