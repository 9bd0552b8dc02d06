"""Settings of a verifier loop beyond those that every run has: its own config sections, and all of them by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from actors.contracts import ENGINES, TRAINERS, EnginePlugin, TrainerPlugin
from actors.trainer import trainer_options
from factory.errors import BadInput
from pipelines.method_comparison.methods import Method, methods_of
from pipelines.rounds.parts import dir_of
from pipelines.rounds.sections import HeldOutQuestions, Stop
from pipelines.run.contract import Plug, PluginSection
from pipelines.run.settings import Settings

REFERENCE = "majority"
"""Name of the method without a verifier, which the others are held against."""


@dataclass
class Loop:
    """Config section `loop`.

    Attributes:
      rounds: number of rounds; more may be asked for when a run is resumed.
      verifier: role that the trained verifier fills, as `methods` name it.
      methods: searches that it guides, by name ("beam width=4 expansions=4"), as in section `compare` of pipeline
        `compare_methods`. From the second round on each searches the training questions; in every round each is
        measured on the held-out questions.
      reference: search without a verifier that they are held against, at as many tokens.
      questions: training questions that each of them searches in a round; 0 is all.
      pilot: held-out questions on which each method's amount is chosen, so that all spend equally many tokens.
      tokens: tokens per question; 0 is what the reference spends.
      tune: share of the labelled held-out questions on which the threshold for first errors is chosen.
      training_timeout_s: seconds for one round's training; a week by default.
    """

    rounds: int = 2
    verifier: str = "prm"
    methods: dict[str, Any] = field(default_factory=dict)
    reference: str = "sample n=8"
    questions: int = 0
    pilot: int = 8
    tokens: int = 0
    tune: float = 0.3
    training_timeout_s: float = 7 * 86400.0

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds is {self.rounds}: expected at least 1")
        if min(self.questions, self.tokens) < 0 or self.pilot < 1:
            raise ValueError(
                f"questions is {self.questions}, tokens is {self.tokens}, pilot is {self.pilot}: expected 0 or more, "
                "and at least 1 pilot question"
            )
        if not 0 < self.tune < 1:
            raise ValueError(f"tune is {self.tune:g}: expected more than 0 and less than 1")
        if not self.training_timeout_s > 0:
            raise ValueError(f"training_timeout_s is {self.training_timeout_s:g}: expected more than 0 seconds")


SECTIONS = {"loop": Loop, "held_out": HeldOutQuestions, "stop": Stop}
PLUGIN_SECTIONS = {
    "trainer": PluginSection(registry=TRAINERS, default="prm"),
    "scorer": PluginSection(registry=ENGINES, default="scorer"),
}
# How a verifier was trained is kept with its weights; the runs that its engines score have fingerprints of their own.
EXCLUDED_FROM_FINGERPRINT = ("stop", "trainer", "scorer", "loop.training_timeout_s")
EFFORT = ("loop.rounds",)


@dataclass(frozen=True)
class LoopSettings:
    """Settings of a verifier loop, with its own sections by name; `base` is what every run has."""

    base: Settings
    loop: Loop
    held_out: HeldOutQuestions
    stop: Stop
    trainer: Plug[TrainerPlugin]
    scorer: Plug[EnginePlugin]

    @property
    def dir(self) -> str:
        """Run folder as an absolute path."""
        return dir_of(self.base)

    @property
    def methods(self) -> dict[str, Method]:
        """Methods that are measured, the reference first."""
        return methods_of({REFERENCE: self.loop.reference, **self.loop.methods})

    @property
    def guided(self) -> dict[str, Method]:
        """Methods that the verifier guides."""
        return methods_of(self.loop.methods)

    def trainer_options(self) -> dict[str, Any]:
        """Return Ray's options for the trainer. Raises `BadInput` for settings that it refuses."""
        return trainer_options(self.trainer.name, asdict(self.trainer.config))

    def models(self, folder: str) -> Mapping[str, Any]:
        """Return the section `models` in which the verifier of a folder fills its role."""
        engine = {ENGINES.key: self.scorer.name, **asdict(self.scorer.config)}
        return {**self.base.plain.get("models", {}), self.loop.verifier: {"model": folder, "engine": engine}}


def of(settings: Settings) -> LoopSettings:
    """Return the settings of a verifier loop. Raises `BadInput` for sections that do not fit each other."""
    loop = LoopSettings(base=settings, **settings.own)
    if loop.trainer.plugin.REPLACES_BASE and loop.trainer.name != "command":
        raise BadInput(
            f"trainer.kind is {loop.trainer.name}, which leaves a language model. Expected one that makes a reward "
            "model, such as prm."
        )
    if not loop.scorer.plugin.SCORES:
        raise BadInput(f"scorer.kind is {loop.scorer.name}, which scores nothing. Expected an engine such as scorer.")
    if not loop.loop.methods or REFERENCE in loop.loop.methods:
        raise BadInput(
            f"loop.methods names {', '.join(loop.loop.methods) or 'nothing'}. Expected at least one search that a "
            f"verifier guides, and none called {REFERENCE}: that is loop.reference."
        )
    if loop.loop.verifier in settings.models:
        raise BadInput(
            f"models.{loop.loop.verifier} is named, which is the role of the verifier that the loop trains. Leave it "
            "out, or choose another loop.verifier."
        )
    return loop
