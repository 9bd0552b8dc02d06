"""Fine-tuning as Ray actors: deaths in the middle, bad ends, what is left of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from support.commands import title
from support.training import a_job, raw_data, tiny_model
from support.waiting import wait_until

from actors.trained_models.seal import finished
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import TrainingJob
from pipelines.fine_tuning import training
from pipelines.fine_tuning.training import TrainingOptions, train

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

SFT = {"num_cpus": 0.1, "threads": 1, "bf16": "false", "save_steps": 10, "max_steps": 120, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture
def job(tmp_path: Path, base: Path) -> TrainingJob:
    return a_job(tmp_path, base, raw_data(tmp_path / "data"))


def trainers() -> list[psutil.Process]:
    """The worker processes of this cluster's Trainer actors; its raylet is this process's child."""
    below = psutil.Process().children(recursive=True)
    return [process for process in below if title(process).startswith("ray::Trainer")]


def wait_until_none_is_left() -> None:
    wait_until(lambda: not trainers(), "the end of all trainers")


def command(*arguments: str, **values: Any) -> dict[str, Any]:
    return {"command": [sys.executable, "-c", *arguments], "num_cpus": 0.1} | values


COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"


def test_a_trainer_killed_in_the_middle_goes_on_from_its_checkpoint(job: TrainingJob) -> None:
    said: list[str] = []
    metrics = Path(job.work) / "metrics.jsonl"

    def kill_once() -> None:
        # By what is on the disk: reports come twice a second, and may skip from the first step to the last.
        wait_until(lambda: metrics.is_file() and metrics.read_bytes().count(b"\n") > 30, "thirty steps")
        [process] = trainers()
        os.kill(process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_once)
    killer.start()
    done = train(job, "sft", SFT, TrainingOptions(timeout_s=800, say=said.append))
    killer.join()
    assert len(said) == 1
    assert "starting it again from its last checkpoint" in said[0]
    assert done.resumed_from is not None
    assert done.resumed_from >= 20
    assert (done.steps, done.folder) == (120, job.out)
    assert done.loss_last is not None
    assert done.loss_first is not None
    assert done.loss_last < done.loss_first
    steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
    assert steps == list(range(1, 121))
    assert finished(job.out) == done
    assert not (Path(job.work) / "checkpoints").exists()
    assert train(job, "sft", SFT, TrainingOptions(timeout_s=1)) == done  # at once: it is there
    wait_until_none_is_left()


@pytest.mark.parametrize(
    ("config", "error"),
    [
        (command("print('no data'); raise SystemExit(4)"), r"exit code 4 .*command.log: no data"),
        (command("pass"), "left no model"),
        (command(COPY, "{model}/..", "{out}"), "has no config.json"),
    ],
)
def test_a_command_that_ends_badly_leaves_no_model(job: TrainingJob, config: dict[str, Any], error: str) -> None:
    with pytest.raises(TrainingFailed, match=error):
        train(job, "command", config, TrainingOptions(timeout_s=800))
    assert not Path(job.out).exists()
    wait_until_none_is_left()


def test_a_command_that_failed_can_be_mended(job: TrainingJob) -> None:
    with pytest.raises(TrainingFailed, match="exit code 1"):
        train(job, "command", command("raise SystemExit(1)"), TrainingOptions(timeout_s=800))
    done = train(job, "command", command(COPY, "{model}", "{out}"), TrainingOptions(timeout_s=800))
    assert (finished(job.out), done.changed) == (done, 0.0)
    wait_until_none_is_left()


def test_a_training_stopped_from_outside_leaves_nothing_behind(job: TrainingJob, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    class Stop(Exception):
        pass

    def check() -> None:
        if pid.is_file() and pid.read_text():
            raise Stop

    with pytest.raises(Stop):
        train(job, "command", command(code), TrainingOptions(timeout_s=800, check=check))
    wait_until(lambda: not psutil.pid_exists(int(pid.read_text())), "the end of the command")
    wait_until_none_is_left()


def test_a_training_that_takes_too_long_is_ended(
    job: TrainingJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock leaps ahead once the training has begun, however long that takes."""
    begun = tmp_path / "begun"
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 10_000 * begun.exists())
    monkeypatch.setattr(training, "time", clock)
    code = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(600)"
    with pytest.raises(TrainingFailed, match="not done after 5000 s"):
        train(job, "command", command(code), TrainingOptions(timeout_s=5000))
    wait_until_none_is_left()


def test_a_trainer_that_dies_every_time_is_given_up(job: TrainingJob) -> None:
    said: list[str] = []
    code = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    with pytest.raises(TrainingFailed, match=r"died 2 times.*more memory"):
        train(job, "command", command(code), TrainingOptions(timeout_s=800, attempts=2, say=said.append))
    assert len(said) == 1


def test_a_trainer_that_finds_no_room_says_what_it_needs(job: TrainingJob) -> None:
    with pytest.raises(TrainingFailed, match="needs 1 CPUs and 1 GPUs on one node; 1 nodes have 2 CPUs and 0 GPUs"):
        train(
            job, "command", command("pass", num_cpus=1, num_gpus=1), TrainingOptions(timeout_s=800, start_timeout_s=1)
        )


def test_settings_are_refused_before_anything_starts(job: TrainingJob) -> None:
    with pytest.raises(BadInput, match=r"'stf' is not a trainer. Did you mean 'sft'"):
        train(job, "stf", {}, TrainingOptions(timeout_s=800))
