"""Fine-tuning by a command of your own: it gets the data folder and has to leave a Hugging Face folder behind.

    trainer:
      kind: command
      command: [torchrun, --nproc-per-node=8, train.py, --data, "{data}", --model, "{model}", --out, "{out}"]

It is started without a shell. The places are also in its environment (`FACTORY_TRAIN_DATA`, …), what it prints goes to
`command.log` in `{work}`, which stays for the next try: keep your checkpoints there.

Invariant: no process of the command outlives it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from actors.engine_runtime.engine_process import MARKER, start_guard
from actors.engine_runtime.orphan_guard import marked
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import TrainingJob

EXECUTION = ("timeout_s", "num_cpus", "num_gpus")
LOG = "command.log"
_TAIL_BYTES = 16_384
_LONGEST_LINE = 300


@dataclass
class Config:
    """Command and its limits.

    * `command`: program and its arguments, in which {data} {model} {out} {work} {seed} {round} are filled in.
    * `timeout_s`: seconds of wall clock until it is killed; a day by default.
    * `num_cpus`, `num_gpus`: what Ray sets aside for it.
    """

    command: list[str] = field(default_factory=list)
    timeout_s: float = 86_400.0
    num_cpus: float = 1.0
    num_gpus: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a time limit that is not above 0. Raises `ValueError`."""
        if not self.timeout_s > 0:
            raise ValueError(f"timeout_s is {self.timeout_s:g}; expected more than 0 seconds")


def require(config: Config) -> None:
    """Raise `BadInput` when there is no command."""
    if not config.command or not config.command[0]:
        raise BadInput("trainer.command is empty; expected a program and its arguments, such as [./train.sh, '{data}']")


def resources(config: Config) -> dict[str, float]:
    """Return the CPUs and GPUs that its Ray actor holds; the command sees those GPUs."""
    return {"num_cpus": config.num_cpus, "num_gpus": config.num_gpus}


def train(job: TrainingJob, config: Config, report: Callable[[dict[str, float]], None]) -> None:
    """Run the command to its end.

    Args:
      job: places that are filled into the command.
      config: the command and its limits.
      report: gets `seconds` at the end.

    Raises:
      TrainingFailed: the command fails or takes too long.
      BadInput: there is no command.
    """
    require(config)
    log = Path(job.work) / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        code = run(arguments(config.command, job), environment_of(job), log, config.timeout_s)
    except OSError as error:
        raise TrainingFailed(
            f"the training command {config.command[0]!r} cannot be started ({error.strerror or error}); "
            "expected a program on the PATH or by its full path"
        ) from None
    report({"seconds": round(time.monotonic() - began, 1)})
    if code is None:
        raise TrainingFailed(
            f"the training command was not done after {config.timeout_s:g} s and was killed{_said(log)}; "
            "raise trainer.timeout_s, or give it less to do"
        )
    if code:
        how = f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"
        raise TrainingFailed(f"the training command {how}{_said(log)}; mend it and resume")


def arguments(command: list[str], job: TrainingJob) -> list[str]:
    """Return `command` with the job's places filled in; any other braces stay as they are."""
    values = _values(job)
    pattern = re.compile("{(" + "|".join(values) + ")}")
    return [pattern.sub(lambda match: values[match[1]], part) for part in command]


def environment_of(job: TrainingJob) -> dict[str, str]:
    """Return the job's places as environment variables."""
    return {f"FACTORY_TRAIN_{name.upper()}": value for name, value in _values(job).items()}


def run(command: list[str], environment: dict[str, str], log: Path, timeout_s: float) -> int | None:
    """Run `command` and return its exit code; None when it took too long.

    A guard kills everything it started, in whatever session, should this process die first.

    Args:
      command: program and its arguments.
      environment: variables besides those of this process.
      log: file that gets all output.
      timeout_s: seconds of wall clock until it is killed.

    Raises:
      OSError: the program cannot be started.
    """
    # Everything started from here on carries the mark by which the guard knows it.
    guard = start_guard()
    entry = f"{MARKER}={os.environ[MARKER]}".encode()
    process = None
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process is not None:
            _kill_all(process, entry, spared=guard.pid)
        guard.kill()
        guard.wait()
        os.environ.pop(MARKER, None)


def _kill_all(process: subprocess.Popen[bytes], entry: bytes, spared: int) -> None:
    """Kill the command, its group, and what it started in sessions of its own; again, as one may start another."""
    # At most 5 seconds.
    for _ in range(50):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        left = [pid for pid in marked(entry) if pid != spared]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not left and process.poll() is not None:
            return
        time.sleep(0.1)


def _values(job: TrainingJob) -> dict[str, str]:
    """Return the job's places by the names that the command uses."""
    return {
        "data": job.data,
        "model": job.model,
        "out": job.out,
        "work": job.work,
        "seed": str(job.seed),
        "round": str(job.round),
    }


def _said(log: Path) -> str:
    """Return the log's path and its last line, without characters that could move a cursor."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = ["".join(c if c.isprintable() else " " for c in line).strip() for line in text.splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    return f" ({log}: {last[:_LONGEST_LINE]})" if last else f" (it printed nothing, see {log})"
