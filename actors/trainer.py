"""Trainer: the actor that fine-tunes.

    ray.remote(Trainer).options(**trainer_options(kind, config)).remote()

Invariant: it trains into a folder beside `job.out`, checks and seals it there, and only then gives it its name. Dead at
any point, another one does the same job again: from the last checkpoint, or not at all when the model is there.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from actors.contracts.trainers import TRAINERS
from actors.models.model_store import ensure_local, is_remote
from actors.trained_models.copies import train_on_copied_data, train_on_copies
from actors.trained_models.provenance import provenance
from actors.trained_models.seal import finished, publish, seal
from actors.trained_models.trained_model import check_base, check_trained
from factory.config import fill
from factory.errors import TrainingFailed
from factory.self_training.training import Trained, TrainingJob
from factory.storage.access import Access

_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
# By these words torch says that it could not write.
_DISK = ("pytorchstreamwriter", "no space left")


def trainer_options(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return Ray actor options for a trainer. Checks the config on the way; raises `BadInput`."""
    trainer = TRAINERS.load(kind)
    filled = fill(trainer.Config, config, "trainer")
    trainer.require(filled)
    held = trainer.resources(filled)
    return {
        "num_cpus": held.get("num_cpus", 0),
        "num_gpus": held.get("num_gpus", 0),
        "runtime_env": {"env_vars": trainer.environment(filled)},
        "max_restarts": 0,
        "max_task_retries": 0,
        # `progress` answers while `run` trains.
        "max_concurrency": 2,
    }


class Trainer:
    """Actor for one training job. `run` blocks until it is done; `progress` may be called meanwhile."""

    def __init__(self) -> None:
        self._report: dict[str, float] = {}

    def progress(self) -> dict[str, float]:
        """Return everything reported so far, a later value in place of an earlier one."""
        return dict(self._report)

    def run(self, kind: str, config: dict[str, Any], job: TrainingJob, access: Access | None = None) -> Trained:
        """Train, check and publish a model. One that is there is not trained again.

        Args:
          kind: plug-in of `actors/trainers/`.
          config: its settings.
          job: places, model and seed. The model may be any that `ensure_local` knows, the other places may be in an
            object store.
          access: credentials of the object store.

        Returns:
          What is known of the trained model.

        Raises:
          TrainingFailed: data, model or settings cannot be used, or memory or disk gave out.
          BadInput: the base model cannot be had.
        """
        access = access or Access()
        job = replace(job, model=ensure_local(job.model, access))
        train = partial(self._run, kind, config)
        if is_remote(job.out):
            return train_on_copies(job, access, train)
        return train_on_copied_data(job, access, train) if is_remote(job.data) else train(job)

    def _run(self, kind: str, config: dict[str, Any], job: TrainingJob) -> Trained:
        """Train a job whose places are local."""
        if done := finished(job.out):
            return done
        # Phase 1: refuse a base that the result could not be compared with, before hours of work.
        began = time.monotonic()
        trainer = TRAINERS.load(kind)
        filled = fill(trainer.Config, config, "trainer")
        check_base(job.model)
        made_by = provenance(kind, asdict(filled), job)
        # Phase 2: train, check and seal under a temporary name; one rename publishes the model.
        temp = f"{job.out}.tmp"
        # An attempt that died has left it.
        shutil.rmtree(temp, ignore_errors=True)
        try:
            Path(job.out).parent.mkdir(parents=True, exist_ok=True)
            Path(job.work).mkdir(parents=True, exist_ok=True)
            trainer.train(replace(job, out=temp), filled, self._add)
            self._add({"changed": check_trained(temp, job.model, replaces_base=trainer.REPLACES_BASE)})
            trained = seal(temp, made_by, self._report, time.monotonic() - began)
            trained = publish(temp, job.out, trained)
        except (OSError, SafetensorError, MemoryError, RuntimeError) as error:
            if (failed := _of_the_machine(error)) is None:
                raise
            raise failed from None
        # Phase 3: checkpoints are of no use any more, and large.
        shutil.rmtree(Path(job.work) / "checkpoints", ignore_errors=True)
        return trained

    def _add(self, report: dict[str, float]) -> None:
        """Take over what the trainer reports."""
        self._report = self._report | report


def _of_the_machine(error: Exception) -> TrainingFailed | None:
    """Return what to tell the user where memory or disk gave out; None for any other error, which is a bug."""
    said = str(error).lower()
    if isinstance(error, MemoryError) or any(sign in said for sign in _MEMORY):
        return TrainingFailed(
            "the training ran out of memory; lower trainer.batch_size or trainer.max_length, or set "
            "trainer.gradient_checkpointing=true or trainer.lora=true"
        )
    if isinstance(error, OSError | SafetensorError) or any(sign in said for sign in _DISK):
        return TrainingFailed(
            f"the training cannot read or write its files ({error}); check the disk's room and permissions"
        )
    return None
