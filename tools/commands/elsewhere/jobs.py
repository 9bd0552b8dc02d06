"""Jobs of a submitted run, for the commands that are told the cluster's address: its folder need not be reachable."""

from __future__ import annotations

import sys
from collections.abc import Callable

from cluster.jobs import Jobs
from factory.errors import BadInput
from factory.text.safe_text import safe
from pipelines.submitting.submit import jobs_of, last_lines, waited


def job_lines(address: str, run_dir: str) -> list[str]:
    """Return the jobs of a run and how they are, a line each, oldest first."""
    jobs = Jobs(address)
    return [f"job            {safe(name)}: {state.status}" for name, state in jobs_of(jobs, run_dir).items()] or [
        f"job            none of {run_dir} at {jobs.address}"
    ]


def job_figures(address: str, run_dir: str) -> list[dict[str, str]]:
    """Return the same as JSON values; none where there is no job."""
    return [{"id": name, "status": state.status} for name, state in jobs_of(Jobs(address), run_dir).items()]


def stop_jobs(address: str, run_dir: str, *, wait: bool, say: Callable[[str], None]) -> None:
    """Have the driver of a run end as Ctrl-C does, by the job that it is in.

    Args:
      address: the cluster's dashboard.
      run_dir: folder of the run.
      wait: True returns when the job has ended.
      say: hears which jobs were asked, and how they ended.
    """
    jobs = Jobs(address)
    living = [name for name, state in jobs_of(jobs, run_dir).items() if not state.over]
    for name in living:
        jobs.stop(name)
        say(f"asked          job {name}: it ends what is in flight")
    for name in living if wait else ():
        say(f"job            {name}: {waited(jobs, name).status}")
    if not living:
        say(f"nothing runs of {run_dir} at {jobs.address}")


def print_job_log(address: str, run_dir: str, *, last: int, follow: bool) -> None:
    """Print what the newest job of a run has printed. Raises `BadInput` where there is none.

    Args:
      address: the cluster's dashboard.
      run_dir: folder of the run.
      last: lines, counted from the end; 0 is all.
      follow: True prints all, and what comes, until the job has ended.
    """
    jobs = Jobs(address)
    names = list(jobs_of(jobs, run_dir))
    if not names:
        raise BadInput(
            f"{jobs.address} knows no job of {run_dir}. Expected the folder of a run that was submitted there."
        )
    if follow:
        waited(jobs, names[-1], print_text)
    else:
        print_text("".join(f"{line}\n" for line in last_lines(jobs.log(names[-1]), last)))


def print_text(text: str) -> None:
    """Print what a job has printed; it may repeat texts of a model."""
    sys.stdout.write(safe(text))
    sys.stdout.flush()
