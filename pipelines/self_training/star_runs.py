"""The runs that a STaR run is made of, and what lies beside them.

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
from factory.seeds import seed_for
from factory.self_training.teaching import STUDENT
from pipelines.run.settings import PLUGINS, SECTIONS, Settings, from_mapping
from pipelines.self_training.star_settings import StarSettings

BEFORE, SAMPLE, RATIONALISE, GREEDY, SAMPLED = "before", "sample", "rationalise", "greedy", "sampled"


def parts(found: StarSettings) -> list[Settings]:
    """The runs of the time before the first round and of the first round, in order. Raises `BadInput` where one of them
    could not be."""
    _check_hints(found)
    model = found.teacher.model if found.teacher.mode != "off" else found.base.model
    return [
        *held_out_runs(found, None, STUDENT, found.base.model, trained=False),
        sampling_run(found, 0, model, trained=False),
        *([rationalising_run(found, 0, model)] if found.rationalises else []),
        *held_out_runs(found, 0, STUDENT, weights_folder(found, 0), trained=True),
    ]


def folder_of(round_: int | None) -> str:
    """Where a round's runs lie, None being what was asked before the first."""
    return BEFORE if round_ is None else f"round_{round_}"


def training_folder(round_: int) -> str:
    return f"{folder_of(round_)}/train"


def weights_folder(found: StarSettings, round_: int) -> str:
    """Where the weights lie that a round has made."""
    return f"{found.dir}/{folder_of(round_)}/model"


def sampling_run(found: StarSettings, round_: int, model: str, trained: bool) -> Settings:
    """Round `round_`'s samples of the training questions. `trained`: whether `model` came out of an earlier round."""
    return _part(found, f"{folder_of(round_)}/{SAMPLE}", round_, model, prompt=_prompt(found, trained))


def rationalising_run(found: StarSettings, round_: int, model: str) -> Settings:
    """The questions that round's samples have not solved, asked again with the answer as a hint."""
    rationalise = found.rationalise
    return _part(
        found,
        f"{folder_of(round_)}/{RATIONALISE}",
        round_,
        model,
        source={"kind": "unsolved", "path": f"{found.dir}/{folder_of(round_)}/{SAMPLE}"},
        prompt={**asdict(found.base.prompt), "template": rationalise.template},
        search={"method": "sample", "n": rationalise.n},
        supervision={"method": "none"},  # what a model does that knows the answer says nothing of one that does not
        sampling={"temperature": rationalise.temperature},
    )


def held_out_runs(found: StarSettings, round_: int | None, who: str, model: str, trained: bool) -> tuple[Settings, ...]:
    """The held-out questions, answered greedily and `k` times; `round_` has made the weights in `model`."""
    parts = [(GREEDY, 1, 0.0), (SAMPLED, found.held_out.k, found.held_out.temperature)]
    suffix = f"_{who}" if who != STUDENT else ""
    return tuple(
        _part(
            found,
            f"{folder_of(round_)}/{name}{suffix}",
            round_ or 0,
            model,
            source=_source(found, "held_out"),
            # A student of another style than its teacher reads nothing but what it is trained on.
            prompt=_prompt(found, trained or found.trained_prompt.style != found.base.prompt.style),
            search={"method": "sample", "n": n},
            supervision={"method": "none"},
            sampling={"temperature": temperature},
        )
        for name, n, temperature in parts
    )


def _prompt(found: StarSettings, trained: bool) -> dict[str, Any]:
    return asdict(found.trained_prompt if trained else found.base.prompt)


def _source(found: StarSettings, part: str) -> dict[str, Any]:
    held_out = found.held_out
    return {
        "kind": "split",
        "of": found.base.plain["source"],
        "part": part,
        "share": held_out.share,
        "limit": held_out.limit,
        "seed": found.base.run.seed,
        "apart_from": held_out.source,
    }


def _part(found: StarSettings, folder: str, round_: int, model: str, **changed: Mapping[str, Any]) -> Settings:
    """An ordinary run as a part of this one: the same settings but for where it lies, what it asks, and its seed."""
    base = found.base
    shared = {name: base.plain[name] for name in (*SECTIONS, *PLUGINS)}
    run = {
        "dir": f"{found.dir}/{folder}",
        "part_of": found.dir,
        "round": round_,
        "seed": seed_for(base.run.seed, folder, "star"),
    }
    values: dict[str, Any] = {
        **shared,
        "pipeline": "label_steps",
        "model": model,
        "source": _source(found, "train"),
        **changed,
        "run": {**shared["run"], **run},
        "sampling": {**shared["sampling"], **changed.get("sampling", {})},
        "storage": asdict(base.storage),
    }
    return from_mapping(values)


def _check_hints(found: StarSettings) -> None:
    """Raises `BadInput` for a prompt that tells the gold answer where it must not, or does not where it shall."""
    for section, prompt in (("prompt", found.base.prompt), ("trained_prompt", found.trained_prompt)):
        if load_prompt(prompt.template, prompt.style).hinted:
            raise BadInput(
                f"{section}.template is {prompt.template}, which tells the gold answer ({GOLD}). Expected one that "
                "does not; rationalise.template is the place for it."
            )
    if found.rationalises and not load_prompt(found.rationalise.template, found.base.prompt.style).hinted:
        raise BadInput(
            f"rationalise.template is {found.rationalise.template}, which does not tell the gold answer. Expected one "
            f"whose last [user] section holds {GOLD}, or rationalise.enabled=false."
        )
