"""Status of a labelling run, read from its folder alone: as lines, and as JSON values."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from factory.errors import BadInput
from factory.records.tally import Tally
from factory.shards.listing import Committed, committed_in
from factory.shards.receipts import footers
from factory.spending import Spending, accepted, spending_of
from factory.storage.store import Store
from pipelines.driving.engine_log import engine_lines, engine_values
from pipelines.measures.gpu_time import gpu_hours_in
from pipelines.planning.plan import falls_short, sizes_of
from pipelines.planning.survey import Survey
from pipelines.run.attempts import last_attempt
from pipelines.run.label_report import counts_lines, kept_line, kept_questions, spent_lines
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings

# Listings of a folder that a run writes to meanwhile.
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStatus:
    """State of a labelling run.

    Attributes:
      survey: counts of the source.
      tally: counts of all committed records.
      short: units that hold less than is asked for by now.
      kept: finished questions of units that are not finished.
      spending: GPU time and money of all attempts.
      attempt: number of the last attempt; 0 where there was none, or its log is damaged.
    """

    survey: Survey
    tally: Tally
    short: int
    kept: int
    spending: Spending
    attempt: int

    @property
    def complete(self) -> bool:
        """True where nothing is left to do."""
        return self.tally.questions >= self.survey.questions and not self.short


def status_of(settings: Settings, store: Store) -> LabelStatus:
    """Return how far a run is. Raises `BadInput` where it never got to its first unit."""
    survey = read_survey(store)
    committed, tally, short = _counted(settings, store)
    attempt = 0
    with suppress(BadInput):
        # An attempt whose log is damaged has no figures either.
        attempt = (last_attempt(store) or (0,))[0]
    return LabelStatus(
        survey=survey,
        tally=tally,
        short=short,
        kept=kept_questions(store, committed, sizes_of(settings, survey).most),
        spending=spending_of(gpu_hours_in(store), tally, settings.cluster.gpu_hour_price),
        attempt=attempt,
    )


def _counted(settings: Settings, store: Store) -> tuple[Committed, Tally, int]:
    """Return what is committed, its counts by the footers, without reading a row, and how many units hold too little.

    Raises `BadInput` where objects vanish faster than they can be read.
    """
    for _ in range(_TRIES):
        committed, tally, short = committed_in(store), Tally(), 0
        try:
            for _, footer in footers(store, committed):
                tally.add(footer.tally)
                short += falls_short(footer, settings.effort)
        except FileNotFoundError:
            # A unit was given more, and its earlier object removed, between the listing and the look at its footer.
            continue
        return committed, tally, short
    raise BadInput(f"objects of {store.url} vanish while they are read. Is somebody removing the run? Try again.")


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return how far a run is and what its records hold.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder. Raises `BadInput` where the run
    never got to its first unit.
    """
    status = status_of(settings, store)
    run_dir, survey, tally = settings.run.dir, status.survey, status.tally
    share = tally.questions / survey.questions
    lines = [
        f"{run_dir}: {'complete' if status.complete else 'not complete'}, {tally.questions:,} of "
        f"{survey.questions:,} questions ({share:.0%})",
        f"made by        {settings.engine.name}, model {settings.model}, labelled by {settings.supervision.name}",
        *(f"{f'model {role}':<14} {pool.engine.name}, model {pool.model}" for role, pool in settings.models.items()),
        *counts_lines(tally),
        *spent_lines(status.spending, tally),
    ]
    if survey.bad_golds or survey.duplicates:
        lines.append(
            f"skipped        {len(survey.bad_golds):,} gold answers that do not verify, {survey.duplicates:,} doubles"
        )
    if survey.renamed:
        lines.append(f"renamed        {survey.renamed:,} questions whose id came before for another question")
    if status.short:
        lines.append(f"short          {status.short:,} units hold less than is asked for by now")
    if status.kept:
        lines.append(f"kept           {kept_line(status.kept)}")
    lines += engine_lines(store, status.attempt) if status.attempt else []
    if not status.complete:
        lines.append(f"go on          factory resume {run_dir}")
    return lines


def status_figures(settings: Settings, store: Store) -> dict[str, Any]:
    """Return the same as JSON values. Raises `BadInput` as `status_lines` does."""
    status = status_of(settings, store)
    survey, tally = status.survey, status.tally
    return {
        "complete": status.complete,
        "questions": {
            "done": tally.questions,
            "all": survey.questions,
            "kept": status.kept,
            "bad_golds": len(survey.bad_golds),
            "duplicates": survey.duplicates,
            "renamed": survey.renamed,
        },
        "engine": settings.engine.name,
        "model": settings.model,
        "labeller": settings.supervision.name,
        "models": {role: {"engine": pool.engine.name, "model": pool.model} for role, pool in settings.models.items()},
        "counts": tally.as_dict(),
        "share_correct": tally.share_correct,
        "short_units": status.short,
        "spent": {**asdict(status.spending), "accepted_solutions": accepted(tally)},
        "engines": engine_values(store, status.attempt),
    }
