"""Screening of gold answers: a question whose own gold answer the checker rejects is left out of the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from actors.checking.pool import CheckerPool
from pipelines.run.settings import Settings
from pipelines.run.survey import Screen, Survey, as_before, judged_by


@contextmanager
def screening(settings: Settings, before: Survey | None = None) -> Iterator[Screen]:
    """Yield the screen for the questions of `settings`.

    `before` is the survey of an earlier attempt: its verdicts are repeated, so that every attempt sees the same
    questions. Without it, a checker of one process runs on the driver for the length of the block.
    """
    if before is not None:
        yield as_before(before)
        return
    checker = settings.checker.plugin
    if checker.judge is not None:
        # A model's opinion of its own gold answers is no screen.
        yield lambda questions: {}
        return
    pool = CheckerPool(settings.checker.name, asdict(settings.checker.config), workers=1)
    try:
        yield judged_by(pool.check, checker.right_answer)
    finally:
        pool.close()
