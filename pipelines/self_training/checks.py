"""Checks of a STaR run before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from actors.trained_models.trained_model import check_base
from cluster.connect import nodes_of_this_machine
from factory.errors import BadInput
from pipelines.fine_tuning.training import check_room
from pipelines.pools.keys import missing_keys
from pipelines.pools.roles import asked_pools, idle_pools
from pipelines.run.session import check_model, check_prompt
from pipelines.run.settings import Settings
from pipelines.self_training import star_settings as sections
from pipelines.self_training.star_runs import parts
from pipelines.self_training.star_settings import StarSettings


def checked(settings: Settings) -> tuple[StarSettings, list[str]]:
    """Return the settings of a STaR run, and what its models' chat templates do to the prompts, a sentence each.

    Raises `BadInput` for what would end the run hours later.
    """
    star_settings = sections.of(settings)
    star_settings.trainer_options()
    held_out, *others = parts(star_settings)
    if next(held_out.source.plugin.questions(held_out.source.config), None) is None:
        raise BadInput("no question is held out. Expected some to evaluate on: raise held_out.share, or add questions.")
    teachers = [star_settings.teacher.model] if star_settings.teacher.mode != "off" else []
    for model in [settings.model, *teachers]:
        check_model(replace(settings, model=model))
        if Path(model).is_dir():
            check_base(model)
    # A model that is not trained yet reads prompts as the one it begins as.
    begun = [part if part.model in teachers else replace(part, model=settings.model) for part in (held_out, *others)]
    asked = {role for part in begun for role in asked_pools(part)}
    said = (remark for part in begun for remark in (*missing_keys(part), *check_prompt(part)))
    remarks = [*idle_pools(settings, asked), *said]
    return star_settings, list(dict.fromkeys(remarks))


def outline(settings: Settings) -> list[str]:
    """Return what a run of these settings would do, a line each. Raises `BadInput` where a run would."""
    star_settings, remarks = checked(settings)
    star = star_settings.star
    lines = [f"{star.rounds} rounds, each from the {star.start_from} model, trained by {star_settings.trainer.name}"]

    # One line per run that asks a model.
    for part in parts(star_settings):
        samples = asdict(part.search.config).get("n")
        search = f"{part.search.name}{f' × {samples}' * (samples is not None)}"
        lines.append(
            f"{part.run.dir}: {search}, temperature {part.sampling.temperature:g}, prompt {part.prompt.template}, "
            f"model {part.model}"
        )

    # The trainer, and whether it would fit.
    options = star_settings.trainer_options()
    lines.append(f"the trainer needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node")
    if settings.cluster.address == "local":
        check_room(options, nodes_of_this_machine())
    return [*lines, *remarks]
