"""Report of a STaR run: its summary, `stats.json`, and the lines that `factory run` and `status` print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from factory.storage.store import Store
from factory.text.durations import clock
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings
from pipelines.self_training.journal import Facts, Journal
from pipelines.self_training.round_table import round_lines
from pipelines.self_training.rounds import PLOT, why_stop
from pipelines.self_training.star_runs import RATIONALISE, SAMPLE, folder_of
from pipelines.self_training.star_settings import of


@dataclass(frozen=True)
class StarSummary:
    """Result of a STaR run.

    Attributes:
      folder: the run folder.
      complete: False when the run was interrupted.
      stopped: sentence of the rule that ended it before all rounds were done; "" for none.
      rounds: facts of every finished phase, by round; None is the time before the first round.
      seconds: wall-clock time of this attempt.
      short: always 0; a part with units that are short is not complete.
    """

    folder: str
    complete: bool
    stopped: str
    rounds: Mapping[int | None, Mapping[str, Facts]]
    seconds: float
    short: int = 0


def stats_of(summary: StarSummary) -> dict[str, object]:
    """Return what `stats.json` says of a run."""
    kept = asdict(summary)
    kept["rounds"] = {folder_of(round_): dict(facts) for round_, facts in summary.rounds.items()}
    return kept


def summary_lines(summary: StarSummary) -> list[str]:
    """Return the last lines of a run: its rounds, where picture and weights lie, what to do next."""
    folder = summary.folder
    head = f"complete{summary.stopped and f': {summary.stopped}'}"
    if not summary.complete:
        head = f"not complete. Go on with: factory resume {folder}"
    return [
        f"run {head} ({clock(summary.seconds)})",
        *round_lines(summary.rounds),
        *([f"accuracy       {folder}/{PLOT}"] if summary.rounds else []),
        *_weights_lines(summary),
        *([f"look           factory inspect {folder}/round_0/sample"] if 0 in summary.rounds else []),
        f"more rounds    factory resume {folder} star.rounds=N",
    ]


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return how many rounds are done, what they came to, and what comes next.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder. Raises `BadInput` where the run
    never got to its first unit.
    """
    run_dir, survey = settings.run.dir, read_survey(store)
    journal = Journal(store)
    stopped = why_stop(of(settings), journal)

    # What is done.
    state = f"complete{stopped and f': {stopped}'}" if stopped is not None else "not complete"
    lines = [
        f"{run_dir}: {state}, {journal.rounds} of {settings.own['star'].rounds} rounds, {survey.questions:,} questions",
        f"made by        {settings.engine.name}, model {settings.model}, trained by {settings.own['trainer'].name}",
        *round_lines(journal.by_round()),
    ]
    if stopped is not None:
        return lines

    # What comes next; the runs that take long have a status of their own.
    round_, phase = journal.next_phase()
    lines.append(f"next           {folder_of(round_)}: {phase}")
    if phase in (SAMPLE, RATIONALISE):
        lines.append(f"progress       factory status {run_dir}/{folder_of(round_)}/{phase}")
    return [*lines, f"go on          factory resume {run_dir}"]


def _weights_lines(summary: StarSummary) -> list[str]:
    """Return where the newest weights lie, once there are some."""
    trained = [phases["train"]["folder"] for phases in summary.rounds.values() if "train" in phases]
    return [f"weights        {trained[-1]}"] if trained else []
