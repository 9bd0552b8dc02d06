"""Runs that a verifier loop is made of, and the folders beside them.

    before/held_out                       solutions of the held-out questions, with step labels: the verifier's test
    round_0/search/sample                 where the first training data come from: plain samples, labelled
    round_1/search/METHOD                 what searches guided by the round before's verifier found, labelled
    round_0/data, round_0/model           rows of format `prm` of all rounds so far, and the verifier trained on them
    round_0/scored                        its scores of before/held_out
    round_0/evaluation                    guided searches against the reference, as `factory compare-methods` does it

Those that ask a model are folders of ordinary runs (`pipelines/label_steps.py`), and resume like one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from factory.sources.split import HELD_OUT, TRAIN
from pipelines.method_comparison.methods import Method
from pipelines.method_comparison.parts import Comparison
from pipelines.method_comparison.sections import Compare
from pipelines.rounds.folders import folder_of
from pipelines.rounds.parts import part_of, scoring, side_of
from pipelines.run.settings import Settings
from pipelines.verifier_rounds.settings import REFERENCE, LoopSettings

BEFORE_RUN, SEARCH_FOLDER, SCORED, EVALUATION = "before/held_out", "search", "scored", "evaluation"


def weights_folder(settings: LoopSettings, round_: int) -> str:
    """Return the folder of the verifier that a round trains."""
    return settings.folder(round_, "model")


def data_folder(settings: LoopSettings, round_: int) -> str:
    """Return the folder of the export that a round trains on."""
    return settings.folder(round_, "data")


def held_out_run(settings: LoopSettings) -> Settings:
    """Return the run that samples and labels the held-out questions."""
    return _part(settings, BEFORE_RUN, 0, HELD_OUT)


def search_runs(settings: LoopSettings, round_: int) -> list[Settings]:
    """Return the labelled runs on the training questions: plain in the first round, later one per guided search."""
    folder = f"{folder_of(round_)}/{SEARCH_FOLDER}"
    if not round_:
        return [_part(settings, f"{folder}/{settings.base.search.name}", round_, TRAIN)]
    models = _models(settings, round_ - 1)
    limit = settings.loop.questions
    some = {"kind": "slice", "of": side_of(settings.base, settings.held_out, TRAIN), "limit": limit}
    return [
        _part(
            settings,
            f"{folder}/{name}",
            round_,
            TRAIN,
            models=models,
            **({"source": some} if limit else {}),
            **_changed(settings, method),
        )
        for name, method in settings.guided.items()
    ]


def scored_run(settings: LoopSettings, round_: int) -> Settings:
    """Return the run in which a round's verifier scores the labelled held-out solutions; nothing is sampled."""
    return _part(
        settings,
        f"{folder_of(round_)}/{SCORED}",
        round_,
        HELD_OUT,
        **scoring(f"{settings.dir}/{BEFORE_RUN}", settings.loop.verifier),
        models=_models(settings, round_),
    )


def evaluation(settings: LoopSettings, round_: int) -> Comparison:
    """Return the comparison of guided searches with the reference on the held-out questions, in its own folder."""
    base = _part(
        settings,
        f"{folder_of(round_)}/{EVALUATION}",
        round_,
        HELD_OUT,
        models=_models(settings, round_),
    )
    loop = settings.loop
    compare = Compare(
        methods={REFERENCE: loop.reference, **loop.methods},
        tokens=loop.tokens,
        pilot=loop.pilot,
        reference=REFERENCE,
    )
    return Comparison(base=base, compare=compare, methods=settings.methods, reference=REFERENCE)


def _models(settings: LoopSettings, round_: int) -> Mapping[str, Any]:
    """Return the section `models` with the verifier that a round trains."""
    return settings.models(settings.loop.verifier, weights_folder(settings, round_))


def _part(settings: LoopSettings, folder: str, round_: int, side: str, **changed: Mapping[str, Any]) -> Settings:
    """Return an ordinary run on one side of the questions."""
    changed = {"source": side_of(settings.base, settings.held_out, side), **changed}
    return part_of(settings.base, folder, round_, settings.base.model, "verifier_loop", **changed)


def _changed(settings: LoopSettings, method: Method) -> dict[str, Mapping[str, Any]]:
    """Return the sections that a method changes, whole."""
    base, changed = settings.base, dict(method.changed)
    search = dict(changed["search"])
    if search["method"] == base.search.name:
        search = {**asdict(base.search.config), **search}
    sections: dict[str, Mapping[str, Any]] = {"search": search}
    for key in changed.keys() - {"search"}:
        sections[key] = {**base.plain[key], **changed[key]}
    return sections
