"""Config sections that pipelines of several rounds share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipelines.run.sections import Limits


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
class Stop(Limits):
    """Config section `stop`: budgets, and a rule that ends a run before all rounds are done. 0 switches each off.

    Attributes:
      policy_calls, gpu_hours, hours: as `Limits` says; the first is looked at before every phase.
      money: nobody adds it up over rounds, so it has to be 0.
      patience: rounds in a row without a gain, after which the run stops.
      min_gain: gain in accuracy over the best round before, as a share of the held-out questions.
    """

    patience: int = 0
    min_gain: float = 0.005

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.patience, self.min_gain) < 0:
            raise ValueError("a limit is negative: expected 0 (no such rule) or more")
        if self.money:
            raise ValueError(
                f"money is {self.money:g}: a run of rounds has no such limit; expected policy_calls or hours"
            )
