"""Errors of the trainer's actor when memory or disk give out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.training import a_job, raw_data, tiny_model

from actors import trainer
from actors.contracts.trainers import TrainerPlugin
from actors.trainers import sft
from factory.errors import TrainingFailed


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "lower trainer.batch_size"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"), "lower trainer.batch_size"),
        (MemoryError(), "lower trainer.batch_size"),
        (OSError(28, "No space left on device"), "No space left.*check the disk"),
        (RuntimeError("PytorchStreamWriter failed writing file data/3"), "check the disk"),
    ],
)
def test_a_machine_that_gives_out_is_named_and_leaves_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    job = a_job(tmp_path, tiny_model(tmp_path / "base"), raw_data(tmp_path / "data"))
    monkeypatch.setattr(trainer, "TRAINERS", failing(error))
    with pytest.raises(TrainingFailed, match=message):
        trainer.Trainer().run("failing", {}, job)
    assert not Path(job.out).exists()


def test_a_bug_stays_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job(tmp_path, tiny_model(tmp_path / "base"), raw_data(tmp_path / "data"))
    monkeypatch.setattr(trainer, "TRAINERS", failing(RuntimeError("shapes do not match")))
    with pytest.raises(RuntimeError, match="shapes"):
        trainer.Trainer().run("failing", {}, job)


def failing(error: Exception) -> SimpleNamespace:
    """Return a registry whose only trainer ends with `error`."""

    def train(job: object, config: object, report: object) -> None:
        raise error

    return SimpleNamespace(load=lambda kind: TrainerPlugin(name=kind, Config=sft.Config, train=train))
