"""What a STaR run's config holds beyond what every run's does, and the runs that it is made of.

    before/greedy, before/sampled              the held-out questions, asked of the model as it came
    round_0/sample, round_0/rationalise        where the training data come from
    round_0/greedy, round_0/sampled            the held-out questions, asked of the round's new weights

Each is a folder of an ordinary run (`pipelines/label_steps.py`): `factory inspect` reads it, and it resumes like one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from factory.errors import BadInput
from factory.prompting import GOLD, load_prompt
from factory.seeds import seed_for
from factory.teaching import STUDENT
from pipelines.settings import PLUGINS as SHARED_PLUGINS
from pipelines.settings import SECTIONS as SHARED_SECTIONS
from pipelines.settings import Plug, Prompting, Settings, from_mapping

BEFORE, SAMPLE, RATIONALISE, GREEDY, SAMPLED = "before", "sample", "rationalise", "greedy", "sampled"


@dataclass
class Star:
    """`rounds`: how many; more of them may be asked for later. `start_from`: what every round fine-tunes, the `base`
    model anew (Zelikman et al., arXiv 2203.14465, sec. 3.1) or the `last` round's. `pairs_per_question`: preference
    pairs written beside each round's training data. `training_timeout_s` bounds one round's fine-tuning."""

    rounds: int = 3
    start_from: str = "base"
    pairs_per_question: int = 0
    training_timeout_s: float = 7 * 86400.0

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError(f"rounds is {self.rounds}: expected at least 1")
        if self.start_from not in ("base", "last"):
            raise ValueError(f"start_from is {self.start_from!r}: expected base (the paper's way) or last")
        if self.pairs_per_question < 0:
            raise ValueError(f"pairs_per_question is {self.pairs_per_question}: expected 0 (none) or more")


@dataclass
class Rationalise:
    """Asking again with the gold answer as a hint where no sample was right. `template`: a prompt that shows {gold}."""

    enabled: bool = True
    template: str = "hinted_cot"
    n: int = 2
    temperature: float = 0.7

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"n is {self.n}: expected at least 1; rationalise.enabled=false switches it off")


@dataclass
class HeldOut:
    """Questions that are never trained on. `share` of the source, `limit` of them at most (0: no limit); or a `source`
    of their own, whose questions are taken out of the training source. `k`: samples per question for pass@k."""

    share: float = 0.1
    limit: int = 500
    source: dict[str, Any] = field(default_factory=dict)
    k: int = 8
    temperature: float = 0.7

    def __post_init__(self) -> None:
        if not self.source and not 0 < self.share < 1:
            raise ValueError(f"share is {self.share:g}: expected more than 0 and less than 1, or a source")
        if self.k < 1:
            raise ValueError(f"k is {self.k}: expected at least 1 sample per question")


@dataclass
class Teacher:
    """A second model. `mode` off: there is none. `teacher`: it samples for the model in every round. `turns`: one
    samples and the other trains on what that got right, round by round; the teacher samples first."""

    mode: str = "off"
    model: str = ""

    def __post_init__(self) -> None:
        if self.mode not in ("off", "teacher", "turns"):
            raise ValueError(f"mode is {self.mode!r}: expected off, teacher or turns")
        if self.mode != "off" and not self.model:
            raise ValueError(f"mode is {self.mode}, and there is no model: name it in teacher.model")


@dataclass
class Stop:
    """When to stop before all rounds are done. `patience`: rounds in a row without `min_gain` in greedy accuracy over
    the best before. `policy_calls`, `gpu_hours` and `hours` (that a driver was alive) are budgets, looked at before
    every phase; a run that reached one goes on with a higher one. 0: no such rule."""

    patience: int = 0
    min_gain: float = 0.005
    policy_calls: int = 0
    gpu_hours: float = 0.0
    hours: float = 0.0

    def __post_init__(self) -> None:
        if min(self.patience, self.policy_calls, self.gpu_hours, self.hours) < 0:
            raise ValueError("a limit is negative: expected 0 (no such rule) or more")


SECTIONS = {
    "star": Star,
    "trained_prompt": Prompting,
    "rationalise": Rationalise,
    "held_out": HeldOut,
    "teacher": Teacher,
    "stop": Stop,
}
PLUGINS = {
    "keep": ("factory.selection", "method", "star"),
    "trainer": ("actors.trainers", "kind", "sft"),
}
ELSEWHERE = ("stop", "trainer")  # how a round was trained is kept with its weights
EFFORT = ("star.rounds",)


@dataclass(frozen=True)
class StarSettings:
    """A STaR run's settings with its own sections by name."""

    base: Settings
    star: Star
    trained_prompt: Prompting
    rationalise: Rationalise
    held_out: HeldOut
    teacher: Teacher
    stop: Stop
    keep: Plug
    trainer: Plug

    @property
    def dir(self) -> str:
        return self.base.run.dir.rstrip("/")

    @property
    def rationalises(self) -> bool:
        return self.rationalise.enabled and self.keep.module.RATIONALISES


def of(settings: Settings) -> StarSettings:
    """Raises `BadInput` for sections that do not fit each other."""
    found = StarSettings(base=settings, **settings.own)
    if settings.prompt.style != found.trained_prompt.style and found.teacher.mode == "off":
        raise BadInput(
            f"prompt.style is {settings.prompt.style}, trained_prompt.style is {found.trained_prompt.style}. Expected "
            "the same: one model reads both."
        )
    for section, prompt in (("prompt", settings.prompt), ("trained_prompt", found.trained_prompt)):
        if load_prompt(prompt.template, prompt.style).hinted:
            raise BadInput(
                f"{section}.template is {prompt.template}, which tells the gold answer ({GOLD}). Expected one that "
                "does not; rationalise.template is the place for it."
            )
    if found.rationalises and not load_prompt(found.rationalise.template, settings.prompt.style).hinted:
        raise BadInput(
            f"rationalise.template is {found.rationalise.template}, which does not tell the gold answer. Expected one "
            f"whose last [user] section holds {GOLD}, or rationalise.enabled=false."
        )
    return found


def parts(found: StarSettings) -> list[Settings]:
    """The runs of the time before the first round and of the first round, in order. Raises `BadInput` where one of them
    could not be."""
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
            prompt=_prompt(found, trained),
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
    shared = {name: base.plain[name] for name in (*SHARED_SECTIONS, *SHARED_PLUGINS)}
    run = {"dir": f"{found.dir}/{folder}", "round": round_, "seed": seed_for(base.run.seed, folder, "star")}
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
