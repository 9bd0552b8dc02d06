"""Survey of the source: one pass before anything starts, so that a bad line is found now and not hours later.

The pass counts the questions, screens their gold answers, finds doubles and ids that stand for more than one question.
The rejected ones are kept: every later pass, of this attempt or the next, sees the same questions, also where a checker
gave up under load. The driver never holds more of the source than a hash of each key that it has seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any

from factory.contracts.checkers import boxed_gold
from factory.errors import BadInput
from factory.readers.doubles import Doubles, identity_of
from factory.rollouts.prompting import STYLES, is_file, load_prompt
from factory.storage.opening import open_store
from factory.types import Outcome, Question, Verdict
from pipelines.planning.source_rows import SourceRows
from pipelines.run.contract import Plug
from pipelines.run.settings import Settings

Screen = Callable[[list[Question]], Mapping[str, str]]
"""Judge of gold answers: from questions to those to be left out, by id, with the reason."""

SCREEN_BATCH = 512
# After so many rows without a single gold answer that can be read, a source is not read to its end.
_HOPELESS = 2 * SCREEN_BATCH
_EXAMPLES = 3


@dataclass
class Survey:
    """Counts of the source that a run begins with, kept in `manifests/source.json`.

    Attributes:
      questions: questions that the run works on.
      duplicates: questions left out, as they came before.
      bad_golds: questions left out, as their gold answer cannot be read or does not verify: by id, why.
      digest: hash of the keys of all questions, in order; a source with another digest has changed.
      prompt_id: hash of the prompt file.
      prompt_files: hashes of the user's own prompt files beside it, by config key (`prompt_files_of`); None in a run
        that was begun before they were kept.
      renamed: questions that got an id of their own, as theirs came before with another text; None in a run that was
        begun when these were left out as doubles, and are to this day.
      renamed_examples: some of them.
      unit_most: questions of the largest units, where their size grows with the run; 0 where all have one size.
      bad_questions: what was left out for its gold answer in this pass, as `identity_of` it; not kept in the file.
      rows: rows that this pass left out or renamed; not kept in the file.
    """

    questions: int = 0
    duplicates: int = 0
    bad_golds: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    prompt_id: str = ""
    prompt_files: dict[str, str] | None = field(default_factory=dict)
    renamed: int | None = 0
    renamed_examples: list[str] = field(default_factory=list)
    unit_most: int = 0
    bad_questions: set[int] = field(default_factory=set, repr=False)
    rows: SourceRows = field(default_factory=SourceRows, repr=False)


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
    survey.prompt_id = prompt_id_of(settings)
    survey.prompt_files = prompt_files_of(settings)
    digest = hashlib.sha256()
    for question in usable(settings, screen, survey):
        digest.update(question.key.encode())
        survey.questions += 1
        if survey.questions % 10_000 == 0:
            on_progress(survey.questions)
        yield question
    if not survey.questions:
        first = next(iter(survey.bad_golds.values()), "")
        raise BadInput(
            f"source {settings.source.name} holds no usable question "
            f"({len(survey.bad_golds)} with a gold answer that cannot be read or does not verify against itself, "
            f"{survey.duplicates} doubles)." + f" The first: {first}" * bool(first)
        )
    survey.digest = digest.hexdigest()[:16]


def prompt_id_of(settings: Settings) -> str:
    """Return the hash of the run's prompt file as it is now. Raises `BadInput` where there is none."""
    return load_prompt(settings.prompt.template, settings.prompt.style).id


def prompt_files_of(settings: Settings) -> dict[str, str]:
    """Return hashes of the prompt files that plug-ins read from a path or URL, by config key.

    These are the fields called `prompt` or `…_prompt` of search, labeller and checker. The fingerprint has their paths
    only. Packaged prompts are the factory's, as its code is. Raises `BadInput` for a file that is missing or no prompt.
    """
    plugs: dict[str, Plug[Any]] = {
        "search": settings.search,
        "supervision": settings.supervision,
        "checker": settings.checker,
    }
    named = {
        f"{section}.{one.name}": getattr(plug.config, one.name)
        for section, plug in plugs.items()
        for one in fields(plug.config)
        if one.name.rpartition("_")[2] == "prompt"
    }
    return {
        key: load_prompt(path, STYLES[0]).id for key, path in named.items() if isinstance(path, str) and is_file(path)
    }


def usable(settings: Settings, screen: Screen, survey: Survey | None = None) -> Iterator[Question]:
    """Yield the questions that will be worked on, in order: each once, each with a gold answer that verifies.

    Args:
      settings: the validated config.
      screen: judge of the gold answers.
      survey: receives the counts of what is left out; None where nobody wants them. Its `renamed` says what becomes of
        an id that comes with another text.

    Raises:
      BadInput: the source is malformed, or none of its first gold answers can be read.
    """
    survey = survey if survey is not None else Survey()
    reads = settings.checker.plugin.READS
    doubles = Doubles(reads=reads, rename=survey.renamed is not None)
    questions = questions_of(settings)
    seen = rows = 0
    while given := list(islice(questions, SCREEN_BATCH)):
        used = doubles.batch(given)
        batch = [question for question in used if question is not None]
        # Leave out what has no gold answer, then what the checker rejects.
        rejected = {question.id: question.gold_problem for question in batch if question.gold_problem}
        seen += len(batch)
        if len(survey.bad_golds) + len(rejected) == seen >= _HOPELESS and len(rejected) == len(batch):
            first = next(iter([*survey.bad_golds.values(), *rejected.values()]))
            raise BadInput(f"none of the first {seen:,} gold answers can be read. The first: {first}")
        rejected |= screen([question for question in batch if question.id not in rejected])
        # Count, then hand out.
        survey.bad_golds.update(rejected)
        survey.bad_questions.update(identity_of(question, reads) for question in batch if question.id in rejected)
        survey.duplicates = doubles.dropped
        if doubles.rename:
            survey.renamed, survey.renamed_examples = doubles.renamed, doubles.examples
        if rejected:
            used = [question if question and question.id not in rejected else None for question in used]
        survey.rows.note(rows, given, used, reads)
        rows += len(given)
        yield from (question for question in used if question is not None)


def left_out_lines(survey: Survey) -> list[str]:
    """Return what a user has to know about a source that was read: what is left out or renamed, with examples."""
    lines = []
    if survey.bad_golds:
        examples = "; ".join(f"{name}: {why}" for name, why in islice(survey.bad_golds.items(), _EXAMPLES))
        lines.append(f"skipped {len(survey.bad_golds):,} questions whose gold answer does not verify: {examples}")
    if survey.duplicates:
        lines.append(f"skipped {survey.duplicates:,} questions that came twice")
    if survey.renamed:
        examples = "; ".join(survey.renamed_examples)
        lines.append(f"renamed {survey.renamed:,} questions whose id came before for another question: {examples}")
    return lines


def questions_of(settings: Settings) -> Iterator[Question]:
    """Yield all questions of the configured source, as they come."""
    source, run = settings.source, settings.run
    read_store = source.plugin.questions_in
    if read_store is not None and run.part_of and source.config.path.startswith(f"{run.part_of}/"):
        # A source within the run's own folder is reached like the run: its credentials stand in no config file.
        return read_store(open_store(source.config.path, settings.storage), source.config)
    return source.plugin.questions(source.config)


def questions_from(settings: Settings, row: int) -> Iterator[Question]:
    """Yield the questions of the configured source from `row` on, counted from 0."""
    seek = settings.source.plugin.questions_from
    if row and seek is not None and begins_in_the_middle(settings):
        return seek(settings.source.config, row)
    return islice(questions_of(settings), row, None)


def begins_in_the_middle(settings: Settings) -> bool:
    """Return whether the configured source can begin at any row; else it is read from its beginning."""
    # A source within the run's own folder is read with credentials that stand in no config.
    return settings.source.plugin.questions_from is not None and not settings.run.part_of


def judged_by(
    check: Callable[[list[tuple[Question, str]]], list[Verdict]],
    right_answer: Callable[[Question], str | None] = boxed_gold,
) -> Screen:
    """Return a screen that has `check` judge a right answer to every question that has one to check."""

    def screen(questions: list[Question]) -> dict[str, str]:
        answers = [(question, right_answer(question)) for question in questions]
        checked = [(question, answer) for question, answer in answers if answer is not None]
        return {
            question.id: told(question, f"{verdict.outcome}{verdict.reason and ': '}{verdict.reason}")
            for (question, _), verdict in zip(checked, check(checked), strict=True)
            if verdict.outcome is not Outcome.CORRECT
        }

    return screen


def told(question: Question, why: str) -> str:
    """Return why a gold answer is no good, with the answer and its place."""
    where = f"{question.origin}: " * bool(question.origin)
    return f"{where}{question.gold[:80]!r} ({why[:200]})"


def as_before(survey: Survey) -> Screen:
    """Return a screen that rejects the questions that an earlier pass rejected."""

    def screen(questions: list[Question]) -> dict[str, str]:
        return {question.id: survey.bad_golds[question.id] for question in questions if question.id in survey.bad_golds}

    return screen


def in_parts(survey: Survey, settings: Settings) -> Screen:
    """Return a screen for parts of the source: it rejects the questions that the whole pass of `survey` rejected.

    Two questions of one id may be in different parts, and have other ids there; so they are known by what makes them.
    """
    if survey.renamed is None:
        # A run from before goes on as it began.
        return as_before(survey)
    reads = settings.checker.plugin.READS

    def screen(questions: list[Question]) -> dict[str, str]:
        return {
            question.id: told(question, "it does not verify")
            for question in questions
            if identity_of(question, reads) in survey.bad_questions
        }

    return screen
