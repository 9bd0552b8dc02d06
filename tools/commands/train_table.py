"""A finished fine-tuning in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def trained_lines(trained: Mapping[str, Any], trainer: str) -> list[str]:
    """What it trained on, how its loss fell, where the model is and what to do with it; `trained` as
    `factory.self_training.training.as_json` has it."""
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in trained["skipped"].items()) or "none"
    lines = [f"examples       {trained['examples']:,} (skipped: {skipped})"]
    if trained["loss_first"] is not None and trained["loss_last"] is not None:
        lines.append(
            f"loss           {trained['loss_first']:.3f} → {trained['loss_last']:.3f} in {trained['steps']:,} steps, "
            f"{trained['tokens']:,} tokens"
        )
    if trained.get("loss_validation") is not None:  # older runs did not measure it
        lines.append(f"validation     loss {trained['loss_validation']:.3f}")
    return [
        *lines,
        f"weights        {trained['folder']} (revision {trained['revision']})",
        f"next           {_next(trained['folder'], trainer)}",
    ]


def _next(folder: str, trainer: str) -> str:
    if trainer == "prm":
        return f"python -m tools.evaluation.eval_prm {folder} RUN_DIR (a run on other questions)"
    if trainer == "orm":
        return f"AutoModelForSequenceClassification.from_pretrained({folder!r})"
    return f"factory run pipelines/label_steps.yaml model={folder} prompt.template=bare"
