"""Reward models: two classes, wrong and right, in place of a language model's head.

How its texts are laid out (`actors/training_data/reward_layout.py`) is in its config.json, too (`SEPARATOR`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.training.model import loaded, with_adapters
from actors.training.options import Options
from actors.training_data.tokens import IGNORED

CLASSES = {0: "wrong", 1: "right"}
SEPARATOR = "step_separator"
_NAME = "score"  # of the head's module in transformers


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`auto`: the class of transformers; `task`: what peft calls it. `per_token`: a verdict at every label, or one on
    the whole row, at its last token. `pad`, `separator`: how rows are filled up and laid out."""

    auto: str
    task: str
    per_token: bool
    pad: int
    separator: str

    def on(self, folder: str, config: Options) -> Any:
        """The model in `folder` with this head, new unless it has one already. Raises `TrainingFailed`."""
        values = {
            "id2label": CLASSES,
            "label2id": {name: number for number, name in CLASSES.items()},
            "pad_token_id": self.pad,
            "classifier_dropout": 0.0,
            SEPARATOR: self.separator,
        }
        model = loaded(self.auto, folder, config, **values)
        if not config.lora:
            return model
        model = with_adapters(model, config, task=self.task, head=_NAME)
        for weight in model.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
        return model

    def loss(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        """Mean cross-entropy to the labels, which are the chances of "right": 1 and 0, or anything between.

        `num_items_in_batch`: the labels of all batches of a step, where gradients are accumulated.
        """
        known = labels != IGNORED
        logits = outputs.logits[known if self.per_token else known.any(-1)].float()
        right = labels[known].to(logits.dtype)
        chances = logits.log_softmax(-1)
        cost = -(right * chances[:, 1] + (1 - right) * chances[:, 0]).sum()
        return cost / (num_items_in_batch if num_items_in_batch is not None else max(1, len(right)))


def step_head(pad: int, separator: str) -> Head:
    """A verdict on every step: a process reward model."""
    return Head(auto="AutoModelForTokenClassification", task="TOKEN_CLS", per_token=True, pad=pad, separator=separator)


def solution_head(pad: int, separator: str) -> Head:
    """A verdict on a whole solution: an outcome reward model."""
    return Head(
        auto="AutoModelForSequenceClassification", task="SEQ_CLS", per_token=False, pad=pad, separator=separator
    )
