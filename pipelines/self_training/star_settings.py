"""What a STaR run's config holds beyond what every run's does."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from actors.trainer import trainer_options
from factory.errors import BadInput
from factory.storage.opening import absolute
from pipelines.run.settings import Plug, Prompting, Settings


@dataclass
class Star:
    """`rounds`: how many; more of them may be asked for later. `start_from`: what every round fine-tunes, the `base`
    model anew (Zelikman et al., arXiv 2203.14465, sec. 3.1) or the `last` round's. `pairs_per_question`: preference
    pairs written beside each round's training data. `training_timeout_s` bounds one round's fine-tuning."""

    rounds: int = 3
    start_from: str = "base"
    pairs_per_question: int = 0
    training_timeout_s: float = 7 * 86400.0

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds is {self.rounds}: expected at least 1")
        if self.start_from not in ("base", "last"):
            raise ValueError(f"start_from is {self.start_from!r}: expected base (the paper's way) or last")
        if not self.training_timeout_s > 0:
            raise ValueError(f"training_timeout_s is {self.training_timeout_s:g}: expected more than 0 seconds")
        if self.pairs_per_question < 0:
            raise ValueError(f"pairs_per_question is {self.pairs_per_question}: expected 0 (none) or more")


@dataclass
class Rationalise:
    """Asking again with the gold answer as a hint where no sample was right. `template`: a prompt that shows {gold}."""

    enabled: bool = True
    template: str = "hinted_cot"
    n: int = 2
    temperature: float = 0.7

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"n is {self.n}: expected at least 1; rationalise.enabled=false switches it off")
        if self.temperature < 0:
            raise ValueError(f"temperature is {self.temperature:g}: expected 0 (greedy) or more")


@dataclass
class HeldOut:
    """Questions that are never trained on. `share` of the source, of which the first `limit` are asked (0: all; the
    others are on neither side, so choose a share not much larger than needed); or a `source` of their own, whose
    questions are taken out of the training source. `k`: samples per question for pass@k."""

    share: float = 0.1
    limit: int = 500
    source: dict[str, Any] = field(default_factory=dict)
    k: int = 8
    temperature: float = 0.7

    def __post_init__(self) -> None:
        if not self.source and not 0 < self.share < 1:
            raise ValueError(f"share is {self.share:g}: expected more than 0 and less than 1, or a source")
        if self.k < 1:
            raise ValueError(f"k is {self.k}: expected at least 1 sample per question")
        if self.limit < 0:
            raise ValueError(f"limit is {self.limit}: expected 0 (no limit) or more")
        if self.temperature < 0:
            raise ValueError(f"temperature is {self.temperature:g}: expected 0 (greedy) or more")


@dataclass
class Teacher:
    """A second model. `mode` off: there is none. `teacher`: it samples for the model in every round. `turns`: one
    samples and the other trains on what that got right, round by round; the teacher samples first."""

    mode: str = "off"
    model: str = ""

    def __post_init__(self) -> None:
        if self.mode not in ("off", "teacher", "turns"):
            raise ValueError(f"mode is {self.mode!r}: expected off, teacher or turns")
        if self.mode != "off" and not self.model:
            raise ValueError(f"mode is {self.mode}, and there is no model: name it in teacher.model")


@dataclass
class Stop:
    """When to stop before all rounds are done. `patience`: rounds in a row without `min_gain` in greedy accuracy over
    the best before. `policy_calls`, looked at before every phase, `gpu_hours` (of what engines or trainer hold, the
    larger) and `hours` (that a driver was alive) are budgets; a run that reached one goes on with a higher one. 0: no
    such rule."""

    patience: int = 0
    min_gain: float = 0.005
    policy_calls: int = 0
    gpu_hours: float = 0.0
    hours: float = 0.0

    def __post_init__(self) -> None:
        if min(self.patience, self.min_gain, self.policy_calls, self.gpu_hours, self.hours) < 0:
            raise ValueError("a limit is negative: expected 0 (no such rule) or more")


SECTIONS = {
    "star": Star,
    "trained_prompt": Prompting,
    "rationalise": Rationalise,
    "held_out": HeldOut,
    "teacher": Teacher,
    "stop": Stop,
}
PLUGINS = {
    "keep": ("factory.selection", "method", "star"),
    "trainer": ("actors.trainers", "kind", "sft"),
}
ELSEWHERE = ("stop", "trainer", "star.training_timeout_s")  # how a round was trained is kept with its weights
EFFORT = ("star.rounds",)


@dataclass(frozen=True)
class StarSettings:
    """A STaR run's settings with its own sections by name."""

    base: Settings
    star: Star
    trained_prompt: Prompting
    rationalise: Rationalise
    held_out: HeldOut
    teacher: Teacher
    stop: Stop
    keep: Plug
    trainer: Plug

    @property
    def dir(self) -> str:
        """Absolute: parts name folders of this run in their configs, and actors work elsewhere."""
        return absolute(self.base.run.dir.rstrip("/"))

    def trainer_options(self) -> dict[str, Any]:
        """Ray's options for the trainer. Raises `BadInput` for settings that it refuses."""
        return trainer_options(self.trainer.name, asdict(self.trainer.config))

    @property
    def rationalises(self) -> bool:
        return self.rationalise.enabled and self.keep.module.RATIONALISES


def of(settings: Settings) -> StarSettings:
    """Raises `BadInput` for sections that do not fit each other."""
    found = StarSettings(base=settings, **settings.own)
    if not getattr(found.trainer.module, "REPLACES_BASE", True):
        raise BadInput(
            f"trainer.kind is {found.trainer.name}, which makes a reward model of its base. Expected one that leaves a "
            "language model, such as sft or command; reward models are trained by pipelines/train.yaml."
        )
    if settings.prompt.style != found.trained_prompt.style and found.teacher.mode != "teacher":
        raise BadInput(
            f"prompt.style is {settings.prompt.style}, trained_prompt.style is {found.trained_prompt.style}. Expected "
            "the same: one model reads both."
        )
    return found
