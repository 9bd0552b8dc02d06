"""Training loop that all trainers in this process share: transformers' Trainer over fixed rows, resumable, measured.

Invariants:
* After a kill, the same job goes on from its newest whole checkpoint with the rows it had not seen: optimizer, schedule
  and random state are the checkpoint's, so on a CPU the result is the same as without the kill.
* A training stops at the first loss or gradient that is no finite number.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from actors.models.resolve import model_revision
from actors.training import checkpoints as checkpoints
from actors.training.heads import Head
from actors.training.isolation import refuse_mixing
from actors.training.metrics import MetricsFile, TrainingProgress
from actors.training.model import load_causal, save, uses_bfloat16
from actors.training.options import EXECUTION, Options, threads_of
from actors.training.validation import validation_loss
from actors.training_data.batches import Order, Rows, collate, row_order
from actors.training_data.files import digests
from factory.added_fields import values_to_hash
from factory.config import fingerprint
from factory.errors import TrainingFailed
from factory.self_training.training import TrainingJob

CHECKPOINTS = "checkpoints"
METRICS = "metrics.jsonl"
ReportMetrics = Callable[[dict[str, float]], None]


def fine_tune(
    job: TrainingJob,
    config: Options,
    rows: Rows,
    report: ReportMetrics,
    head: Head | None = None,
    *,
    validation: Rows,
) -> None:
    """Train the model of a job on rows and leave it in `job.out`.

    Args:
      job: places, model and seed of the training.
      config: settings of the training.
      rows: the training examples.
      report: gets `total_steps` and, after every step, its metrics.
      head: takes the place of the language model's head; None keeps the model as it is.
      validation: rows whose loss is measured at the end of every epoch, where there are any.

    Raises:
      TrainingFailed: the model or the settings cannot be used, or the loss became infinite.
    """
    import torch
    from transformers import PrinterCallback, Trainer, set_seed
    from transformers.utils import logging

    # Phase 1: the model, with its head, on as many threads as Ray has set aside.
    logging.disable_progress_bar()
    if not config.num_gpus:
        torch.set_num_threads(threads_of(config))
    set_seed(job.seed)
    model = head.on(job.model, config) if head else load_causal(job.model, config)
    if rows.packing:
        refuse_mixing(model, rows)
    # Phase 2: which rows each step sees; a function of job and config alone.
    batch = min(config.batch_size, len(rows.rows))
    per_step = batch * config.gradient_accumulation_steps
    order = row_order(len(rows.rows), per_step, config.epochs, config.max_steps, job.seed)

    # Phase 3: what an earlier attempt has left; checkpoints of another job are removed.
    folder = Path(job.work) / CHECKPOINTS
    checkpoints.begin(folder, identity(job, config))
    newest = checkpoints.newest_whole(folder)
    done = newest[0] if newest else 0
    metrics = MetricsFile(Path(job.work) / METRICS, keep=done)
    report({"total_steps": order.steps} | ({"resumed_from": done} if newest else {}) | metrics.first)
    # Phase 4: train and save.
    validate = partial(validation_loss, model, validation, batch, head) if validation.rows else None
    progress = TrainingProgress(rows, order, per_step, done)
    trainer = Trainer(
        model=model,
        args=arguments(job, config, folder, batch, order.steps),
        train_dataset=StepRows(rows, order),
        data_collator=collate,
        compute_loss_func=head.loss if head else None,
        callbacks=[callback(config, folder, progress, metrics, report, validate)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(newest[1]) if newest else None)
    save(trainer.accelerator.unwrap_model(trainer.model), job.model, job.out, replaces_base=head is None)


def arguments(job: TrainingJob, config: Options, folder: Path, batch: int, steps: int) -> Any:
    """Return the options as transformers' `TrainingArguments`.

    Args:
      job: seed of the training.
      config: settings of the training.
      folder: where checkpoints go.
      batch: rows of one forward pass.
      steps: steps of the whole training.

    Raises:
      TrainingFailed: transformers refuses the settings.
    """
    from transformers import TrainingArguments

    try:
        return TrainingArguments(
            output_dir=str(folder),
            max_steps=steps,
            per_device_train_batch_size=batch,
            gradient_accumulation_steps=config.gradient_accumulation_steps,
            learning_rate=config.learning_rate,
            lr_scheduler_type=config.scheduler,
            warmup_steps=config.warmup,
            weight_decay=config.weight_decay,
            max_grad_norm=config.max_grad_norm,
            bf16=uses_bfloat16(config),
            use_cpu=not config.num_gpus,
            gradient_checkpointing=config.gradient_checkpointing,
            gradient_checkpointing_kwargs={"use_reentrant": False} if config.gradient_checkpointing else None,
            seed=job.seed,
            # `StepRows` is in the right order already.
            train_sampling_strategy="sequential",
            remove_unused_columns=False,
            dataloader_pin_memory=bool(config.num_gpus),
            logging_steps=1,
            # The filter would show the last good loss instead of one that is no number.
            logging_nan_inf_filter=False,
            # The callback says when to save.
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
    except ValueError as error:
        raise TrainingFailed(f"the trainer's settings cannot work: {' '.join(str(error).split())[:300]}") from None


class StepRows:
    """Rows of all steps in their order: what Trainer takes for its data set."""

    def __init__(self, rows: Rows, order: Order) -> None:
        self._rows, self._order = rows, order.rows

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, at: int) -> dict[str, list[float]]:
        index = self._order[at]
        return self._rows.inputs(0, ignored=True) if index is None else self._rows.inputs(index)


def callback(
    config: Options,
    folder: Path,
    progress: TrainingProgress,
    metrics: MetricsFile,
    report: ReportMetrics,
    validate: Callable[[], float] | None,
) -> Any:
    """Return the callback that measures, validates, stops and saves.

    It writes metrics after every step, the validation loss at the end of every epoch, stops at the first loss that is
    no number, and saves checkpoints by steps and by time.

    Args:
      config: settings of the training.
      folder: where checkpoints lie.
      progress: epochs, tokens and pace of every step.
      metrics: file of the steps' metrics.
      report: gets the metrics of every step.
      validate: returns the validation loss; None measures none.
    """
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        """Callback of one training."""

        saved = time.monotonic()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Ask for a checkpoint when one is due; the last step needs none."""
            # By time or by steps, whichever comes first.
            due = config.save_seconds and time.monotonic() - self.saved >= config.save_seconds
            due = due or (config.save_steps and state.global_step % config.save_steps == 0)
            control.should_save = bool(due and state.global_step < state.max_steps)

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
            """Write and report the metrics of a step. Raises `TrainingFailed` for a loss that is not finite."""
            # The summary at the end of the training has no loss of a step.
            if "loss" not in logs:
                return
            # A loss that is no number ends the training before it is written down.
            measured: dict[str, float] = {
                name: float(logs[name]) for name in ("loss", "grad_norm", "learning_rate") if name in logs
            }
            refuse_not_finite(state.global_step, measured)
            line = progress.after(state.global_step) | measured
            # The time of validation does not count in the pace.
            if validate and progress.ends_epoch(state.global_step):
                line["eval_loss"] = validate()
                progress.exclude_pause()
            metrics.append(line)
            report(line | metrics.first)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Seal the checkpoint that transformers has written, and remove old ones."""
            checkpoints.seal(folder / f"checkpoint-{state.global_step}", config.keep_checkpoints)
            self.saved = time.monotonic()

    return Watch()


def refuse_not_finite(step: int, measured: dict[str, float]) -> None:
    """Raise `TrainingFailed` when loss or gradient became infinite or no number: every later step would be too."""
    for name in ("loss", "grad_norm"):
        if not math.isfinite(measured.get(name, 0.0)):
            raise TrainingFailed(
                f"{name} became {measured[name]} at step {step}; expected a finite number; lower "
                "trainer.learning_rate, raise trainer.warmup, or set trainer.bf16=false"
            )


def identity(job: TrainingJob, config: Options) -> str:
    """Return what a checkpoint belongs to: data, model, seed and every setting that changes the result."""
    settings = {name: value for name, value in values_to_hash(config).items() if name not in EXECUTION}
    values = {"data": digests(job.data), "model": model_revision(job.model), "seed": job.seed, "settings": settings}
    return json.dumps({"job": fingerprint(values)})
