"""STaR: a model that trains on those of its own solutions that are right (Zelikman et al., arXiv 2203.14465).

    evaluate → per round: sample → rationalise what is unsolved → keep → train → swap weights → evaluate

A phase that is done has a file that says so (`star_journal.py`), so that a run killed anywhere goes on in the phase it
was killed in; the phases that ask a model are ordinary runs (`label_steps.py`) and go on inside, too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from actors.trained_models.trained_model import check_base
from cluster.connect import connected, nodes_of_cluster, nodes_of_this_machine
from factory.errors import BadInput
from factory.self_training.stop_rules import Spent, no_gain, over_budget
from factory.self_training.teaching import roles
from factory.storage.store import Store
from pipelines.driving.interrupt import Interrupt
from pipelines.fine_tuning.training import check_room
from pipelines.label_steps import Listener, check_model, screening
from pipelines.run import run_folder
from pipelines.run.attempts import Attempt, attempt, last_over
from pipelines.run.engine_pools import EnginePools
from pipelines.run.settings import Settings
from pipelines.run.survey import Survey, as_before, surveyed
from pipelines.self_training import star_runs, star_settings
from pipelines.self_training.journal import PHASES, Facts, Journal
from pipelines.self_training.phases import Phases
from pipelines.self_training.plot import save_accuracies
from pipelines.self_training.star_settings import EFFORT, ELSEWHERE, PLUGINS, SECTIONS, StarSettings

__all__ = ["EFFORT", "ELSEWHERE", "PLUGINS", "SECTIONS", "StarSummary", "run"]

PLOT = "accuracy.png"
BUDGET_EVERY_S = 30.0


@dataclass(frozen=True)
class StarSummary:
    """What a run came to. `stopped`: the sentence of the rule that ended it before all rounds were done. `complete` is
    False when it was interrupted; `rounds` are the facts of every finished phase, by round (None: before the first)."""

    folder: str
    complete: bool
    stopped: str
    rounds: Mapping[int | None, Mapping[str, Facts]]
    seconds: float
    short: int = 0


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> StarSummary:
    """Do the rounds that are missing in the run folder of `settings`. Raises `BadInput` before anything has started.

    `retry_failed`: questions that failed in the phase that was cut off are tried anew.
    """
    listener = listener or Listener()
    started = time.monotonic()
    interrupt = Interrupt()
    found = checked(settings)
    store = run_folder.store_of(settings, listener.say)
    before = last_over(store, listener.say)
    known = run_folder.recognise(settings, store)
    with interrupt.installed():
        survey = _survey(settings, store, listener)
        journal = Journal(store)
        stopped = why_stop(found, journal)
        if not known or stopped is None:
            engines = settings.cluster.generators * (2 if found.teacher.mode != "off" else 1)
            gpus = max(engines * getattr(settings.engine.config, "num_gpus", 0.0), found.trainer_options()["num_gpus"])
            facts = {"cluster": settings.plain["cluster"], "engine": settings.plain["engine"], "gpus": gpus}
            with attempt(store, before, facts, settings.storage, listener.say) as mine:
                run_folder.bind(settings, store)
                run_folder.keep_survey(store, survey)
                with (
                    connected(settings.cluster.address),
                    interrupt.installed(),  # ray.init has taken SIGTERM for itself
                    EnginePools(listener.say) as pools,
                ):
                    check_room(found.trainer_options(), nodes_of_cluster())
                    watch = _Watch(mine, found, journal)
                    phases = Phases(found, journal, store, pools, listener, watch.look, as_before(survey), retry_failed)
                    stopped = go_on(found, store, journal, phases, listener)
        summary = StarSummary(
            folder=settings.run.dir,
            complete=stopped is not None,
            stopped=stopped or "",
            rounds=journal.by_round(),
            seconds=time.monotonic() - started,
        )
        run_folder.write_stats(store, stats_of(summary))
        return summary


def checked(settings: Settings) -> StarSettings:
    """Refuse, before anything has started, what would end the run at night. Raises `BadInput`."""
    found = star_settings.of(settings)
    found.trainer_options()
    asked, *_ = star_runs.parts(found)
    if next(asked.source.module.questions(asked.source.config), None) is None:
        raise BadInput("no question is held out. Expected some to evaluate on: raise held_out.share, or add questions.")
    for model in [settings.model, *([found.teacher.model] if found.teacher.mode != "off" else [])]:
        check_model(replace(settings, model=model))
        if Path(model).is_dir():
            check_base(model)
    return found


def outline(settings: Settings) -> list[str]:
    """What a run of these settings would do, a line each, for `factory plan`. Raises `BadInput` where a run would."""
    found = checked(settings)
    lines = [
        f"{found.star.rounds} rounds, each from the {found.star.start_from} model, trained by {found.trainer.name}"
    ]
    for part in star_runs.parts(found):
        samples = getattr(part.search.config, "n", None)
        asked = (
            f"{part.search.name}{f' × {samples}' * (samples is not None)}, temperature {part.sampling.temperature:g}"
        )
        lines.append(f"{part.run.dir}: {asked}, prompt {part.prompt.template}, model {part.model}")
    options = found.trainer_options()
    lines.append(f"the trainer needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node")
    if settings.cluster.address == "local":
        check_room(options, nodes_of_this_machine())
    return lines


def go_on(found: StarSettings, store: Store, journal: Journal, phases: Phases, listener: Listener) -> str | None:
    """Do what is missing, phase by phase, until a rule says stop (as `why_stop` does), or somebody did (None)."""
    while (stopped := why_stop(found, journal)) is None:
        round_, phase = journal.next_phase()
        listener.say(f"{'before the first round' if round_ is None else f'round {round_}'}: {phase}")
        began = time.monotonic()
        try:
            facts = phases.do(round_, phase)
        except OverBudget as over:
            return str(over)
        if facts is None:
            return None
        journal.record(round_, phase, {**facts, "seconds": round(time.monotonic() - began, 3)})
        if phase == PHASES[-1]:
            save_accuracies(store, PLOT, journal)
    return stopped


class OverBudget(Exception):
    """A budget of hours was used up within a phase, which a run with a higher one goes on with."""


class _Watch:
    """Looks twice a second whether the folder is still ours, and now and then at the clock's budgets."""

    def __init__(self, mine: Attempt, found: StarSettings, journal: Journal) -> None:
        self._mine = mine
        self._journal = journal
        self._budget = Spent(gpu_hours=found.stop.gpu_hours, hours=found.stop.hours)
        self._looked = time.monotonic()

    def look(self) -> None:
        self._mine.check()
        if self._budget == Spent() or time.monotonic() - self._looked < BUDGET_EVERY_S:
            return
        self._looked = time.monotonic()
        if over := over_budget(self._journal.spent(), self._budget):
            raise OverBudget(over)


def why_stop(found: StarSettings, journal: Journal) -> str | None:
    """The sentence of the rule that ends the run, "" when all its rounds are done; None while there is more to do."""
    round_, phase = journal.next_phase()
    if round_ == found.star.rounds:
        return ""
    stop = found.stop
    budget = Spent(policy_calls=stop.policy_calls, gpu_hours=stop.gpu_hours, hours=stop.hours)
    spent = over_budget(journal.spent(), budget) if budget != Spent() else None
    if spent or phase != PHASES[0]:
        return spent
    learners = {roles(found.teacher.mode, done).learner for done in range(journal.rounds)}
    in_vain = [no_gain(journal.accuracies(who), stop.patience, stop.min_gain) for who in sorted(learners)]
    return in_vain[0] if in_vain and all(in_vain) else None


def stats_of(summary: StarSummary) -> dict[str, object]:
    """What `stats.json` says of a run."""
    kept = asdict(summary)
    kept["rounds"] = {star_runs.folder_of(round_): dict(facts) for round_, facts in summary.rounds.items()}
    return kept


def _survey(settings: Settings, store: Store, listener: Listener) -> Survey:
    """The source read once, its gold answers screened. Raises `BadInput` when it is not what the run began with."""
    listener.say(f"reading the source ({settings.source.name})")
    survey = Survey()
    with screening(settings, run_folder.survey_of(store)) as screen:
        for _ in surveyed(settings, screen, survey, lambda n: listener.say(f"read {n:,} questions")):
            pass
    run_folder.check_survey(store, survey)
    return survey
