"""Checks of a prover–verifier game before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from pipelines.pools.roles import check_roles
from pipelines.prover_game import settings as sections
from pipelines.prover_game.game_runs import held_out_runs, sampling_runs, scored_runs
from pipelines.prover_game.settings import GameSettings
from pipelines.rounds.checks import check_held_out, check_start, gpus_held, remarks_on, trainer_lines
from pipelines.run.settings import Settings


def parts(settings: GameSettings) -> list[Settings]:
    """Return the kinds of runs that a game is made of, in order; no model need exist yet.

    Raises `BadInput` where one of them could not be, or asks a role that nobody fills.
    """
    kinds = (
        sampling_runs(settings, 0),
        held_out_runs(settings, 0),
        scored_runs(settings, 1),
        sampling_runs(settings, 1),
    )
    runs = [part for kind in kinds for part in kind.values()]
    for part in runs:
        check_roles(part)
    return runs


def checked(settings: Settings) -> tuple[GameSettings, list[str]]:
    """Return the settings of a game, and remarks on prompts and pools, a sentence each.

    Raises `BadInput` for what would end the run hours later.
    """
    game = sections.of(settings)
    game.trainers()
    runs = parts(game)
    check_held_out(next(part for part in runs if "/held_out/" in part.run.dir))
    # Models that are trained do not exist yet.
    check_start(runs[0])
    return game, remarks_on(settings, runs, prompted=runs[:2])


def gpus_of(settings: GameSettings) -> float:
    """Return the GPUs that the run holds."""
    return gpus_held(settings, next(iter(held_out_runs(settings, 0).values())))


def outline(settings: Settings) -> list[str]:
    """Return what a run of these settings would do, a line each. Raises `BadInput` where a run would."""
    game, remarks = checked(settings)
    provers = game.provers
    between = (
        f"between rounds {game.prover_trainer.name} trains both provers on their {provers.per_question} most rewarded "
        "solutions of each question"
        if provers.train
        else "the provers stay as they are"
    )
    lines = [
        f"{game.game.rounds} rounds, each with a verifier trained by {game.trainer.name} on all solutions so far",
        between,
    ]
    for round_ in (0, 1):
        for part in sampling_runs(game, round_).values():
            amount = part.search.config.helpful or part.search.config.sneaky
            lines.append(f"{part.run.dir}: {amount} samples, prompt {part.prompt.template}, model {part.model}")
    lines += trainer_lines(game)
    return [*lines, *remarks]
