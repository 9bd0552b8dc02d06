"""Rows of a training's data files, checked: prompts with completions, or whatever columns a trainer asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.training_data.files import data_files
from factory.errors import TrainingFailed
from factory.export.split import TRAIN, VALIDATION
from factory.reasoning.thoughts import CLOSING, OPENING, joined

PAIR = ("prompt", "completion")
MESSAGES = "messages"
COMPLETIONS: tuple[Sequence[str], ...] = (PAIR, (MESSAGES,))
VERDICT = "label"


def check_columns(folder: str, choices: Sequence[Sequence[str]], refused: str = "") -> None:
    """Check the columns of every file of both splits.

    Args:
      folder: data folder.
      choices: sets of columns; every file must have one of them whole.
      refused: column that no file may have.

    Raises:
      TrainingFailed: names the file and what it lacks.
    """
    for path in (*data_files(folder), *data_files(folder, VALIDATION)):
        try:
            names = pq.read_schema(path).names
        except (OSError, pa.ArrowException) as error:
            raise TrainingFailed(f"{path} cannot be read ({error}); write the training data again") from None
        _columns(names, choices, path)
        if refused in names:
            raise TrainingFailed(
                f"{path} has a column {refused}, so it holds wrong solutions, too; train on it with trainer.kind=orm, "
                "or take the export format sft or prompt_completion"
            )


def examples(folder: str, split: str = TRAIN, batch: int = 1024) -> Iterator[dict[str, Any]]:
    """Yield each row as `{"prompt", "completion"}`, both text or both lists of `{"role", "content"}`.

    A `messages` column (the export format `sft`) is split before its last message. Thoughts in a field of their own
    (`sft_reasoning`) are put in front of what it says, in the marks that most models use.

    Args:
      folder: data folder.
      split: `train` or `validation`.
      batch: rows in memory at a time.

    Raises:
      TrainingFailed: a file cannot be read, or a row holds something else.
    """
    for row, where in rows(folder, COMPLETIONS, split, batch=batch):
        yield _pair(row, where)


def rows(
    folder: str, choices: Sequence[Sequence[str]], split: str = TRAIN, batch: int = 1024
) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each row and its place ("FILE, row N"), with the columns of the first of `choices` that its file has whole.

    Args:
      folder: data folder.
      choices: sets of columns, the preferred one first.
      split: `train` or `validation`.
      batch: rows in memory at a time.

    Raises:
      TrainingFailed: a file cannot be read, or has none of the choices.
    """
    for path in data_files(folder, split):
        try:
            with pq.ParquetFile(path) as file:
                columns = _columns(file.schema_arrow.names, choices, path)
                number = 0
                for part in file.iter_batches(batch_size=batch, columns=columns):
                    for row in part.to_pylist():
                        yield row, f"{path}, row {number}"
                        number += 1
        except (OSError, pa.ArrowException) as error:
            raise TrainingFailed(f"{path} cannot be read ({error}); write the training data again") from None


def require_each(values: Any, right: Callable[[Any], bool], what: str, where: str) -> Any:
    """Return `values` when it is a list and each of its entries is `right`.

    Args:
      values: value of a row.
      right: True for an entry that is as it should be.
      what: what the entries should be, in words.
      where: place of the row, for the message.

    Raises:
      TrainingFailed: names the place and the first entry that is not.
    """
    if not isinstance(values, list):
        raise TrainingFailed(f"{where}: got {str(values)[:60]!r}; expected a list of {what}; export the data again")
    for value in values:
        if not right(value):
            raise TrainingFailed(f"{where}: got {str(value)[:60]!r} among the {what}; export the data again")
    return values


def is_text(value: Any) -> bool:
    """Return True for a prompt, a completion or a step."""
    return isinstance(value, str)


def is_label(value: Any) -> bool:
    """Return True for a verdict: right, wrong, or None where it is not known."""
    return value is None or isinstance(value, bool)


def is_share(value: Any) -> bool:
    """Return True for a share or a chance from 0 to 1, or None where it is not known."""
    return value is None or (isinstance(value, int | float) and 0 <= value <= 1)


def _columns(names: Sequence[str], choices: Sequence[Sequence[str]], path: Path) -> list[str]:
    """Return the first of `choices` that is whole among `names`. Raises `TrainingFailed`."""
    for columns in choices:
        if set(columns) <= set(names):
            return list(columns)
    wanted = ", or ".join(" and ".join(columns) for columns in choices)
    raise TrainingFailed(f"{path} has the columns {', '.join(names)}; expected {wanted}")


def _with_thoughts(message: Any) -> Any:
    """Return a message with its `reasoning_content` in front of its content; it has no other field then."""
    if not isinstance(message, dict) or "reasoning_content" not in message:
        return message
    thoughts, said = message["reasoning_content"], {key: message.get(key) for key in ("role", "content")}
    if not isinstance(thoughts, str) or not thoughts or not isinstance(said["content"], str):
        return said
    return {**said, "content": joined(OPENING, thoughts, CLOSING, said["content"])}


def _pair(row: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a row as prompt and completion of one kind. Raises `TrainingFailed` for anything else."""
    if MESSAGES in row:
        messages = [_with_thoughts(message) for message in row[MESSAGES] or []]
        row = {"prompt": messages[:-1], "completion": messages[-1:]}
    prompt, completion = row["prompt"], row["completion"]
    if isinstance(prompt, str) and isinstance(completion, str):
        return row
    if not (isinstance(prompt, list) and isinstance(completion, list)):
        raise TrainingFailed(f"{where}: expected prompt and completion as two texts or as two lists of messages")
    for message in (*prompt, *completion):
        if not isinstance(message, dict) or not all(isinstance(message.get(key), str) for key in ("role", "content")):
            raise TrainingFailed(f"{where}: got the message {str(message)[:80]}; expected the texts role and content")
    # The loss covers one answer; several turns would need a mask of their own.
    if not prompt or [message["role"] for message in completion] != ["assistant"]:
        roles = ", ".join(str(message["role"]) for message in (*prompt, *completion))
        raise TrainingFailed(
            f"{where}: got messages by {roles or 'nobody'}; expected a prompt, then one message by the assistant"
        )
    return row
