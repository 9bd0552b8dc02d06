"""Questions from the rows of somebody's data set: which column holds what."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby, islice
from typing import Any

from factory.errors import BadInput
from factory.readers.cells import NotThere, check_column, column_of, excerpt, value_of
from factory.readers.gold import NoGold, check_preset, read_gold
from factory.readers.index_gold import FIRST, check_choices, label_at
from factory.types import Question

SourceRow = tuple[str, Mapping[str, Any]]
"""Place of a row ("data.jsonl, line 7"), for errors, and its values by column."""


# Solutions per question: what is held in memory at a time stays bounded.
MAX_SOLUTIONS = 64


@dataclass
class Columns:
    """Names of the columns of a data set. Base of the config of every source that reads one.

    Every name may also lead into a column: `extra_info.answer`, `answer[0]`, `prompt[-1].content`.

    * `question_column`, `answer_column`: text; an answer may also be a number.
    * `id_column`: the question's id; without it the id is a hash of question and gold answer.
    * `solution_column`: a solution to be labelled. Consecutive rows of one question are one question with several (64
      at most, then a new one begins); all else is taken from the first of them.
    * `licence_column`, `metadata_columns`: carried along into the records; `choices=options` carries the column
      `options` along as `choices`.
    * `gold`: how the gold answer is read out of the answer column: none, gsm8k, math, json, index or
      index1 (`factory/readers/gold.py`).
    * `limit`: read only so many questions; 0 reads all.
    """

    question_column: str = "question"
    answer_column: str = "answer"
    id_column: str | None = None
    licence_column: str | None = None
    metadata_columns: list[str] = field(default_factory=list)
    gold: str = "none"
    limit: int = 0
    solution_column: str | None = None


def needed(columns: Columns, present: Collection[str]) -> list[str]:
    """Return which of the columns `present` hold what `columns` asks for, each once."""
    named = (column_of(name, present) for name in _names(columns, present))
    return list(dict.fromkeys(name for name in named if name is not None))


def check_columns(present: Iterable[str], columns: Columns, where: str) -> None:
    """Check that a data set has all columns that are asked for.

    Args:
      present: the names of the columns that it has.
      columns: the columns that are asked for.
      where: the file, and the line where there is one, for the error.

    Raises:
      BadInput: a column is missing; the message names the nearest one.
    """
    names = list(present)
    for name in _names(columns, names):
        check_column(name, names, where)


def _names(columns: Columns, present: Collection[str]) -> list[str]:
    """Return the names that `columns` asks for."""
    names = [columns.question_column, columns.answer_column, columns.id_column, columns.licence_column]
    names += [columns.solution_column, *(name for _, name in _metadata_names(columns, present))]
    return [name for name in names if name is not None]


def _metadata_names(columns: Columns, present: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield key and column of every entry of `metadata_columns`; a column named "a=b" is one all the same."""
    for entry in columns.metadata_columns:
        key, renamed, name = entry.partition("=")
        yield (key, name) if renamed and entry not in present else (entry, entry)


def to_questions(rows: Iterable[SourceRow], columns: Columns, source: str, *, first: int = 0) -> Iterator[Question]:
    """Yield the questions of rows, lazily: one per row, or per group of rows with solutions of the same question.

    Args:
      rows: where each row stands, and its values by column.
      columns: which column holds what.
      source: the name of the data set, for records and errors.
      first: number of the first of `rows` among all; 0 where they are all. Only for rows that are a question each.

    Raises:
      BadInput: a row is bad, or there are no rows at all.
    """
    if columns.limit < 0:
        raise BadInput(f"limit is {columns.limit}; expected the number of questions to read, or 0 for all")
    check_preset(columns.gold)
    # A name that the first row has not is a mistake in the config; later rows may lack an answer.
    questions: Iterator[Question] = (
        to_question(row, columns, where, source, lenient=number > 0) for number, (where, row) in enumerate(rows, first)
    )
    if columns.solution_column is not None:
        questions = grouped(questions)
    question = None
    for question in islice(questions, max(0, columns.limit - first) if columns.limit else None):
        yield question
    if question is None and not first:
        raise BadInput(f"{source} holds no questions; expected at least one row")


def rows_are_questions(columns: Columns) -> bool:
    """Return whether each row is a question of its own: number N of the questions is number N of the rows."""
    return columns.solution_column is None


def grouped(questions: Iterable[Question]) -> Iterator[Question]:
    """Yield consecutive questions that are the same as one with all their given solutions, each once; lazily."""
    # Only neighbours are grouped, so that one group at a time is held in memory.
    for _, same in groupby(questions, key=lambda question: (question.id, question.text, question.gold)):
        yield from _merged(same)


def _merged(same: Iterator[Question]) -> Iterator[Question]:
    """Yield one question for a group of the same, or several where it has more than `MAX_SOLUTIONS` solutions."""
    first = next(same)
    given = dict.fromkeys(first.given)
    for question in same:
        # No more fit: a new question begins.
        if len(given) == MAX_SOLUTIONS and not given.keys() >= set(question.given):
            yield replace(first, given=tuple(given))
            first, given = question, {}
        given.update(dict.fromkeys(question.given))
    yield replace(first, given=tuple(given))


def to_question(
    row: Mapping[str, Any], columns: Columns, where: str, source: str, *, lenient: bool = False
) -> Question:
    """Return the question that a row holds. One whose gold answer cannot be read says why, in `gold_problem`.

    Args:
      row: the values by column.
      columns: which column holds what.
      where: the file and line of the row, with which an error begins.
      source: the name of the data set, for the record.
      lenient: True for a row that may lack the answer's column.

    Raises:
      BadInput: the row holds no question.
    """
    # The question and its answer.
    text = value_of(row, columns.question_column, where)
    if not isinstance(text, str) or not text.strip():
        raise BadInput(
            f"{where}: the question (column {columns.question_column!r}) is {excerpt(text)}; expected text; "
            "fill it in or take the row out"
        )
    metadata = _metadata(row, columns, where)
    gold, gold_problem = "", ""
    try:
        gold = _gold(row, columns, where, metadata)
    except NoGold as problem:
        gold_problem = str(problem)
    except NotThere as problem:
        if not lenient:
            raise
        gold_problem = str(problem)
    # All else.
    given_id = _optional_text(row, columns.id_column, where)
    if columns.id_column is not None and not (given_id and given_id.strip()):
        raise BadInput(f"{where}: the id (column {columns.id_column!r}) is empty; fill it in or unset id_column")
    question = Question(
        text=text.strip(),
        gold=gold,
        source=source,
        licence=_optional_text(row, columns.licence_column, where),
        metadata=metadata,
        id=given_id or "",
        given=_solutions(row, columns, where),
        origin=where,
        gold_problem=gold_problem,
    )
    _check_unicode(question, where)
    return question


def _gold(row: Mapping[str, Any], columns: Columns, where: str, metadata: Mapping[str, str]) -> str:
    """Return the gold answer of a row, "" for a missing one. Raises `NoGold`, `NotThere`."""
    value = value_of(row, columns.answer_column, where)
    holds_others = isinstance(value, list | dict)
    answer = _metadata_text(value) if holds_others and columns.gold == "json" else _answer_text(value)
    if answer is None:
        name = columns.answer_column
        inner = f"; one entry is {name}[0]" * isinstance(value, list)
        inner += f"; one key of it is {name}.KEY" * isinstance(value, dict)
        inner += "; source.gold=json takes all of it" * holds_others
        raise NoGold(
            f"{where}: the answer (column {name!r}) is {excerpt(value)}; "
            f"expected text or a finite number; mend it or take the row out{inner}"
        )
    if columns.gold in FIRST:
        check_choices(columns.gold, [key for key, _ in _metadata_names(columns, row)])
        return label_at(answer, columns.gold, metadata, where) if answer else ""
    return read_gold(answer, columns.gold, where) if answer else ""


def _metadata(row: Mapping[str, Any], columns: Columns, where: str) -> dict[str, str]:
    """Return what is carried along of a row, as text."""
    values = ((key, value_of(row, name, where)) for key, name in _metadata_names(columns, row))
    return {key: _metadata_text(value) for key, value in values if not _is_missing(value)}


def _solutions(row: Mapping[str, Any], columns: Columns, where: str) -> tuple[str, ...]:
    """Return the given solution of a row; none where no column is named."""
    if columns.solution_column is None:
        return ()
    text = value_of(row, columns.solution_column, where)
    if not isinstance(text, str) or not text.strip():
        raise BadInput(
            f"{where}: the solution (column {columns.solution_column!r}) is {excerpt(text)}; expected text; "
            "fill it in or take the row out"
        )
    return (text.strip(),)


def _answer_text(value: object) -> str | None:
    """Return an answer as text, 51.0 as "51", "" for a missing one; None for what cannot be an answer.

    Large sets have a few rows without an answer: no reason to stop, the screening of gold answers counts them.
    """
    match value:
        case _ if _is_missing(value):
            return ""
        # In Python a bool is an int, too, but it is no answer.
        case bool():
            return None
        case str():
            return value.strip()
        case int():
            return str(value)
        case float() | Decimal() if math.isfinite(value):
            return str(int(value)) if value == int(value) else str(value)
    return None


def _is_missing(value: object) -> bool:
    """Return whether nothing is there: null, or NaN, which tables have there that went through pandas."""
    return value is None or (isinstance(value, float | Decimal) and math.isnan(value))


def _optional_text(row: Mapping[str, Any], column: str | None, where: str) -> str | None:
    """Return the text in a column, None where none is asked for or it is empty."""
    value = None if column is None else value_of(row, column, where)
    return None if _is_missing(value) else _metadata_text(value)


def _metadata_text(value: object) -> str:
    """Return a value as text: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _check_unicode(question: Question, where: str) -> None:
    r"""Check that a question can be stored. Raises `BadInput`.

    JSON can spell half a character (`\ud83d`), which no Parquet file can hold: better said now than after hours of
    work.
    """
    more = "".join([*question.metadata.values(), *question.given])
    try:
        f"{question.id}{question.text}{question.gold}{question.licence}{more}".encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise BadInput(
            f"{where}: the character {half!r} is half a surrogate pair; expected valid Unicode; mend the row"
        ) from None
