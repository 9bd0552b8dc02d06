"""`factory status`: how far a run is, from its folder alone."""

from __future__ import annotations

import json

from actors.models.resolve import MANIFEST
from factory.records.tally import Tally
from factory.shards.commits import listed
from factory.shards.receipts import committed_tally, footers
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.maintenance.import_labels import imported_format
from pipelines.run.planning import falls_short
from pipelines.run.run_folder import opened, read_survey
from pipelines.run.settings import Settings
from pipelines.run.survey import Survey
from pipelines.self_training.journal import Journal
from pipelines.self_training.star_runs import RATIONALISE, SAMPLE, folder_of
from pipelines.self_training.star_settings import of as star_of
from pipelines.star import why_stop
from tools.commands.display import counts_lines
from tools.commands.star_table import round_lines
from tools.commands.train_table import trained_lines


def _train_lines(run_dir: str, store: Store, trainer: str) -> list[str]:
    """Whether the model is there, and what came of it."""
    try:
        trained = json.loads(store.read(f"model/{MANIFEST}"))["training"]
    except FileNotFoundError:
        return [f"{run_dir}: not complete, no model yet", f"go on          factory resume {run_dir}"]
    return [f"{run_dir}: complete", *trained_lines({**trained, "folder": f"{store.url}/model"}, trainer)]


def _star_lines(run_dir: str, settings: Settings, store: Store, survey: Survey) -> list[str]:
    """How many rounds are done, what they came to, and what comes next."""
    journal = Journal(store)
    stopped = why_stop(star_of(settings), journal)
    state = f"complete{stopped and f': {stopped}'}" if stopped is not None else "not complete"
    lines = [
        f"{run_dir}: {state}, {journal.rounds} of {settings.own['star'].rounds} rounds, {survey.questions:,} questions",
        f"made by        {settings.engine.name}, model {settings.model}, trained by {settings.own['trainer'].name}",
        *round_lines(journal.by_round()),
    ]
    if stopped is None:
        round_, phase = journal.next_phase()
        lines.append(f"next           {folder_of(round_)}: {phase}")
        if phase in (SAMPLE, RATIONALISE):
            lines.append(f"progress       factory status {run_dir}/{folder_of(round_)}/{phase}")
        lines.append(f"go on          factory resume {run_dir}")
    return lines


def status_lines(run_dir: str) -> list[str]:
    """Progress and counts of a run folder, counts of an import. Raises `BadInput` when it is neither."""
    store = open_store(run_dir)
    imported_from = imported_format(store)
    if imported_from is not None:
        tally = committed_tally(store, listed(store)[0])
        return [f"{run_dir}: imported from {imported_from}, {tally.questions:,} lines", *counts_lines(tally)]
    settings = opened(run_dir)
    if settings.pipeline == "train":
        return _train_lines(run_dir, store, settings.own["trainer"].name)
    found = read_survey(store)
    if settings.pipeline == "star":
        return _star_lines(run_dir, settings, store, found)
    tally, short = Tally(), 0
    for _, footer in footers(store, listed(store)[0]):
        tally.add(footer.tally)
        short += falls_short(footer, settings.effort)
    share = tally.questions / found.questions
    state = "complete" if tally.questions >= found.questions and not short else "not complete"
    lines = [
        f"{run_dir}: {state}, {tally.questions:,} of {found.questions:,} questions ({share:.0%})",
        f"made by        {settings.engine.name}, model {settings.model}, labelled by {settings.supervision.name}",
        *counts_lines(tally),
    ]
    if found.bad_golds or found.duplicates:
        lines.append(
            f"skipped        {len(found.bad_golds):,} gold answers that do not verify, {found.duplicates:,} doubles"
        )
    if short:
        lines.append(f"short          {short:,} units hold less than is asked for by now")
    if state != "complete":
        lines.append(f"go on          factory resume {run_dir}")
    return lines
