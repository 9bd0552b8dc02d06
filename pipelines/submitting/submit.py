"""Submission of a run by Ray's job API, and the wait for its end.

The job's entry point is `tools.keep_driver`, which runs `factory run submitted.yaml cluster.address=auto` and starts it
again when it dies. A second submission of a run that goes on is refused: by the folder's heartbeat where it can be read
from here, and by the name of the job.
"""

from __future__ import annotations

import json
import math
import os
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ray

from cluster.jobs import OVER, STOPPED, SUCCEEDED, JobRequest, Jobs, JobState
from factory.errors import BadInput, StorageFailed
from factory.interfaces import Say
from factory.storage.opening import absolute, open_store
from factory.text.durations import clock
from pipelines.run.attempts import last_attempt
from pipelines.run.driver import JOB_VARIABLE
from pipelines.run.driver_state import ALIVE, driver_state
from pipelines.run.settings import Settings
from pipelines.submitting.package import CONFIG, Package

# Seconds that a stopped driver gets beyond its grace, to keep what is finished and to end its engines.
ENDING_S = 90
# Seconds between two looks at a job, and without an answer of its cluster until the wait is given up.
LOOK_S, SILENT_S = 2.0, 600.0
# Lines of its log that are shown of a job that failed, and seconds more between two looks per megabyte of it: Ray
# sends it whole each time.
LAST_LINES, S_PER_MB = 20, 5.0
# Oldest Ray that a run works on.
_OLDEST_RAY = (2, 60)
# Submissions of one run that are told apart by number.
_MOST = 1000
INTERRUPTED = 130
# Fact of a job's metadata that names the run's folder.
_RUN = "factory_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """Options of a submission.

    Attributes:
      restarts: how often a driver that died is started again.
      env: names of variables of this process that the run gets, with their values.
      python: Python of the cluster, as its shell knows it.
      driver_on: "head"; "any" node, where it holds a CPU; or a label NAME=VALUE of the nodes it may run on.
    """

    restarts: int = 0
    env: Sequence[str] = ()
    python: str = "python"
    driver_on: str = "head"


def submitted(settings: Settings, package: Package, jobs: Jobs, options: SubmitOptions, say: Say) -> str:
    """Submit a run, and return the name of its job.

    Args:
      settings: the validated config; `run.dir` is absolute, or s3://.
      package: what the run needs there.
      jobs: jobs of the cluster.
      options: how it is submitted.
      say: hears what has to be there on the cluster, and what is shipped.

    Raises:
      BadInput: the run is driven already, the cluster's Ray is too old, a variable is not set, or nobody answers.
      FactoryError: the cluster refuses the job.
    """
    _check_ray(jobs.ray_version(), say)
    number = _attempts(settings) + 1
    name = _free_name(settings, jobs, number)
    request = job_of(settings, jobs.address, name, options)
    for remark in package.remarks:
        say(remark)
    zipped = package.zipped()
    say(f"shipping {len(package.files) + len(package.texts):,} files, {len(zipped) / 1e6:,.1f} MB")
    jobs.submit(zipped, request)
    return name


def job_of(settings: Settings, address: str, name: str, options: SubmitOptions) -> JobRequest:
    """Return the job of a run.

    Args:
      settings: the validated config.
      address: the cluster's dashboard.
      name: name of the job.
      options: how it is submitted.

    Raises:
      BadInput: a variable is not set, or `driver_on` is no place.
    """
    if missing := [variable for variable in options.env if variable not in os.environ]:
        raise BadInput(f"--env {missing[0]}: this process has no such variable. Expected one that is set.")
    command = [options.python, "-m", "tools.keep_driver", "--restarts", str(options.restarts), "--"]
    request = JobRequest(
        id=name,
        entrypoint=shlex.join([*command, "run", CONFIG, "cluster.address=auto"]),
        env={
            **{variable: os.environ[variable] for variable in options.env},
            # Ray kills a job that it stops 3 s after the SIGTERM where nobody says otherwise.
            "RAY_JOB_STOP_WAIT_TIME_S": str(math.ceil(settings.run.grace_s) + ENDING_S),
            JOB_VARIABLE: json.dumps({"address": address, "id": name}),
        },
        metadata={_RUN: settings.run.dir, "factory_fingerprint": settings.fingerprint},
    )
    if options.driver_on == "head":
        return request
    if options.driver_on == "any":
        return replace(request, cpus=1.0)
    label, separator, value = options.driver_on.partition("=")
    if not separator or not label or not value:
        raise BadInput(f"--driver-on is {options.driver_on!r}. Expected head, any, or a node's label NAME=VALUE.")
    return replace(request, labels={label: value})


def waited(jobs: Jobs, name: str, print_text: Callable[[str], None] | None = None) -> JobState:
    """Return the state of a job once it has ended.

    Args:
      jobs: jobs of the cluster.
      name: name of the job.
      print_text: hears what the job prints, as it comes; None for nobody.

    Raises:
      BadInput: the cluster has not answered for `SILENT_S`, or does not know the job any more.
    """
    shown, pause_s, heard = 0, LOOK_S, time.monotonic()
    while True:
        try:
            state = jobs.state(name)
            if print_text is not None:
                text = jobs.log(name)
                # A line that is half there comes with the next look.
                end = len(text) if state is None or state.over else text.rfind("\n") + 1
                if end > shown:
                    print_text(text[shown:end])
                    shown = end
                pause_s = LOOK_S + S_PER_MB * len(text) / 2**20
            heard = time.monotonic()
        except BadInput as error:
            if time.monotonic() - heard > SILENT_S:
                raise BadInput(f"{error} It has not for {clock(SILENT_S)}; the run may go on.") from None
        else:
            if state is None:
                raise BadInput(f"{jobs.address} knows no job {name} any more: was its head restarted?")
            if state.over:
                return state
        time.sleep(pause_s)


def jobs_of(jobs: Jobs, run_dir: str) -> dict[str, JobState]:
    """Return the jobs of a run by name, oldest first, also of one whose folder cannot be reached from here."""
    return jobs.with_fact(_RUN, absolute(run_dir))


def exit_status_of(state: JobState) -> int:
    """Return the exit status that `factory run` would have had: 0 where a run is complete, 130 where it was ended."""
    if state.status == SUCCEEDED:
        return 0
    if state.exit_code:
        return state.exit_code
    return INTERRUPTED if state.status == STOPPED else 1


def last_lines(text: str, last: int = LAST_LINES) -> list[str]:
    """Return the last lines of a job's log; all with 0."""
    return text.splitlines()[-last:]


def _check_ray(version: str, say: Say) -> None:
    """Refuse a Ray that is too old, and say where it is another than the one here."""
    known = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if known < _OLDEST_RAY:
        oldest = ".".join(map(str, _OLDEST_RAY))
        raise BadInput(
            f"the cluster runs Ray {version or 'of unknown version'}. Expected {oldest} or newer; install it there."
        )
    if version != ray.__version__:
        say(f"the cluster runs Ray {version}; this machine has {ray.__version__}")


def _attempts(settings: Settings) -> int:
    """Return how many attempts a run has had, 0 where its folder cannot be read from here.

    Raises `BadInput` while its driver lives.
    """
    try:
        # Nobody waits for a folder that only the cluster reaches.
        store = open_store(settings.run.dir, replace(settings.storage, patience_s=5.0), lambda line: None)
        last = last_attempt(store)
        state = driver_state(store) if last is not None else None
    except StorageFailed:
        return 0
    if state is not None and state.kind == ALIVE:
        raise BadInput(
            f"{settings.run.dir} is being driven by process {state.log['pid']} on {state.log['host']} (attempt "
            f"{state.attempt}). Expected one driver at a time; wait for it, or: factory stop {settings.run.dir} --wait"
        )
    return last[0] if last is not None else 0


def _free_name(settings: Settings, jobs: Jobs, number: int) -> str:
    """Return the name of a run's next job. Raises `BadInput` while one of that run has not ended."""
    for attempt in range(number, number + _MOST):
        name = f"factory-{settings.fingerprint}-{attempt}"
        state = jobs.state(name)
        if state is None:
            return name
        if state.status not in OVER:
            raise BadInput(
                f"job {name} of this run is {state.status} at {jobs.address}. Expected one at a time; wait for it, or: "
                f"factory stop {settings.run.dir} --wait"
            )
    raise BadInput(f"this run has been submitted to {jobs.address} {_MOST} times. Expected fewer; restart the head.")
