"""Checks of a run of several rounds before anything has started, and what `factory plan` says of its trainers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from actors.generator import generator_options
from actors.trained_models.trained_model import check_base
from cluster.connect import nodes_of_this_machine
from factory.errors import BadInput
from factory.types import POLICY
from pipelines.fine_tuning.training import check_room
from pipelines.pools.keys import missing_keys
from pipelines.pools.roles import asked_pools, idle_pools
from pipelines.rounds.settings import RoundsSettings
from pipelines.run.session import check_model, check_prompt
from pipelines.run.settings import Settings


def check_held_out(part: Settings) -> None:
    """Raise `BadInput` where a run on the held-out questions has none to ask."""
    if next(part.source.plugin.questions(part.source.config), None) is None:
        raise BadInput("no question is held out. Expected some to evaluate on: raise held_out.share, or add questions.")


def check_start(part: Settings) -> None:
    """Raise `BadInput` where a model that training begins with cannot be had, where this machine can tell.

    `part` is a run that this model answers, and that asks no model which is yet to be trained.
    """
    check_model(part)
    if Path(part.model).is_dir():
        check_base(part.model)


def remarks_on(base: Settings, parts: Sequence[Settings], prompted: Sequence[Settings]) -> list[str]:
    """Return what a user should know before a run starts, a sentence each, none twice.

    Args:
      base: settings of the whole run; pools that no part asks are named.
      parts: kinds of runs that it is made of.
      prompted: those whose keys and prompts are looked at: their models are there.
    """
    asked = {role for part in parts for role in asked_pools(part)}
    said = (remark for part in prompted for remark in (*missing_keys(part), *check_prompt(part)))
    return list(dict.fromkeys([*idle_pools(base, asked), *said]))


def gpus_held(settings: RoundsSettings, part: Settings, policies: int = 1) -> float:
    """Return the GPUs that a run holds at most: those of all engines, or those of a trainer where one needs more.

    Args:
      settings: settings of the whole run.
      part: run that asks all the engines that there are at once.
      policies: number of models that take turns as the policy, each with engines of its own.
    """
    of_engines = sum(
        pool.range.most
        * generator_options(pool.engine.name, pool.engine_config)["num_gpus"]
        * (policies if role == POLICY else 1)
        for role, pool in asked_pools(part).items()
    )
    return float(max(of_engines, *(options["num_gpus"] for options in settings.trainers().values())))


def trainer_lines(settings: RoundsSettings) -> list[str]:
    """Return what each trainer needs, a line each.

    Raises `BadInput` where this machine is the cluster and cannot hold one.
    """
    trainers = settings.trainers()
    for options in trainers.values() if settings.base.cluster.address == "local" else ():
        check_room(options, nodes_of_this_machine())
    return [
        f"the {name} needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node"
        for name, options in trainers.items()
    ]
