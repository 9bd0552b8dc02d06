"""Settings of a prover–verifier game beyond those that every run has: its own config sections, and all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.contracts.engines import ENGINES
from actors.contracts.trainers import TRAINERS, TrainerPlugin
from factory.errors import BadInput
from factory.rollouts.prompting import cached_prompt
from factory.self_training.convincing import HELPFUL, PROVERS
from pipelines.rounds.sections import HeldOutQuestions, Stop, check_rounds
from pipelines.rounds.settings import VerifierSettings, options_of
from pipelines.run.contract import Plug, PluginSection
from pipelines.run.settings import Settings

VERIFIER = "verifier"
"""Role that the trained verifier fills."""


@dataclass
class Game:
    """Config section `game`.

    Attributes:
      rounds: number of rounds; more may be asked for when a run is resumed.
      training_timeout_s: seconds for one training; a week by default.
    """

    rounds: int = 2
    training_timeout_s: float = 7 * 86400.0

    def __post_init__(self) -> None:
        check_rounds(self.rounds, self.training_timeout_s)


@dataclass
class Provers:
    """Config section `provers`: one model in two roles, told by the prompt.

    Attributes:
      helpful, sneaky: samples of each per question.
      helpful_prompt, sneaky_prompt: prompt files, for the model as it came.
      train: True to train the model between rounds on the most rewarded solutions of both roles.
      trained_helpful_prompt, trained_sneaky_prompt: prompt files that it is trained on, and asked with afterwards.
      per_question: most solutions of a question and role that it is trained on.
      min_reward: least reward of such a solution: the verifier's score, from 0 to 1.
    """

    helpful: int = 4
    sneaky: int = 4
    helpful_prompt: str = "prover_helpful"
    sneaky_prompt: str = "prover_sneaky"
    train: bool = True
    trained_helpful_prompt: str = "prover_helpful_bare"
    trained_sneaky_prompt: str = "prover_sneaky_bare"
    per_question: int = 1
    min_reward: float = 0.0

    def __post_init__(self) -> None:
        if min(self.helpful, self.sneaky, self.per_question) < 1:
            raise ValueError(
                f"helpful is {self.helpful}, sneaky is {self.sneaky}, per_question is {self.per_question}: expected at "
                "least 1"
            )
        if not 0 <= self.min_reward <= 1:
            raise ValueError(f"min_reward is {self.min_reward:g}: expected 0 to 1")

    def prompt(self, prover: str, trained: bool) -> str:
        """Return the prompt file of a prover, before or after the model was trained."""
        if prover == HELPFUL:
            return self.trained_helpful_prompt if trained else self.helpful_prompt
        return self.trained_sneaky_prompt if trained else self.sneaky_prompt


SECTIONS = {"game": Game, "provers": Provers, "held_out": HeldOutQuestions, "stop": Stop}
PLUGIN_SECTIONS = {
    "trainer": PluginSection(registry=TRAINERS, default="orm"),
    "prover_trainer": PluginSection(registry=TRAINERS, default="sft"),
    "scorer": PluginSection(registry=ENGINES, default="scorer"),
}
# How a round was trained is kept with its weights; the runs that its engines score have fingerprints of their own.
EXCLUDED_FROM_FINGERPRINT = ("trainer", "prover_trainer", "scorer", "game.training_timeout_s")
EFFORT = ("game.rounds",)


@dataclass(frozen=True)
class GameSettings(VerifierSettings):
    """Settings of a prover–verifier game."""

    game: Game
    provers: Provers
    prover_trainer: Plug[TrainerPlugin]

    def trainers(self) -> dict[str, dict[str, Any]]:
        """Return Ray's options for the trainers, by config section. Raises `BadInput` for settings that one refuses."""
        of_provers = {"prover_trainer": options_of(self.prover_trainer)} if self.provers.train else {}
        return {**super().trainers(), **of_provers}


def of(settings: Settings) -> GameSettings:
    """Return the settings of a game. Raises `BadInput` for sections that do not fit each other."""
    game = GameSettings(base=settings, **settings.own)
    game.check_verifier("orm")
    if game.provers.train and not game.prover_trainer.plugin.REPLACES_BASE:
        raise BadInput(
            f"prover_trainer.kind is {game.prover_trainer.name}, which makes a reward model. Expected one that leaves "
            "a language model, such as sft."
        )
    if game.provers.train and not settings.engine.plugin.TAKES_WEIGHTS:
        raise BadInput(
            f"engine.kind is {settings.engine.name}, whose engines keep their model. Expected one that takes the "
            "weights which training makes, such as vllm, or provers.train=false."
        )
    if VERIFIER in settings.models:
        raise BadInput(f"models.{VERIFIER} is named, which is the role of the verifier that is trained. Leave it out.")
    for trained in (False, True):
        for prover in PROVERS:
            cached_prompt(game.provers.prompt(prover, trained), settings.prompt.style)
    return game
