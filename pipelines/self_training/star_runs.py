"""Runs that a STaR run is made of, and the folders beside them.

    before/greedy, before/sampled              the held-out questions, asked of the model as it came
    round_0/sample, round_0/rationalise        where the training data come from
    round_0/train, round_0/model               what is kept of it, and the weights that come out
    round_0/greedy, round_0/sampled            the held-out questions, asked of these weights

Those that ask a model are folders of ordinary runs (`pipelines/label_steps.py`): `factory inspect` reads them, and they
resume like one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from factory.errors import BadInput
from factory.rollouts.prompting import GOLD, load_prompt
from factory.self_training.teaching import STUDENT
from pipelines.rounds.folders import folder_of
from pipelines.rounds.parts import part_of, side_of
from pipelines.run.settings import Settings
from pipelines.self_training.star_settings import StarSettings

SAMPLE, RATIONALISE, GREEDY, SAMPLED = "sample", "rationalise", "greedy", "sampled"


def parts(star_settings: StarSettings) -> list[Settings]:
    """Return the runs before and in the first round, in order. Raises `BadInput` where one of them could not be."""
    _check_hints(star_settings)
    model = star_settings.teacher.model if star_settings.teacher.mode != "off" else star_settings.base.model
    return [
        *held_out_runs(star_settings, None, STUDENT, star_settings.base.model, trained=False),
        sampling_run(star_settings, 0, model, trained=False),
        *([rationalising_run(star_settings, 0, model)] if star_settings.rationalises else []),
        *held_out_runs(star_settings, 0, STUDENT, weights_folder(star_settings, 0), trained=True),
    ]


def training_folder(round_: int) -> str:
    """Return the folder of a round's training data, relative to the STaR run's."""
    return f"{folder_of(round_)}/train"


def weights_folder(star_settings: StarSettings, round_: int) -> str:
    """Return the folder of the weights that a round makes."""
    return star_settings.folder(round_, "model")


def sampling_run(star_settings: StarSettings, round_: int, model: str, trained: bool) -> Settings:
    """Return the run that samples solutions of the training questions.

    Args:
      star_settings: settings of the STaR run.
      round_: index of the round, 0-based.
      model: model that samples.
      trained: True when an earlier round made `model`, which then reads the trained prompt.

    Returns:
      Settings of an ordinary labelling run.
    """
    return _part(star_settings, f"{folder_of(round_)}/{SAMPLE}", round_, model, prompt=_prompt(star_settings, trained))


def rationalising_run(star_settings: StarSettings, round_: int, model: str) -> Settings:
    """Return the run that asks unsolved questions of a round again, with the answer as a hint.

    Args:
      star_settings: settings of the STaR run.
      round_: index of the round, 0-based.
      model: model that sampled in the round.

    Returns:
      Settings of an ordinary labelling run, whose source is the round's folder of samples.
    """
    rationalise = star_settings.rationalise
    return _part(
        star_settings,
        f"{folder_of(round_)}/{RATIONALISE}",
        round_,
        model,
        source={"kind": "unsolved", "path": star_settings.folder(round_, SAMPLE)},
        prompt={**asdict(star_settings.base.prompt), "template": rationalise.template},
        search={"method": "sample", "n": rationalise.n},
        # What a model does that knows the answer says nothing of one that does not, so no step is labelled.
        supervision={"method": "none"},
        sampling={"temperature": rationalise.temperature},
    )


def held_out_runs(
    star_settings: StarSettings, round_: int | None, who: str, model: str, trained: bool
) -> tuple[Settings, ...]:
    """Return the runs that answer the held-out questions: greedily, and `k` times.

    Args:
      star_settings: settings of the STaR run.
      round_: round that made the weights in `model`; None before the first.
      who: student or teacher.
      model: model that answers.
      trained: True when a round made `model`, which then reads the trained prompt.

    Returns:
      Settings of two ordinary labelling runs.
    """
    parts = [(GREEDY, 1, 0.0), (SAMPLED, star_settings.held_out.k, star_settings.held_out.temperature)]
    suffix = f"_{who}" if who != STUDENT else ""
    return tuple(
        _part(
            star_settings,
            f"{folder_of(round_)}/{name}{suffix}",
            round_ or 0,
            model,
            source=_source(star_settings, "held_out"),
            # A student of another style than its teacher reads nothing but what it is trained on.
            prompt=_prompt(
                star_settings, trained or star_settings.trained_prompt.style != star_settings.base.prompt.style
            ),
            search={"method": "sample", "n": n},
            # Held-out questions measure answers; labels would cost rollouts that nobody reads.
            supervision={"method": "none"},
            sampling={"temperature": temperature},
        )
        for name, n, temperature in parts
    )


def _prompt(star_settings: StarSettings, trained: bool) -> dict[str, Any]:
    """Return the prompt section: a model that was trained reads the prompt that it was trained on."""
    return asdict(star_settings.trained_prompt if trained else star_settings.base.prompt)


def _source(star_settings: StarSettings, part: str) -> dict[str, Any]:
    """Return the source section of one side of the split, "train" or "held_out"."""
    return side_of(star_settings.base, star_settings.held_out, part)


def _part(star_settings: StarSettings, folder: str, round_: int, model: str, **changed: Mapping[str, Any]) -> Settings:
    """Return an ordinary run as a part of this one: the same settings but for folder, seed and what is `changed`."""
    changed = {"source": _source(star_settings, "train"), **changed}
    return part_of(star_settings.base, folder, round_, model, "star", **changed)


def _check_hints(star_settings: StarSettings) -> None:
    """Raise `BadInput` for a prompt that tells the gold answer where it must not, or does not where it should."""
    for section, prompt in (("prompt", star_settings.base.prompt), ("trained_prompt", star_settings.trained_prompt)):
        if load_prompt(prompt.template, prompt.style).hinted:
            raise BadInput(
                f"{section}.template is {prompt.template}, which tells the gold answer ({GOLD}). Expected one that "
                "does not; rationalise.template is the place for it."
            )
    if (
        star_settings.rationalises
        and not load_prompt(star_settings.rationalise.template, star_settings.base.prompt.style).hinted
    ):
        raise BadInput(
            f"rationalise.template is {star_settings.rationalise.template}, which does not tell the gold answer. "
            f"Expected one whose last [user] section holds {GOLD}, or rationalise.enabled=false."
        )
