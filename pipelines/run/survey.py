"""Reading the source once before anything starts, so that a bad line is found now and not on Saturday at noon.

Counts the questions, screens their gold answers and finds doubles. Who was rejected is kept: every later pass, of this
attempt or the next, sees the same questions, also where a checker gave up under load. The driver never holds more of
the source than the keys it has seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from factory.errors import BadInput
from factory.rollouts.prompting import load_prompt
from factory.types import Outcome, Question, Verdict
from pipelines.run.settings import Settings

Screen = Callable[[list[Question]], Mapping[str, str]]
"""From questions to those to be left out: their ids, and why."""

SCREEN_BATCH = 512


@dataclass
class Survey:
    """What the run was begun with. `digest` covers the keys of all questions in order, `prompt_id` the prompt file.

    `doubled`: the keys that came more than once, of this pass; they are not kept.
    """

    questions: int = 0
    duplicates: int = 0
    bad_golds: dict[str, str] = field(default_factory=dict)  # id: the gold and its verdict
    digest: str = ""
    prompt_id: str = ""
    doubled: set[str] = field(default_factory=set, repr=False)


def surveyed(
    settings: Settings, screen: Screen, found: Survey, on_progress: Callable[[int], None] = lambda n: None
) -> Iterator[Question]:
    """All usable questions, in order; with the last one `found` is complete.

    Raises `BadInput` for a malformed source or prompt, or without a usable question.
    """
    found.prompt_id = load_prompt(settings.prompt.template, settings.prompt.style).id
    digest = hashlib.sha256()
    for question in usable(settings, screen, found):
        digest.update(question.key.encode())
        found.questions += 1
        if found.questions % 10_000 == 0:
            on_progress(found.questions)
        yield question
    if not found.questions:
        raise BadInput(
            f"source {settings.source.name} holds no usable question "
            f"({len(found.bad_golds)} with a gold answer that does not verify against itself, "
            f"{found.duplicates} doubles)."
        )
    found.digest = digest.hexdigest()[:16]


def usable(
    settings: Settings, screen: Screen, found: Survey | None = None, *, doubled: Collection[str] | None = None
) -> Iterator[Question]:
    """The questions that will be worked on, in order: each once, each with a gold that verifies against itself.

    `doubled`: the keys that come more than once, where an earlier pass has found them. Then only those are remembered,
    and memory does not grow with the source.
    """
    found = found if found is not None else Survey()
    questions = _once(settings.source.module.questions(settings.source.config), found, doubled)
    while batch := list(islice(questions, SCREEN_BATCH)):
        rejected = screen(batch)
        found.bad_golds.update(rejected)
        yield from (question for question in batch if question.id not in rejected)


def _once(questions: Iterator[Question], found: Survey, doubled: Collection[str] | None) -> Iterator[Question]:
    seen: set[str] = set()
    for question in questions:
        if doubled is not None and question.key not in doubled:
            yield question
        elif question.key in seen:
            found.duplicates += 1
            found.doubled.add(question.key)
        else:
            seen.add(question.key)
            yield question


def boxed_gold(question: Question) -> str:
    """The gold answer in the form that most checkers find an answer in."""
    return f"\\boxed{{{question.gold}}}"


def judged_by(
    check: Callable[[list[tuple[Question, str]]], list[Verdict]],
    right_answer: Callable[[Question], str | None] = boxed_gold,
) -> Screen:
    """A screen that has the checker check a right answer to every question that has one to check."""

    def screen(questions: list[Question]) -> dict[str, str]:
        answers = [(question, right_answer(question)) for question in questions]
        checked = [(question, answer) for question, answer in answers if answer is not None]
        return {
            question.id: f"{question.gold[:80]!r} ({verdict.outcome})"
            for (question, _), verdict in zip(checked, check(checked), strict=True)
            if verdict.outcome is not Outcome.CORRECT
        }

    return screen


def as_before(found: Survey) -> Screen:
    """A screen that rejects whom an earlier pass rejected."""

    def screen(questions: list[Question]) -> dict[str, str]:
        return {question.id: found.bad_golds[question.id] for question in questions if question.id in found.bad_golds}

    return screen
