"""Command `factory stop`: ask a run to end through its folder, wherever its driver is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer
from rich.text import Text

from factory.errors import BadInput
from tools.commands.entry.ending import complain
from tools.commands.entry.options import examples
from tools.commands.run import out

EXAMPLES = examples("factory stop runs/mine --wait", "factory stop s3://bucket/run --now")
# Seconds beyond the grace that a driver may take to hear of it, to keep what is finished, and to end its engines.
ENDING_S = 600.0


def stop_command(
    run_dir: Annotated[str, typer.Argument(help="Folder of a run; may be s3://….")],
    now: Annotated[bool, typer.Option("--now", help="At once; questions in flight are lost.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the driver has ended.")] = False,
    address: Annotated[str, typer.Option(help="Dashboard of a cluster: end the run's job there.")] = "",
) -> None:
    """Ask a run to end as Ctrl-C does, from any process and machine; nothing that is finished is lost."""

    def say(line: str) -> None:
        out().print(Text(line), soft_wrap=True)

    if address:
        from tools.commands.elsewhere.jobs import stop_jobs

        if now:
            raise BadInput("--now reaches a driver through its run folder only. Leave out --address, or --now.")
        stop_jobs(address, run_dir, wait=wait, say=say)
    elif not stopped(run_dir, now=now, wait=wait, say=say):
        raise SystemExit(1)


def stopped(run_dir: str, *, now: bool, wait: bool, say: Callable[[str], None]) -> bool:
    """Ask the driver of a folder to end.

    Args:
      run_dir: the folder.
      now: True ends it at once.
      wait: True returns when it has ended.
      say: hears what was done, and how to go on.

    Returns:
      False where the driver fell silent while its end was waited for.

    Raises:
      BadInput: the folder is no run's, or the driver lives on after the grace and `ENDING_S`.
    """
    from factory.storage.opening import open_store
    from pipelines.run.attempts import BEAT_S
    from pipelines.run.driver_state import ALIVE, ENDED, SILENT, asked_state, driver_lines, wait_for_the_end
    from pipelines.run.run_folder import opened

    # Ask.
    store = open_store(run_dir)
    state = asked_state(store, run_dir, now=now)
    go_on = f"go on          factory resume {run_dir}"
    for line in driver_lines(state):
        say(line)
    if state.job is not None and now and state.kind == SILENT:
        _stop_job(state.job)
    if state.kind != ALIVE:
        say(go_on)
        return True
    say(f"asked          it looks every {BEAT_S:.0f} s{', then ends what is in flight' * (not now)}")

    # Wait for the end.
    if wait:
        grace_s = 0.0 if now else opened(run_dir).run.grace_s
        try:
            state = wait_for_the_end(store, state, grace_s + ENDING_S)
        except BadInput:
            # One that is past listening is ended by whoever keeps it, where somebody does.
            if state.job is None or not now:
                raise
            _stop_job(state.job)
            state = wait_for_the_end(store, state, ENDING_S)
        say(driver_lines(state)[0])
    say(go_on)
    return not wait or state.kind == ENDED


def _stop_job(job: Mapping[str, str]) -> None:
    """Have Ray end the job of a driver that is past listening; a cluster that does not answer is said."""
    from cluster.jobs import Jobs
    from factory.errors import FactoryError

    try:
        Jobs(job["address"]).stop(job["id"])
    except FactoryError as error:
        complain(f"its job could not be stopped: {error}")
