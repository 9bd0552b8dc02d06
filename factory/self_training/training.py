"""Input and output of fine-tuning: the job, the columns of its data, and the report on the finished model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from factory.text.chat_messages import MESSAGES
from factory.types import Prompt

_ORIGIN = [
    ("question_id", pa.string()),
    ("solution_id", pa.string()),
    ("hinted", pa.bool_()),
    ("round", pa.int32()),
    # Of the model that wrote the completion.
    ("model_revision", pa.string()),
]
EXAMPLE_RAW = pa.schema([("prompt", pa.string()), ("completion", pa.string()), *_ORIGIN])
"""Columns of an example as text: what the model reads, and how it should continue."""

EXAMPLE_CHAT = pa.schema([("prompt", MESSAGES), ("completion", MESSAGES), *_ORIGIN])
"""Columns of an example as chat messages, in TRL's conversational prompt-completion format."""

BY_HAND = "by_hand"
"""Key of a report that counts completions which the model's chat template would have changed."""

SKIPPED = "skipped_"
"""Prefix of the keys of a report that count examples left out, by reason: `skipped_too_long`."""


def example_texts(prompt: Prompt, completion: str) -> dict[str, Any]:
    """Return the columns "prompt" and "completion" of an example, in the style of its prompt."""
    if isinstance(prompt, str):
        return {"prompt": prompt, "completion": completion}
    return {
        "prompt": [{"role": role, "content": content} for role, content in prompt],
        "completion": [{"role": "assistant", "content": completion}],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """Job of one fine-tuning.

    A trainer's `train` gets local folders. The job of a `Trainer` actor may name an object store instead; the actor
    then works on local copies.

    * `data`: holds `data/train-*.parquet`, or `train-*.parquet` itself, and optionally `validation-*.parquet` beside
      them.
    * `model`: the Hugging Face folder to start from.
    * `out`: where the finished Hugging Face folder appears, whole and by one rename.
    * `work`: checkpoints, metrics and logs; a resumed training continues from there.
    * `seed`: seed of the random draws of the training.
    * `round`: round of self-training, from 0.
    """

    data: str
    model: str
    out: str
    work: str
    seed: int
    round: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """Report on a finished fine-tuning; a value that the trainer did not report is None or 0.

    * `folder`: Hugging Face folder of the finished model.
    * `revision`: `model_revision` of the folder; records made by the model will name it.
    * `changed`: share of weights that differ from the base's. Near 0, the learning rate was too low for the type in
      which the model is saved: a bfloat16 weight cannot hold a change below 1/512 of itself.
    * `examples`: examples trained on. `skipped`: examples left out, by reason.
    * `by_hand`: completions that the model's chat template would have cut or changed; they were put behind their
      prompts as they are.
    * `tokens`: tokens of all steps, without padding.
    * `loss_first`, `loss_last`: losses of single steps. `loss_validation`: loss of the finished model on the split of
      that name.
    * `seconds`: duration of the attempt that finished.
    * `resumed_from`: step of the checkpoint that this attempt continued from.
    """

    folder: str
    revision: str
    changed: float = 0.0
    examples: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    tokens: int = 0
    steps: int = 0
    epochs: float = 0.0
    loss_first: float | None = None
    loss_last: float | None = None
    loss_validation: float | None = None
    seconds: float = 0.0
    resumed_from: int | None = None
    by_hand: int = 0


def trained_from(report: Mapping[str, float], folder: str, revision: str, seconds: float) -> Trained:
    """Return the report on a finished training.

    Args:
      report: all values that the trainer reported, merged; a later value replaces an earlier one.
      folder: Hugging Face folder of the finished model.
      revision: `model_revision` of that folder.
      seconds: duration of the attempt that finished.
    """
    return Trained(
        folder=folder,
        revision=revision,
        changed=float(report.get("changed", 0.0)),
        examples=int(report.get("examples", 0)),
        skipped={key.removeprefix(SKIPPED): int(value) for key, value in report.items() if key.startswith(SKIPPED)},
        tokens=int(report.get("tokens", 0)),
        steps=int(report.get("step", 0)),
        epochs=float(report.get("epoch", 0.0)),
        loss_first=report.get("loss_first"),
        loss_last=report.get("loss"),
        loss_validation=report.get("eval_loss"),
        by_hand=int(report.get(BY_HAND, 0)),
        seconds=seconds,
        resumed_from=int(report["resumed_from"]) if "resumed_from" in report else None,
    )


def as_json(trained: Trained) -> dict[str, Any]:
    """Return plain values; `Trained(**values)` makes the same report from them."""
    return asdict(trained)
