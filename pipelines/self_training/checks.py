"""Checks of a STaR run before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from dataclasses import asdict, replace

from pipelines.rounds.checks import check_held_out, check_start, gpus_held, remarks_on, trainer_lines
from pipelines.run.settings import Settings
from pipelines.self_training import star_settings as sections
from pipelines.self_training.star_runs import parts
from pipelines.self_training.star_settings import StarSettings


def checked(settings: Settings) -> tuple[StarSettings, list[str]]:
    """Return the settings of a STaR run, and what its models' chat templates do to the prompts, a sentence each.

    Raises `BadInput` for what would end the run hours later.
    """
    star_settings = sections.of(settings)
    star_settings.trainers()
    held_out, *others = parts(star_settings)
    check_held_out(held_out)
    teachers = [star_settings.teacher.model] if star_settings.teacher.mode != "off" else []
    for model in [settings.model, *teachers]:
        check_start(replace(settings, model=model))
    # A model that is not trained yet reads prompts as the one it begins as.
    begun = [part if part.model in teachers else replace(part, model=settings.model) for part in (held_out, *others)]
    return star_settings, remarks_on(settings, begun, prompted=begun)


def gpus_of(star_settings: StarSettings) -> float:
    """Return the GPUs that the run holds; student and teacher have engines of their own."""
    return gpus_held(star_settings, star_settings.base, policies=2 if star_settings.teacher.mode != "off" else 1)


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
    lines += trainer_lines(star_settings)
    return [*lines, *remarks]
