"""Runs that a prover–verifier game is made of, and the folders beside them.

    round_0/provers/helpful, …/sneaky      solutions of the training questions, one run per prover
    round_0/data, round_0/verifier         rows of format `orm` of all rounds so far, and the verifier trained on them
    round_0/held_out/helpful, …/sneaky     both provers against this verifier, on questions that are never trained on
    round_1/scored/helpful, …/sneaky       what the verifier of round 0 finds of the solutions of round 0
    round_1/imitate, round_1/model         the most rewarded of them, and the provers trained on these

Those that ask a model are folders of ordinary runs (`pipelines/label_steps.py`), and resume like one. Each prover has a
run of its own, so that a text which both write counts for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.self_training.convincing import HELPFUL, PROVERS
from factory.sources.split import HELD_OUT, TRAIN
from pipelines.prover_game.settings import VERIFIER, GameSettings
from pipelines.rounds.folders import folder_of
from pipelines.rounds.parts import part_of, scoring, side_of
from pipelines.run.settings import Settings

SAMPLED, SCORED, TESTED, IMITATE = "provers", "scored", "held_out", "imitate"


def verifier_folder(settings: GameSettings, round_: int) -> str:
    """Return the folder of the verifier that a round trains."""
    return settings.folder(round_, "verifier")


def data_folder(settings: GameSettings, round_: int) -> str:
    """Return the folder of the export that a round's verifier is trained on."""
    return settings.folder(round_, "data")


def weights_folder(settings: GameSettings, round_: int) -> str:
    """Return the folder of the provers that a round trains; there is none in round 0."""
    return settings.folder(round_, "model")


def imitation_folder(round_: int) -> str:
    """Return the folder of what the provers are trained on in a round, relative to the run's."""
    return f"{folder_of(round_)}/{IMITATE}"


def provers_of(settings: GameSettings, round_: int) -> tuple[str, bool]:
    """Return the model of both provers in a round, and True where it was trained for that."""
    if round_ and settings.provers.train:
        return weights_folder(settings, round_), True
    return settings.base.model, False


def sampling_runs(settings: GameSettings, round_: int) -> dict[str, Settings]:
    """Return the runs on the training questions, by prover."""
    return {prover: _played(settings, f"{SAMPLED}/{prover}", round_, prover, TRAIN) for prover in PROVERS}


def held_out_runs(settings: GameSettings, round_: int) -> dict[str, Settings]:
    """Return the runs on the held-out questions against the round's verifier, by prover."""
    models = settings.models(VERIFIER, verifier_folder(settings, round_))
    return {
        prover: _played(settings, f"{TESTED}/{prover}", round_, prover, HELD_OUT, verifier=VERIFIER, models=models)
        for prover in PROVERS
    }


def scored_runs(settings: GameSettings, round_: int) -> dict[str, Settings]:
    """Return the runs in which the verifier of the round before scores that round's solutions; nothing is sampled."""
    before = round_ - 1
    model, _ = provers_of(settings, before)
    return {
        prover: part_of(
            settings.base,
            f"{folder_of(round_)}/{SCORED}/{prover}",
            round_,
            model,
            "prover_verifier",
            **scoring(settings.folder(before, f"{SAMPLED}/{prover}"), VERIFIER, aggregate="whole"),
            models=settings.models(VERIFIER, verifier_folder(settings, before)),
        )
        for prover in PROVERS
    }


def _played(
    settings: GameSettings,
    folder: str,
    round_: int,
    prover: str,
    side: str,
    verifier: str = "",
    **changed: Mapping[str, Any],
) -> Settings:
    """Return the run of one prover on one side of the questions, in a folder of the round."""
    model, trained = provers_of(settings, round_)
    provers, is_helpful = settings.provers, prover == HELPFUL
    prompt = provers.prompt(prover, trained)
    search = {
        "method": "prover_verifier",
        "helpful": provers.helpful if is_helpful else 0,
        "sneaky": 0 if is_helpful else provers.sneaky,
        "verifier": verifier,
        "helpful_prompt": prompt,
        "sneaky_prompt": prompt,
    }
    return part_of(
        settings.base,
        f"{folder_of(round_)}/{folder}",
        round_,
        model,
        "prover_verifier",
        source=side_of(settings.base, settings.held_out, side),
        # Records name the prompt that made them.
        prompt={**settings.base.plain["prompt"], "template": prompt},
        search=search,
        supervision={"method": "none"},
        **changed,
    )
