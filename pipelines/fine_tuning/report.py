"""Report of a fine-tuning: its summary, and the lines that `factory run` and `status` print."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actors.models.resolve import MANIFEST
from factory.self_training.training import BY_HAND, Trained, as_json
from factory.storage.store import Store
from factory.text.durations import clock
from pipelines.run.settings import Settings


@dataclass(frozen=True)
class TrainSummary:
    """Result of a fine-tuning.

    Attributes:
      folder: the run folder.
      trained: what the trainer says: counts, losses, where the model is.
      trainer: name of the trainer plug-in.
      seconds: wall-clock time of this attempt.
      complete: always True; a training that ends without a model raises.
      short: always 0; there are no units.
      stopped: always "", as `complete` is True.
    """

    folder: str
    trained: Trained
    trainer: str
    seconds: float
    complete: bool = True
    short: int = 0
    stopped: str = ""


def summary_lines(summary: TrainSummary) -> list[str]:
    """Return the last lines of a fine-tuning: what it trained on, where the model is, what to do with it."""
    return [f"training complete ({clock(summary.seconds)})", *trained_lines(as_json(summary.trained), summary.trainer)]


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return whether the model is there, and what came of it.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder.
    """
    run_dir = settings.run.dir
    try:
        trained = json.loads(store.read(f"model/{MANIFEST}"))["training"]
    except FileNotFoundError:
        return [f"{run_dir}: not complete, no model yet", f"go on          factory resume {run_dir}"]
    trainer = settings.own["trainer"].name
    return [f"{run_dir}: complete", *trained_lines({**trained, "folder": f"{store.url}/model"}, trainer)]


def status_figures(settings: Settings, store: Store) -> dict[str, Any]:
    """Return the same as JSON values: what the trainer says of its model, once it is there."""
    try:
        trained = json.loads(store.read(f"model/{MANIFEST}"))["training"]
    except FileNotFoundError:
        return {"complete": False, "trained": None}
    return {"complete": True, "trained": {**trained, "folder": f"{store.url}/model"}}


def by_hand_lines(count: int) -> list[str]:
    """Return what to say of `count` completions that a chat template would have changed; nothing of none."""
    if not count:
        return []
    return [
        f"by hand        {count:,} completions: the model's chat template would have cut or changed them; trained on "
        "whole, each behind its prompt"
    ]


def trained_lines(trained: Mapping[str, Any], trainer: str) -> list[str]:
    """Return what a trainer trained on, how its loss fell, where the model is and what to do with it.

    `trained` is what `factory.self_training.training.as_json` makes; `trainer` is the plug-in's name.
    """
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in trained["skipped"].items()) or "none"
    lines = [f"examples       {trained['examples']:,} (skipped: {skipped})"]
    if trained["loss_first"] is not None and trained["loss_last"] is not None:
        lines.append(
            f"loss           {trained['loss_first']:.3f} → {trained['loss_last']:.3f} in {trained['steps']:,} steps, "
            f"{trained['tokens']:,} tokens"
        )
    # Older runs did not count them.
    lines += by_hand_lines(trained.get(BY_HAND, 0))
    # Older runs did not measure it.
    if trained.get("loss_validation") is not None:
        lines.append(f"validation     loss {trained['loss_validation']:.3f}")
    return [
        *lines,
        f"weights        {trained['folder']} (revision {trained['revision']})",
        f"next           {_next(trained['folder'], trainer)}",
    ]


def _next(folder: str, trainer: str) -> str:
    """Return the command that uses the model: a reward model is evaluated, a language model asked."""
    if trainer == "prm":
        return f"python -m tools.evaluation.eval_prm {folder} RUN_DIR (a run on other questions)"
    if trainer == "orm":
        return f"AutoModelForSequenceClassification.from_pretrained({folder!r})"
    return f"factory run pipelines/label_steps.yaml model={folder} prompt.template=bare"
