"""Settings that all runs of several rounds have beyond those of every run; those of rounds that train a verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from actors.contracts.engines import ENGINES, EnginePlugin
from actors.contracts.trainers import TrainerPlugin
from actors.trainer import trainer_options
from factory.errors import BadInput
from pipelines.rounds.folders import folder_of
from pipelines.rounds.parts import dir_of
from pipelines.rounds.sections import HeldOutQuestions, Stop
from pipelines.run.contract import Plug
from pipelines.run.settings import Settings


@dataclass(frozen=True)
class RoundsSettings:
    """Settings of a run of several rounds, with its own sections by name; `base` is what every run has."""

    base: Settings
    held_out: HeldOutQuestions
    trainer: Plug[TrainerPlugin]

    @property
    def stop(self) -> Stop:
        """Budgets of the run, and its rule about gains."""
        # Which class section `stop` has, the pipeline declares.
        return cast(Stop, self.base.stop)

    @property
    def dir(self) -> str:
        """Run folder as an absolute path."""
        return dir_of(self.base)

    def folder(self, round_: int, name: str) -> str:
        """Return a folder of a round as an absolute path."""
        return f"{self.dir}/{folder_of(round_)}/{name}"

    def trainers(self) -> dict[str, dict[str, Any]]:
        """Return Ray's options for the trainers, by config section. Raises `BadInput` for settings that one refuses."""
        return {"trainer": options_of(self.trainer)}


@dataclass(frozen=True)
class VerifierSettings(RoundsSettings):
    """Settings of rounds that each train a verifier with `trainer`; engines of `scorer` answer in its role."""

    scorer: Plug[EnginePlugin]

    def models(self, role: str, folder: str) -> Mapping[str, Any]:
        """Return the section `models` in which the verifier of a folder fills a role."""
        engine = {ENGINES.key: self.scorer.name, **asdict(self.scorer.config)}
        return {**self.base.plain.get("models", {}), role: {"model": folder, "engine": engine}}

    def check_verifier(self, such_as: str) -> None:
        """Raise `BadInput` for a trainer that makes no reward model, and for an engine that scores nothing.

        `such_as` names a trainer that would do.
        """
        if self.trainer.plugin.REPLACES_BASE and self.trainer.name != "command":
            raise BadInput(
                f"trainer.kind is {self.trainer.name}, which leaves a language model. Expected one that makes a reward "
                f"model, such as {such_as}: it trains the verifier."
            )
        if not self.scorer.plugin.SCORES:
            raise BadInput(
                f"scorer.kind is {self.scorer.name}, which scores nothing. Expected an engine such as scorer."
            )


def options_of(trainer: Plug[TrainerPlugin]) -> dict[str, Any]:
    """Return Ray's options for a trainer. Raises `BadInput` for settings that it refuses."""
    return trainer_options(trainer.name, asdict(trainer.config))
