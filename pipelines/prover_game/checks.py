"""Checks of a prover–verifier game before anything has started, and its outline for `factory plan`."""

from __future__ import annotations

from pathlib import Path

from actors.generator import generator_options
from actors.trained_models.trained_model import check_base
from cluster.connect import nodes_of_this_machine
from factory.errors import BadInput
from pipelines.fine_tuning.training import check_room
from pipelines.pools.keys import missing_keys
from pipelines.pools.roles import asked_pools, check_roles, idle_pools
from pipelines.prover_game import settings as sections
from pipelines.prover_game.game_runs import held_out_runs, sampling_runs, scored_runs
from pipelines.prover_game.settings import GameSettings
from pipelines.run.session import check_model, check_prompt
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
    held_out = next(part for part in runs if "/held_out/" in part.run.dir)
    if next(held_out.source.plugin.questions(held_out.source.config), None) is None:
        raise BadInput("no question is held out. Expected some to evaluate on: raise held_out.share, or add questions.")
    # Models that are trained do not exist yet.
    check_model(runs[0])
    if Path(settings.model).is_dir():
        check_base(settings.model)
    asked = {role for part in runs for role in asked_pools(part)}
    said = (remark for part in runs[:2] for remark in (*missing_keys(part), *check_prompt(part)))
    return game, list(dict.fromkeys([*idle_pools(settings, asked), *said]))


def gpus_of(settings: GameSettings) -> float:
    """Return the GPUs that the run holds: those of all engines, or those of a trainer where one needs more."""
    pools = asked_pools(next(iter(held_out_runs(settings, 0).values())))
    of_engines = sum(
        pool.replicas * generator_options(pool.engine.name, pool.engine_config)["num_gpus"] for pool in pools.values()
    )
    return float(max(of_engines, *(options["num_gpus"] for options in settings.trainers().values())))


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
    for name, options in game.trainers().items():
        lines.append(f"{name} needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node")
        if settings.cluster.address == "local":
            check_room(options, nodes_of_this_machine())
    return [*lines, *remarks]
