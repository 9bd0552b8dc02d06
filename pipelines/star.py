"""STaR: a model that trains on those of its own solutions that are right (Zelikman et al., arXiv 2203.14465).

    evaluate → per round: sample → rationalise what is unsolved → keep → train → swap weights → evaluate

A phase that is done has a file that says so (`pipelines/self_training/journal.py`), so that a run killed anywhere goes
on in the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from pipelines.rounds.course import Course, run_course
from pipelines.rounds.summary import RoundsSummary
from pipelines.run.contract import Pipeline
from pipelines.run.listener import Listener
from pipelines.run.settings import Settings
from pipelines.self_training import star_settings as declared
from pipelines.self_training.checks import checked, gpus_of, outline
from pipelines.self_training.journal import journal_of, why_stop
from pipelines.self_training.phases import Phases
from pipelines.self_training.plot import save_accuracies
from pipelines.self_training.report import status_lines, summary_lines
from pipelines.self_training.star_runs import parts

COURSE = Course(
    checked=checked,
    parts=parts,
    gpus=gpus_of,
    journal=journal_of,
    why_stop=why_stop,
    phases=Phases,
    save_plot=save_accuracies,
)


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> RoundsSummary:
    """Do the rounds that are missing in the run folder of `settings`, as `run_course` does."""
    return run_course(COURSE, settings, listener, retry_failed=retry_failed)


PIPELINE = Pipeline(
    run=run,
    sections=declared.SECTIONS,
    plugin_sections=declared.PLUGIN_SECTIONS,
    excluded_from_fingerprint=declared.EXCLUDED_FROM_FINGERPRINT,
    effort=declared.EFFORT,
    outline=outline,
    status_lines=status_lines,
    summary_lines=summary_lines,
)
