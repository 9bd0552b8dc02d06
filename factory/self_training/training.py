"""What fine-tuning is given and what it leaves: the job, its data's columns, what is known of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
_ORIGIN = [
    ("question_id", pa.string()),
    ("solution_id", pa.string()),
    ("hinted", pa.bool_()),
    ("round", pa.int32()),
    ("model_revision", pa.string()),  # of the model that wrote the completion
]
EXAMPLE_RAW = pa.schema([("prompt", pa.string()), ("completion", pa.string()), *_ORIGIN])
"""One example as text: what the model reads, and what it should have gone on with."""

EXAMPLE_CHAT = pa.schema([("prompt", pa.list_(MESSAGE)), ("completion", pa.list_(MESSAGE)), *_ORIGIN])
"""One example as chat messages, in TRL's conversational prompt-completion format."""

SKIPPED = "skipped_"
"""How the keys of a report begin that count examples left out, by reason: `skipped_too_long`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """One fine-tuning. What a trainer's `train` gets are local folders; the job of a `Trainer` actor may name an object
    store instead, for which copies stand in there.

    * `data`: holds `data/train-*.parquet`, or `train-*.parquet` itself, and maybe `validation-*.parquet` beside them.
    * `model`: the Hugging Face folder to start from.
    * `out`: where the finished Hugging Face folder appears, whole and by one rename.
    * `work`: checkpoints, metrics and logs; what a resumed training goes on from.
    """

    data: str
    model: str
    out: str
    work: str
    seed: int
    round: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A finished fine-tuning. What a trainer did not report is None or 0.

    * `revision`: `model_revision` of the folder, what records made by it will name.
    * `changed`: the share of weights that differ from the base's. Near 0, the learning rate was too low for the type
      the model is saved in: a bfloat16 weight cannot hold a change below 1/512 of itself.
    * `skipped`: examples left out, by reason. `tokens`: of all steps, without padding.
    * `loss_first`, `loss_last`: of single steps. `loss_validation`: of the finished model, on the split of that name.
    * `seconds`: of the attempt that finished.
    * `resumed_from`: the step of the checkpoint that attempt went on from.
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


def trained_from(report: Mapping[str, float], folder: str, revision: str, seconds: float) -> Trained:
    """What all reports of a trainer together (a later value replaces an earlier one) say of a finished training."""
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
        seconds=seconds,
        resumed_from=int(report["resumed_from"]) if "resumed_from" in report else None,
    )


def as_json(trained: Trained) -> dict[str, Any]:
    """Plain values, from which `Trained(**values)` makes the same again."""
    return asdict(trained)
