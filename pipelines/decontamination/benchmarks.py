"""Questions of benchmarks: from files, or from data sets that `datasets.load_dataset` finds."""

from __future__ import annotations

import csv
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import BadInput
from factory.readers.source_files import open_files, text_lines

# What the question is called in GSM8K, MATH, AIME, GPQA, MMLU, LiveCodeBench and HumanEval, the surer first.
_QUESTION_COLUMNS = ("question", "problem", "prompt", "question_content", "problem_statement", "query", "input", "text")
_ID_COLUMNS = ("id", "question_id", "problem_id", "unique_id", "task_id", "idx", "uid")
_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")
_SPLITS = ("train", "validation", "valid", "val", "dev", "test")
_MOST_JSON_BYTES = 1 << 30
_BATCH_ROWS = 1024

BenchmarkRow = tuple[str, Any]
"""Place of a row, for errors, and its value."""


def read_all(specs: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield `read` of each benchmark; two of one name are called by as much of their paths as tells them apart."""
    for spec, name in zip(specs, _names(specs), strict=True):
        yield from ((name, number, text) for _, number, text in read(spec))


def read(spec: str) -> Iterator[tuple[str, str, str]]:
    """Yield (benchmark's name, id, text) of every question of a benchmark, in order.

    The id is the benchmark's own, or the row's number from 1. An id is unique: behind one that comes again stands the
    row's number, before those of several files the file.

    `spec` is a file (.jsonl, .json, .csv or .parquet, also compressed), a folder or a glob of such files, local or a
    URL, or with the question column, `file:column`; or `hf:name`, `hf:name:config`, `hf:name:split`,
    `hf:name:config:split`, `…:split:column`, the split being `test` if not given. `a+b` joins two columns by a line
    break.

    Raises `BadInput` for what cannot be read, a column that is not there, and a question that is not text: a gap
    here would let a question through unseen.
    """
    # Phase 1: find the rows.
    if spec.startswith("hf:"):
        name, column, rows = _hub(spec)
        files = iter([("", rows)])
    else:
        path, column = _path_and_column(spec)
        name, files = posixpath.basename(path.rstrip("/")), _files(path, column)
    # Phase 2: give every question an id of its own.
    number, ids = 0, set[str]()
    for file, rows in files:
        for in_file, (where, row) in enumerate(rows, start=1):
            number += 1
            question_id = file + _id(row, in_file)
            question_id = question_id if question_id not in ids else f"{question_id} (row {number})"
            ids.add(question_id)
            yield name, question_id, _question(row, column, where)
    # An empty benchmark would seem to have been compared with.
    if not number:
        raise BadInput(f"{spec}: holds no questions; expected at least one row")


def _names(specs: Sequence[str]) -> list[str]:
    """Return a name per benchmark: the shortest ends of their paths that differ; the whole text where none do."""
    hubs = {spec: _hub(spec)[0] for spec in specs if spec.startswith("hf:")}
    parts = [[hubs[spec]] if spec in hubs else _path_and_column(spec)[0].rstrip("/").split("/") for spec in specs]
    names = []
    for spec, mine in zip(specs, parts, strict=True):
        ends = (mine[-n:] for n in range(1, len(mine) + 1))
        alone = (end for end in ends if sum(other[-len(end) :] == end for other in parts) == 1)
        names.append("/".join(next(alone, [])) or spec)
    return names


def _path_and_column(spec: str) -> tuple[str, str | None]:
    """Return the path and the question column of FILE or FILE:COLUMN."""
    path, colon, column = spec.rpartition(":")
    if not colon or "/" in column or (_kind(path) is None and _kind(spec) is not None):
        return spec, None
    return path, column or None


def _kind(path: str) -> str | None:
    """Return the suffix that says how to read the file, the one of its compression left out."""
    name = posixpath.basename(path).lower()
    stems = (name, name.rpartition(".")[0])
    return next((suffix for stem in stems for suffix in _SUFFIXES if stem.endswith(suffix)), None)


def _files(path: str, column: str | None) -> Iterator[tuple[str, Iterator[BenchmarkRow]]]:
    """Yield the rows of every file, and what tells it apart from the others: nothing, where it is alone."""
    # A path without a known suffix is a folder, or a mistake.
    folder = _kind(path) is None
    try:
        names = [name for name, _ in open_files(f"{path.rstrip('/')}/**" if folder else path, compression=None)]
    except BadInput:
        if not folder:
            raise
        names = []
    names = [name for name in names if _kind(name)]
    if not names:
        raise BadInput(
            f"{path}: got no suffix of {', '.join(_SUFFIXES)}, and no folder of such files; expected one; rename the "
            "file, or name hf:…"
        )
    # Files are told apart by the part of their paths below what they share.
    above = posixpath.commonprefix(names).rfind("/") + 1
    for name in names:
        yield f"{name[above:]} " if len(names) > 1 else "", _file_rows(name, column)


def _file_rows(path: str, column: str | None) -> Iterator[BenchmarkRow]:
    """Return the rows of a file, read by its suffix."""
    kind = _kind(path)
    if kind == ".jsonl":
        return ((f"{name}, line {n}", _json(line, f"{name}, line {n}")) for name, n, line in _filled(path))
    if kind == ".csv":
        return _csv_rows(path)
    if kind == ".json":
        return _json_rows(path, column)
    return _parquet_rows(path)


def _filled(path: str) -> Iterator[tuple[str, int, str]]:
    """Return the lines of a file that are not blank, with file name and number."""
    return (line for line in text_lines(path) if not line[2].isspace())


def _json(text: str, where: str) -> Any:
    """Return a JSON value. Raises `BadInput` with the place for anything else."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: not JSON ({error}); expected a JSON value; mend the file") from None


def _json_rows(path: str, column: str | None) -> Iterator[BenchmarkRow]:
    """Yield the rows of a JSON file: a list of questions, an object that holds one list, or a question itself."""
    for name, file in open_files(path):
        try:
            content = file.read(_MOST_JSON_BYTES + 1)
            text = content.decode("utf-8-sig")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise BadInput(f"{name}: cannot be read ({error}); expected a JSON file in UTF-8; check the file") from None
        # JSON is read whole, so its size has to be bounded.
        if len(content) > _MOST_JSON_BYTES:
            raise BadInput(f"{name}: is larger than {_MOST_JSON_BYTES} bytes; make it lines with jq -c '.[]'")
        value = _json(text, name)
        if isinstance(value, dict) and _holds_question(value, column):
            value = [value]
        lists = [inner for inner in value.values() if isinstance(inner, list)] if isinstance(value, dict) else [value]
        if len(lists) != 1 or not isinstance(lists[0], list):
            raise BadInput(
                f"{name}: expected a question, a JSON list of them or an object that holds one list; use .jsonl"
            )
        yield from ((f"{name}, row {number}", row) for number, row in enumerate(lists[0], start=1))


def _csv_rows(path: str) -> Iterator[BenchmarkRow]:
    """Yield the rows of a CSV file, each with its place."""
    for name, lines in groupby(text_lines(path), key=itemgetter(0)):
        reader = csv.DictReader((text for _, _, text in lines), strict=True)
        try:
            for row in reader:
                yield f"{name}, line {reader.line_num}", row
        except csv.Error as error:
            raise BadInput(f"{name}, line {reader.line_num}: not CSV ({error}); mend the row that ends here") from None


def _parquet_rows(path: str) -> Iterator[BenchmarkRow]:
    """Yield the rows of a Parquet file, each with its place."""
    for name, file in open_files(path, compression=None):
        number = 0
        try:
            for batch in pq.ParquetFile(file).iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{name}, row {number}", row
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
            raise BadInput(f"{name}: cannot be read as Parquet ({reason}); expected a whole Parquet file") from None


def _hub(spec: str) -> tuple[str, str | None, Iterator[BenchmarkRow]]:
    """Return name, column and rows of `hf:NAME[:CONFIG][:SPLIT][:COLUMN]`."""
    # A slice such as test[:100] is one part.
    name, *rest = re.split(r":(?![^\[\]]*\])", spec.removeprefix("hf:"))
    if not name or len(rest) > 3:
        raise BadInput(f"{spec}: expected hf:name, hf:name:config, hf:name:split or hf:name:config:split[:column]")
    # One part alone is a split where it is called like one, otherwise a config.
    if len(rest) == 1 and rest[0].partition("[")[0] in _SPLITS:
        rest = ["", *rest]
    config, split, column = [*rest, "", "", ""][:3]
    return name, column or None, _hub_rows(name, config or None, split or "test")


def _hub_rows(name: str, config: str | None, split: str) -> Iterator[BenchmarkRow]:
    """Yield the rows of a data set of the Hub. Raises `BadInput` for whatever goes wrong there."""
    try:
        # Slow to import, and only this needs it.
        import datasets

        for number, row in enumerate(datasets.load_dataset(name, config, split=split), start=1):
            yield f"{name} split {split}, row {number}", row
    except Exception as error:  # datasets, the hub and the file readers each raise kinds of their own
        reason = " ".join(str(error).split())[:300]
        raise BadInput(
            f"benchmark {name!r} (config {config!r}, split {split!r}) cannot be read ({type(error).__name__}: "
            f"{reason}); expected a data set that has this split; check name, split and network, or name a file"
        ) from error


def _id(row: Any, number: int) -> str:
    """Return the row's own id, or its number."""
    names = _by_low_name(row) if isinstance(row, Mapping) else {}
    values = (row[names[column]] for column in _ID_COLUMNS if column in names)
    return next((str(value) for value in values if isinstance(value, str | int) and value != ""), str(number))


def _question(row: Any, column: str | None, where: str) -> str:
    """Return the text of a row's question. Raises `BadInput` where there is none."""
    if isinstance(row, str) and column is None:
        return row
    if not isinstance(row, Mapping):
        raise BadInput(f"{where}: got a {type(row).__name__}, expected an object with a question")
    columns = column.split("+") if column else _guessed(row, where)
    texts = []
    for name in columns:
        if name not in row:
            raise BadInput(f"{where}: there is no column {name!r}; expected one of {', '.join(map(repr, row))}")
        if not isinstance(row[name], str) or not row[name].strip():
            raise BadInput(f"{where}: column {name!r} is {row[name]!r:.40}; expected a question's text; mend the row")
        texts.append(row[name])
    return "\n".join(texts)


def _holds_question(row: Mapping[str, Any], column: str | None) -> bool:
    """Return True where an object is a question itself, by its columns."""
    names = column.split("+") if column else [name for name in row if name.lower() in _QUESTION_COLUMNS]
    return bool(names) and all(isinstance(row.get(name), str) for name in names)


def _guessed(row: Mapping[str, Any], where: str) -> Sequence[str]:
    """Return the columns that hold the question, by their usual names. Raises `BadInput` where there is none."""
    names = _by_low_name(row)
    # SVAMP has the facts in one column and the question in the other.
    if "body" in names and "question" in names:
        return [names["body"], names["question"]]
    column_found = next((names[column] for column in _QUESTION_COLUMNS if column in names), None)
    if column_found is None:
        raise BadInput(
            f"{where}: no column is called {', '.join(_QUESTION_COLUMNS)}; got {', '.join(map(repr, row))}; "
            "name it after the path: FILE:COLUMN"
        )
    return [column_found]


def _by_low_name(names: Iterable[Any]) -> dict[str, Any]:
    """Return column names by their lower-case form."""
    return {name.lower(): name for name in names if isinstance(name, str)}
