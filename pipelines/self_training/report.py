"""Report of a STaR run: its summary, `stats.json`, and the lines that `factory run` and `status` print."""

from __future__ import annotations

from typing import Any

from factory.storage.store import Store
from pipelines.reporting.look_line import look_line
from pipelines.rounds.summary import RoundsSummary, head_line, next_lines, round_figures, status_head
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings
from pipelines.self_training.journal import journal_of, why_stop
from pipelines.self_training.plot import PLOT
from pipelines.self_training.round_table import round_lines
from pipelines.self_training.star_runs import RATIONALISE, SAMPLE
from pipelines.self_training.star_settings import of

# Runs within a phase, by phase.
_RUNS = {SAMPLE: [SAMPLE], RATIONALISE: [RATIONALISE]}


def summary_lines(summary: RoundsSummary) -> list[str]:
    """Return the last lines of a run: its rounds, where picture and weights lie, what to do next."""
    folder = summary.folder
    return [
        head_line(summary),
        *round_lines(summary.rounds),
        *([f"accuracy       {folder}/{PLOT}"] if summary.rounds else []),
        *_weights_lines(summary),
        *([look_line(folder)] if 0 in summary.rounds else []),
        f"more rounds    factory resume {folder} star.rounds=N",
    ]


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return how many rounds are done, what they came to, and what comes next.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder. Raises `BadInput` where the run
    never got to its first unit.
    """
    journal = journal_of(store)
    stopped = why_stop(of(settings), journal)
    lines = [
        status_head(settings, store, journal, settings.own["star"].rounds, stopped),
        f"made by        {settings.engine.name}, model {settings.model}, trained by {settings.own['trainer'].name}",
        *round_lines(journal.by_round()),
    ]
    # The runs that take long have a status of their own.
    return lines if stopped is not None else [*lines, *next_lines(settings, journal, _RUNS)]


def status_figures(settings: Settings, store: Store) -> dict[str, Any]:
    """Return the same as JSON values. Raises `BadInput` as `status_lines` does."""
    read_survey(store)
    journal, star = journal_of(store), of(settings)
    return round_figures(journal, star.star.rounds, why_stop(star, journal), _RUNS)


def _weights_lines(summary: RoundsSummary) -> list[str]:
    """Return where the newest weights lie, once there are some."""
    trained = [phases["train"]["folder"] for phases in summary.rounds.values() if "train" in phases]
    return [f"weights        {trained[-1]}"] if trained else []
