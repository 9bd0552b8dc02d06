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
from pipelines.prover_game.report import journal_of, save_rounds, status_lines, summary_lines, why_stop
from pipelines.rounds.course import Course, run_course
from pipelines.rounds.summary import RoundsSummary
from pipelines.run.contract import Pipeline
from pipelines.run.listener import Listener
from pipelines.run.settings import Settings

COURSE = Course(
    checked=checked,
    parts=parts,
    gpus=gpus_of,
    journal=journal_of,
    why_stop=why_stop,
    phases=Phases,
    save_plot=save_rounds,
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
