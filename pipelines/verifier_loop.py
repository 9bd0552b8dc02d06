"""Verifier loop: a reward model of steps guides the searches whose labelled solutions it is trained on next.

    label held-out solutions → per round: search and label → export → train → score held-out → evaluate

The first round samples plainly; from the second on, the searches in `loop.methods` are guided by the round before's
verifier, and what they found is labelled like any other solution (expert iteration of a verifier, as in ReST-MCTS*,
Zhang et al., arXiv 2406.03816). After every round each guided search is held against majority voting at equal tokens on
questions that are never trained on, and the verifier names first errors in labelled solutions of them.

A phase that is done has a file that says so (`pipelines/rounds/journal.py`), so that a run killed anywhere goes on in
the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from pipelines.rounds.course import Course, pipeline_of
from pipelines.verifier_rounds import settings as declared
from pipelines.verifier_rounds.checks import checked, gpus_of, outline, parts
from pipelines.verifier_rounds.phases import Phases
from pipelines.verifier_rounds.report import (
    curves_of,
    journal_of,
    save_rounds,
    status_figures,
    status_lines,
    summary_lines,
    why_stop,
)

COURSE = Course(
    checked=checked,
    parts=parts,
    gpus=gpus_of,
    journal=journal_of,
    why_stop=why_stop,
    phases=Phases,
    save_plot=save_rounds,
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
