"""Survey of the source: one pass before anything starts, so that a bad line is found now and not hours later.

The pass counts the questions, screens their gold answers and finds doubles. The rejected ones are kept: every later
pass, of this attempt or the next, sees the same questions, also where a checker gave up under load. The driver never
holds more of the source than the keys it has seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from factory.contracts.checkers import boxed_gold
from factory.errors import BadInput
from factory.rollouts.prompting import load_prompt
from factory.storage.opening import open_store
from factory.types import Outcome, Question, Verdict
from pipelines.run.settings import Settings

Screen = Callable[[list[Question]], Mapping[str, str]]
"""Judge of gold answers: from questions to those to be left out, by id, with the reason."""

SCREEN_BATCH = 512


@dataclass
class Survey:
    """Counts of the source that a run begins with, kept in `manifests/source.json`.

    Attributes:
      questions: questions that the run works on.
      duplicates: questions left out, as their key came before.
      bad_golds: questions left out, as their gold answer does not verify: by id the gold answer and its verdict.
      digest: hash of the keys of all questions, in order; a source with another digest has changed.
      prompt_id: hash of the prompt file.
      doubled: keys that came more than once in this pass; not kept in the file.
    """

    questions: int = 0
    duplicates: int = 0
    bad_golds: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    prompt_id: str = ""
    doubled: set[str] = field(default_factory=set, repr=False)


def surveyed(
    settings: Settings, screen: Screen, survey: Survey, on_progress: Callable[[int], None] = lambda n: None
) -> Iterator[Question]:
    """Yield all usable questions, in order, and count them.

    Args:
      settings: the validated config.
      screen: judge of the gold answers.
      survey: receives the counts; it is complete with the last question.
      on_progress: hears the number of questions, every 10,000.

    Raises:
      BadInput: the source or the prompt is malformed, or no question is usable.
    """
    survey.prompt_id = load_prompt(settings.prompt.template, settings.prompt.style).id
    digest = hashlib.sha256()
    for question in usable(settings, screen, survey):
        digest.update(question.key.encode())
        survey.questions += 1
        if survey.questions % 10_000 == 0:
            on_progress(survey.questions)
        yield question
    if not survey.questions:
        raise BadInput(
            f"source {settings.source.name} holds no usable question "
            f"({len(survey.bad_golds)} with a gold answer that does not verify against itself, "
            f"{survey.duplicates} doubles)."
        )
    survey.digest = digest.hexdigest()[:16]


def usable(
    settings: Settings, screen: Screen, survey: Survey | None = None, *, doubled: Collection[str] | None = None
) -> Iterator[Question]:
    """Yield the questions that will be worked on, in order: each once, each with a gold answer that verifies.

    Args:
      settings: the validated config.
      screen: judge of the gold answers.
      survey: receives the counts of what is left out; None where nobody wants them.
      doubled: keys that come more than once, where an earlier pass knows them. Then only those are remembered, and
        memory does not grow with the source.

    Raises:
      BadInput: the source is malformed.
    """
    survey = survey if survey is not None else Survey()
    questions = _once(questions_of(settings), survey, doubled)
    while batch := list(islice(questions, SCREEN_BATCH)):
        rejected = screen(batch)
        survey.bad_golds.update(rejected)
        yield from (question for question in batch if question.id not in rejected)


def questions_of(settings: Settings) -> Iterator[Question]:
    """Yield all questions of the configured source, as they come."""
    source, run = settings.source, settings.run
    read_store = source.plugin.questions_in
    if read_store is not None and run.part_of and source.config.path.startswith(f"{run.part_of}/"):
        # A source within the run's own folder is reached like the run: its credentials stand in no config file.
        return read_store(open_store(source.config.path, settings.storage), source.config)
    return source.plugin.questions(source.config)


def _once(questions: Iterator[Question], survey: Survey, doubled: Collection[str] | None) -> Iterator[Question]:
    """Yield each question the first time its key comes, and count the other times."""
    seen: set[str] = set()
    for question in questions:
        if doubled is not None and question.key not in doubled:
            yield question
        elif question.key in seen:
            survey.duplicates += 1
            survey.doubled.add(question.key)
        else:
            seen.add(question.key)
            yield question


def judged_by(
    check: Callable[[list[tuple[Question, str]]], list[Verdict]],
    right_answer: Callable[[Question], str | None] = boxed_gold,
) -> Screen:
    """Return a screen that has `check` judge a right answer to every question that has one to check."""

    def screen(questions: list[Question]) -> dict[str, str]:
        answers = [(question, right_answer(question)) for question in questions]
        checked = [(question, answer) for question, answer in answers if answer is not None]
        return {
            question.id: f"{question.gold[:80]!r} ({verdict.outcome})"
            for (question, _), verdict in zip(checked, check(checked), strict=True)
            if verdict.outcome is not Outcome.CORRECT
        }

    return screen


def as_before(survey: Survey) -> Screen:
    """Return a screen that rejects the questions that an earlier pass rejected."""

    def screen(questions: list[Question]) -> dict[str, str]:
        return {question.id: survey.bad_golds[question.id] for question in questions if question.id in survey.bad_golds}

    return screen
