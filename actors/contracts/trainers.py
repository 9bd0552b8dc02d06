"""Contract of trainers (`actors/trainers/`, `trainer.kind`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from actors.contracts.engines import EnvironmentFunction, no_environment
from factory.plugins import Plugin, Registry, refuse_unknown_fields
from factory.self_training.training import TrainingJob

Report = Callable[[dict[str, float]], None]
"""Function that a trainer calls with what it knows so far."""


class TrainFunction(Protocol):
    """Fine-tune a model."""

    def __call__(self, job: TrainingJob, config: Any, report: Report) -> None:
        """Leave a Hugging Face folder at `job.out`.

        Args:
          job: local folders of data, base model, result and checkpoints, and the seed.
          config: the plug-in's filled `Config`.
          report: takes `total_steps`, `examples`, `tokens`, `skipped_<reason>`; after every step `step`, `epoch` and
            `loss`, and `eval_loss` where it was measured.

        Raises:
          TrainingFailed: it ends without a model; what is in `job.work` stays for the next try.
          BadInput: the settings cannot work.
        """
        ...


class ResourcesFunction(Protocol):
    """Say what the trainer's actor holds."""

    def __call__(self, config: Any) -> dict[str, float]:
        """Return `num_cpus` and `num_gpus`; one that is left out is 0."""
        ...


class RequireSettingsFunction(Protocol):
    """Look whether settings can work."""

    def __call__(self, config: Any) -> None:
        """Raise `BadInput` for settings that cannot."""
        ...


class CheckModelAndDataFunction(Protocol):
    """Look whether a model can be trained on data, before anything is started."""

    def __call__(self, model: str, folder: str, config: Any) -> str:
        """Return a sentence for the user where the model does not read the data as they are; else "".

        Args:
          model: name or folder; it need not be on this machine.
          folder: local folder of Parquet files.
          config: the plug-in's filled `Config`.

        Raises:
          BadInput: the model cannot be trained on them.
          TrainingFailed: the data cannot be read.
        """
        ...


class CheckDataFunction(Protocol):
    """Look whether data can be trained on, as far as their columns tell."""

    def __call__(self, folder: str, config: Any) -> None:
        """Raise `TrainingFailed` for a folder of Parquet files that cannot."""
        ...


def takes_all_data(model: str, folder: str, config: Any) -> str:
    """Return no sentence: any model reads any data as they are."""
    return ""


def no_resources(config: Any) -> dict[str, float]:
    """Return no CPU and no GPU."""
    return {}


def requires_nothing(config: Any) -> None:
    """Accept all settings."""


def accepts_all_data(folder: str, config: Any) -> None:
    """Accept a folder with whatever in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerPlugin(Plugin):
    """Names that a trainer's module defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `trainer` beside `kind`."""

    train: TrainFunction
    """Function that fine-tunes, in an actor of its own."""

    resources: ResourcesFunction = no_resources
    """Function that says how many CPUs and GPUs that actor holds."""

    environment: EnvironmentFunction = no_environment
    """Function that says which environment variables its process needs."""

    require: RequireSettingsFunction = requires_nothing
    """Function that refuses settings before anything is started."""

    check_data: CheckDataFunction = accepts_all_data
    """Function that refuses data before anything is started."""

    check_model: CheckModelAndDataFunction = takes_all_data
    """Function that refuses a model for these data before anything is started."""

    EXECUTION: tuple[str, ...] = ()
    """Fields of `Config` that say where and how the training runs, not what comes out."""

    REPLACES_BASE: bool = True
    """False where the result is not a language model but a head on one, such as a reward model."""

    def __post_init__(self) -> None:
        refuse_unknown_fields("EXECUTION", self.EXECUTION, self.Config)


TRAINERS = Registry("actors.trainers", TrainerPlugin, kind="a trainer", key="kind")
