"""Settings of a verifier loop beyond those that every run has: its own config sections, and all of them by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actors.contracts.engines import ENGINES
from actors.contracts.trainers import TRAINERS
from factory.errors import BadInput
from pipelines.method_comparison.methods import Method, methods_of
from pipelines.rounds.sections import HeldOutQuestions, Stop, check_rounds
from pipelines.rounds.settings import VerifierSettings
from pipelines.run.contract import PluginSection
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
        check_rounds(self.rounds, self.training_timeout_s)
        if min(self.questions, self.tokens) < 0 or self.pilot < 1:
            raise ValueError(
                f"questions is {self.questions}, tokens is {self.tokens}, pilot is {self.pilot}: expected 0 or more, "
                "and at least 1 pilot question"
            )
        if not 0 < self.tune < 1:
            raise ValueError(f"tune is {self.tune:g}: expected more than 0 and less than 1")


SECTIONS = {"loop": Loop, "held_out": HeldOutQuestions, "stop": Stop}
PLUGIN_SECTIONS = {
    "trainer": PluginSection(registry=TRAINERS, default="prm"),
    "scorer": PluginSection(registry=ENGINES, default="scorer"),
}
# How a verifier was trained is kept with its weights; the runs that its engines score have fingerprints of their own.
EXCLUDED_FROM_FINGERPRINT = ("trainer", "scorer", "loop.training_timeout_s")
EFFORT = ("loop.rounds",)


@dataclass(frozen=True)
class LoopSettings(VerifierSettings):
    """Settings of a verifier loop."""

    loop: Loop

    @property
    def methods(self) -> dict[str, Method]:
        """Methods that are measured, the reference first."""
        return methods_of({REFERENCE: self.loop.reference, **self.loop.methods})

    @property
    def guided(self) -> dict[str, Method]:
        """Methods that the verifier guides."""
        return methods_of(self.loop.methods)


def of(settings: Settings) -> LoopSettings:
    """Return the settings of a verifier loop. Raises `BadInput` for sections that do not fit each other."""
    loop = LoopSettings(base=settings, **settings.own)
    loop.check_verifier("prm")
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
