"""Training commands of one's own: arguments, messages of bad endings, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support.waiting import wait_until

from actors.trainers import command
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import TrainingJob


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    places = {name: str(tmp_path / name) for name in ("data", "model", "out", "work")}
    return TrainingJob(**places, seed=3, round=2)


def run(job: TrainingJob, code: str, *arguments: str, timeout_s: float = 600.0) -> None:
    config = command.Config(command=[sys.executable, "-c", code, *arguments], timeout_s=timeout_s)
    command.train(job, config, lambda report: None)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_gets_its_places_as_arguments_and_in_the_environment(job: TrainingJob, tmp_path: Path) -> None:
    code = (
        "import json, os, sys; given = {k: v for k, v in os.environ.items() if k.startswith('FACTORY_TRAIN_')}; "
        "json.dump([sys.argv[1:], given], open(sys.argv[1], 'w'))"
    )
    run(job, code, "{out}", "--data={data}", "{seed}/{round}", "{other} {{work}}", "$HOME; `id`")
    arguments, given = json.loads(Path(job.out).read_text())
    assert arguments == [job.out, f"--data={job.data}", "3/2", f"{{other}} {{{job.work}}}", "$HOME; `id`"]
    assert given == command.environment_of(job)
    assert given["FACTORY_TRAIN_MODEL"] == job.model


def test_a_failure_names_code_log_and_last_line(job: TrainingJob) -> None:
    with pytest.raises(TrainingFailed, match=r"exit code 3 \(.*command\.log: it went wrong \[2Jhere\)") as failed:
        run(job, "print('it went wrong\\x1b[2Jhere\\n\\n'); raise SystemExit(3)")
    assert str(failed.value).isprintable()


def test_an_end_by_signal_and_a_silent_one_are_named(job: TrainingJob) -> None:
    with pytest.raises(TrainingFailed, match=r"ended by signal 9.*printed nothing"):
        run(job, "import os; os.kill(os.getpid(), 9)")


def test_a_program_that_is_not_there_is_named(job: TrainingJob) -> None:
    with pytest.raises(TrainingFailed, match=r"'/no/such' cannot be started \(No such file"):
        command.train(job, command.Config(command=["/no/such"]), lambda report: None)


def test_no_command_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"trainer.command is empty"):
        command.require(command.Config())


# Two processes that would run for ever: one in the command's group, one in a session of its own.
FAMILY = (
    "import subprocess, sys; sleeper = [sys.executable, '-c', 'import time; time.sleep(600)']; "
    "pids = [subprocess.Popen(sleeper).pid, subprocess.Popen(sleeper, start_new_session=True).pid]; "
    "open(sys.argv[1], 'w').write(' '.join(map(str, pids))); "
)


@pytest.mark.parametrize(
    ("end", "error"), [("import time; time.sleep(600)", "not done after 5 s"), ("sys.exit(1)", "code 1")]
)
def test_nothing_it_started_outlives_it(job: TrainingJob, tmp_path: Path, end: str, error: str) -> None:
    with pytest.raises(TrainingFailed, match=error):
        run(job, FAMILY + end, str(tmp_path / "pids"), timeout_s=5)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    wait_until(lambda: all(map(gone, pids)))


def test_nothing_of_it_outlives_a_killed_trainer(job: TrainingJob, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import sys; from actors.trainers import command; from factory.self_training.training import TrainingJob; "
        f"command.train(TrainingJob(data='d', model='m', out='o', work={job.work!r}, seed=0), command.Config(command="
        f"[sys.executable, '-c', {FAMILY + 'import time; time.sleep(600)'!r}, {str(pids)!r}]), print)"
    )
    trainer = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    wait_until(lambda: pids.is_file() and len(pids.read_text().split()) == 2)
    os.kill(trainer.pid, signal.SIGKILL)
    trainer.wait()
    wait_until(lambda: all(gone(int(pid)) for pid in pids.read_text().split()))
