"""Config sections that pipelines of several rounds share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from factory.self_training.stop_rules import Spent


def check_rounds(rounds: int, training_timeout_s: float) -> None:
    """Raise `ValueError` for a number of rounds, or seconds for one training, with which nothing could be done."""
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}: expected at least 1")
    if not training_timeout_s > 0:
        raise ValueError(f"training_timeout_s is {training_timeout_s:g}: expected more than 0 seconds")


@dataclass
class HeldOutQuestions:
    """Config section `held_out`: questions that are never trained on.

    Attributes:
      share: share of the source that is held out, more than 0 and less than 1.
      limit: number of held-out questions that are asked; 0 asks all. The others of the share are on neither side, so
        choose a share not much larger than needed.
      source: evaluation set of its own, a section like `source`; its questions are taken out of the training source,
        and `share` has no effect.
    """

    share: float = 0.1
    limit: int = 500
    source: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.source and not 0 < self.share < 1:
            raise ValueError(f"share is {self.share:g}: expected more than 0 and less than 1, or a source")
        if self.limit < 0:
            raise ValueError(f"limit is {self.limit}: expected 0 (no limit) or more")


@dataclass
class Stop:
    """Config section `stop`: rules that end a run before all rounds are done. 0 switches a rule off.

    A run that has reached a budget goes on when it is resumed with a higher one.

    Attributes:
      patience: rounds in a row without a gain, after which the run stops.
      min_gain: gain in accuracy over the best round before, as a share of the held-out questions.
      policy_calls: budget of completions, looked at before every phase.
      gpu_hours: budget of GPU time that the engines or the trainer hold, the larger of the two.
      hours: budget of the time that a driver was alive.
    """

    patience: int = 0
    min_gain: float = 0.005
    policy_calls: int = 0
    gpu_hours: float = 0.0
    hours: float = 0.0

    def __post_init__(self) -> None:
        if min(self.patience, self.min_gain, self.policy_calls, self.gpu_hours, self.hours) < 0:
            raise ValueError("a limit is negative: expected 0 (no such rule) or more")

    @property
    def budget(self) -> Spent:
        """Budgets that were set; 0 for none."""
        return Spent(policy_calls=self.policy_calls, gpu_hours=self.gpu_hours, hours=self.hours)
