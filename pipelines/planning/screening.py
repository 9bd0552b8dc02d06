"""Screening of gold answers: a question whose own gold answer the checker rejects is left out of the run.

A checker may look at a gold answer (`gold_problem`), at all of a source's together (`watch_source`), and it judges a
right answer (`right_answer`) as it judges those of a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from actors.checking.pool import CheckerPool
from factory.contracts.checkers import CheckerPlugin
from factory.errors import BadInput
from factory.types import Question
from pipelines.planning.survey import Screen, Survey, as_before, judged_by, told
from pipelines.run.settings import Settings


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
        yield _of(checker, settings.checker.config, judged_by(pool.check, checker.right_answer))
    finally:
        pool.close()


def _of(checker: CheckerPlugin, config: Any, judged: Screen) -> Screen:
    """Return the screen of a checker: what it says of the source and of each gold answer, then what is `judged`."""
    watch = checker.watch_source(config)

    def screen(questions: list[Question]) -> dict[str, str]:
        trouble = watch(questions)
        if trouble is not None:
            raise BadInput(trouble)
        looked_at = ((question, checker.gold_problem(question, config)) for question in questions)
        problems = {question.id: told(question, why) for question, why in looked_at if why is not None}
        return {**problems, **judged([question for question in questions if question.id not in problems])}

    return screen
