"""Settings of a STaR run beyond those that every run has: its own config sections, and all of them by name."""

from __future__ import annotations

from dataclasses import dataclass

from actors.contracts.trainers import TRAINERS
from factory.contracts.selection import SELECTION, SelectionPlugin
from factory.errors import BadInput
from pipelines.rounds.sections import HeldOutQuestions, Stop, check_rounds
from pipelines.rounds.settings import RoundsSettings
from pipelines.run.contract import Plug, PluginSection
from pipelines.run.sections import Prompting
from pipelines.run.settings import Settings


@dataclass
class Star:
    """Config section `star`.

    Attributes:
      rounds: number of rounds; more may be asked for when a run is resumed.
      start_from: model that every round fine-tunes: `base` anew (Zelikman et al., arXiv 2203.14465, sec. 3.1), or the
        `last` round's.
      pairs_per_question: preference pairs per question, written beside each round's training data; 0 writes none.
      training_timeout_s: seconds for one round's fine-tuning; a week by default.
    """

    rounds: int = 3
    start_from: str = "base"
    pairs_per_question: int = 0
    training_timeout_s: float = 7 * 86400.0

    def __post_init__(self) -> None:
        check_rounds(self.rounds, self.training_timeout_s)
        if self.start_from not in ("base", "last"):
            raise ValueError(f"start_from is {self.start_from!r}: expected base (the paper's way) or last")
        if self.pairs_per_question < 0:
            raise ValueError(f"pairs_per_question is {self.pairs_per_question}: expected 0 (none) or more")


@dataclass
class Rationalise:
    """Config section `rationalise`: ask again, with the gold answer as a hint, where no sample was right.

    Attributes:
      enabled: False leaves unsolved questions alone.
      template: prompt whose last user section shows {gold}.
      n: samples per unsolved question.
      temperature: sampling temperature of these samples; 0 is greedy.
    """

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
class HeldOut(HeldOutQuestions):
    """Config section `held_out`: questions that are never trained on, to measure the model by.

    Attributes:
      share, limit, source: as `HeldOutQuestions` says.
      k: samples per question for pass@k.
      temperature: sampling temperature of these samples.
    """

    k: int = 8
    temperature: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k < 1:
            raise ValueError(f"k is {self.k}: expected at least 1 sample per question")
        if self.temperature < 0:
            raise ValueError(f"temperature is {self.temperature:g}: expected 0 (greedy) or more")


@dataclass
class Teacher:
    """Config section `teacher`: a second model.

    Attributes:
      mode: `off`: there is none. `teacher`: it samples for the model in every round. `turns`: one model samples and the
        other trains on what that got right, round by round; the teacher samples first.
      model: name or folder of the second model.
    """

    mode: str = "off"
    model: str = ""

    def __post_init__(self) -> None:
        if self.mode not in ("off", "teacher", "turns"):
            raise ValueError(f"mode is {self.mode!r}: expected off, teacher or turns")
        if self.mode != "off" and not self.model:
            raise ValueError(f"mode is {self.mode}, and there is no model: name it in teacher.model")


SECTIONS = {
    "star": Star,
    "trained_prompt": Prompting,
    "rationalise": Rationalise,
    "held_out": HeldOut,
    "teacher": Teacher,
    "stop": Stop,
}
PLUGIN_SECTIONS = {
    "keep": PluginSection(registry=SELECTION, default="star"),
    "trainer": PluginSection(registry=TRAINERS, default="sft"),
}
# How a round was trained is kept with its weights.
EXCLUDED_FROM_FINGERPRINT = ("trainer", "star.training_timeout_s")
EFFORT = ("star.rounds",)


@dataclass(frozen=True)
class StarSettings(RoundsSettings):
    """Settings of a STaR run."""

    star: Star
    trained_prompt: Prompting
    rationalise: Rationalise
    held_out: HeldOut
    teacher: Teacher
    keep: Plug[SelectionPlugin]

    @property
    def rationalises(self) -> bool:
        """True when unsolved questions are asked again with a hint and the selection can use what comes."""
        return self.rationalise.enabled and self.keep.plugin.RATIONALISES


def of(settings: Settings) -> StarSettings:
    """Return the settings of a STaR run. Raises `BadInput` for sections that do not fit each other."""
    star_settings = StarSettings(base=settings, **settings.own)
    if not star_settings.trainer.plugin.REPLACES_BASE:
        raise BadInput(
            f"trainer.kind is {star_settings.trainer.name}, which makes a reward model of its base. Expected one that "
            "leaves a language model, such as sft or command; reward models are trained by pipelines/train.yaml."
        )
    if not settings.engine.plugin.TAKES_WEIGHTS:
        raise BadInput(
            f"engine.kind is {settings.engine.name}, whose engines keep their model. Expected one that takes the "
            "weights which self-training makes, such as vllm."
        )
    if settings.prompt.style != star_settings.trained_prompt.style and star_settings.teacher.mode != "teacher":
        raise BadInput(
            f"prompt.style is {settings.prompt.style}, trained_prompt.style is {star_settings.trained_prompt.style}. "
            "Expected the same: one model reads both."
        )
    return star_settings
