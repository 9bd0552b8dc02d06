"""STaR: a model that trains on those of its own solutions that are right (Zelikman et al., arXiv 2203.14465).

    evaluate → per round: sample → rationalise what is unsolved → keep → train → swap weights → evaluate

A phase that is done has a file that says so (`pipelines/self_training/journal.py`), so that a run killed anywhere goes
on in the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from pipelines.rounds.course import Course, pipeline_of
from pipelines.self_training import star_settings as declared
from pipelines.self_training.checks import checked, gpus_of, outline
from pipelines.self_training.journal import journal_of, why_stop
from pipelines.self_training.phases import Phases
from pipelines.self_training.plot import curves_of, save_accuracies
from pipelines.self_training.report import status_figures, status_lines, summary_lines
from pipelines.self_training.star_runs import parts

COURSE = Course(
    checked=checked,
    parts=parts,
    gpus=gpus_of,
    journal=journal_of,
    why_stop=why_stop,
    phases=Phases,
    save_plot=save_accuracies,
    curves=curves_of,
)
PIPELINE = pipeline_of(
    COURSE,
    declared,
    outline=outline,
    status_lines=status_lines,
    status_figures=status_figures,
    summary_lines=summary_lines,
)
