"""Reward models: two classes, wrong and right, in place of a language model's head.

The separator that lays out their texts (`actors/training_data/reward_layout.py`) is in their config.json, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.training.model import loaded, with_adapters
from actors.training.options import Options
from actors.training_data.tokens import IGNORED

CLASSES = {0: "wrong", 1: "right"}
SEPARATOR = "step_separator"
# Name of the head's module in transformers.
_NAME = "score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Head of a reward model.

    * `auto`: class of transformers that has this head.
    * `task`: what peft calls it.
    * `per_token`: True for a verdict at every label, False for one on the whole row, at its last token.
    * `pad`: id of the token that rows are filled up with.
    * `separator`: text behind the prompt and every step.
    """

    auto: str
    task: str
    per_token: bool
    pad: int
    separator: str

    def on(self, folder: str, config: Options) -> Any:
        """Return the model in `folder` with this head, new unless it has one already. Raises `TrainingFailed`."""
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
        # Weights that are trained have to be float32; see `load_causal`.
        for weight in model.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
        return model

    def loss(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        """Return the mean cross-entropy to the labels.

        Args:
          outputs: of the model; `logits` has the shape [rows, tokens, 2], or [rows, 2] for a verdict on the whole.
          labels: chances of "right": 1 and 0, or anything between; `IGNORED` elsewhere; shape [rows, tokens].
          num_items_in_batch: labels of all batches of a step, where gradients are accumulated.
        """
        known = labels != IGNORED
        logits = outputs.logits[known if self.per_token else known.any(-1)].float()
        right = labels[known].to(logits.dtype)
        chances = logits.log_softmax(-1)
        cost = -(right * chances[:, 1] + (1 - right) * chances[:, 0]).sum()
        return cost / (num_items_in_batch if num_items_in_batch is not None else max(1, len(right)))


def step_head(pad: int, separator: str) -> Head:
    """Return the head of a process reward model: a verdict on every step."""
    return Head(auto="AutoModelForTokenClassification", task="TOKEN_CLS", per_token=True, pad=pad, separator=separator)


def solution_head(pad: int, separator: str) -> Head:
    """Return the head of an outcome reward model: a verdict on a whole solution."""
    return Head(
        auto="AutoModelForSequenceClassification", task="SEQ_CLS", per_token=False, pad=pad, separator=separator
    )
