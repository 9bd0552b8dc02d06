"""A finished fine-tuning in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def trained_lines(trained: Mapping[str, Any]) -> list[str]:
    """What it trained on, how its loss fell, where the model is; `trained` as `factory.training.as_json` has it."""
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in trained["skipped"].items()) or "none"
    lines = [f"examples       {trained['examples']:,} (skipped: {skipped})"]
    if trained["loss_first"] is not None and trained["loss_last"] is not None:
        lines.append(
            f"loss           {trained['loss_first']:.3f} → {trained['loss_last']:.3f} in {trained['steps']:,} steps, "
            f"{trained['tokens']:,} tokens"
        )
    return [
        *lines,
        f"weights        {trained['folder']} (revision {trained['revision']})",
        f"ask it         factory run pipelines/label_steps.yaml model={trained['folder']} prompt.template=bare "
        "(a reward model: python -m tools.eval_prm)",
    ]
