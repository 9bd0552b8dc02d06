"""Prover–verifier game: helpful and sneaky provers against a verifier that is trained on both (Kirchner et al.,
arXiv 2407.13692).

    per round: reward → train the provers → sample both → train the verifier → evaluate

The first round's provers are the model as it came, under two prompts. A verifier (an outcome reward model) is trained
on the solutions of all rounds so far. In the next round it scores the solutions of this one: the helpful prover is
rewarded for right ones that convince, the sneaky one for wrong ones that convince. The checker says what is right;
neither prover is ever told. Where the paper trains by PPO, both roles here imitate their most rewarded solutions, as in
expert iteration: one model, which the prompt tells its role. Provers and verifier then meet on held-out questions.

A phase that is done has a file that says so (`pipelines/rounds/journal.py`), so that a run killed anywhere goes on in
the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from pipelines.prover_game import settings as declared
from pipelines.prover_game.checks import checked, gpus_of, outline, parts
from pipelines.prover_game.phases import Phases
from pipelines.prover_game.report import (
    curves_of,
    journal_of,
    save_rounds,
    status_figures,
    status_lines,
    summary_lines,
    why_stop,
)
from pipelines.rounds.course import Course, pipeline_of

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
