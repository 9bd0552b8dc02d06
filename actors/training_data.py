"""Reading the examples of a training job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import TrainingFailed

PAIR = ("prompt", "completion")
MESSAGES = "messages"


def data_files(folder: str) -> list[Path]:
    """The Parquet files of a data folder in order. Raises `TrainingFailed` when there are none."""
    for place in (Path(folder) / "data", Path(folder)):
        if found := sorted(place.glob("train-*.parquet")):
            return found
    raise TrainingFailed(
        f"{folder} holds no training data; expected data/train-*.parquet on the machine that trains; "
        "check that the folder is there and shared with that machine"
    )


def examples(folder: str, batch: int = 1024) -> Iterator[dict[str, Any]]:
    """Each row as `{"prompt", "completion"}`, both text or both lists of `{"role", "content"}`, lazily.

    A `messages` column (the export format `sft`) is split before its last message. Raises `TrainingFailed`.
    """
    for row, where in rows(folder, (PAIR, (MESSAGES,)), batch=batch):
        yield _pair(row, where)


def rows(folder: str, choices: Sequence[Sequence[str]], batch: int = 1024) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row and where it stands, lazily, with the columns of the first of `choices` that its file has whole.

    Raises `TrainingFailed`.
    """
    for path in data_files(folder):
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


def _columns(names: Sequence[str], choices: Sequence[Sequence[str]], path: Path) -> list[str]:
    for columns in choices:
        if set(columns) <= set(names):
            return list(columns)
    wanted = ", or ".join(" and ".join(columns) for columns in choices)
    raise TrainingFailed(f"{path} has the columns {', '.join(names)}; expected {wanted}")


def _pair(row: dict[str, Any], where: str) -> dict[str, Any]:
    if MESSAGES in row:
        messages = row[MESSAGES] or []
        row = {"prompt": messages[:-1], "completion": messages[-1:]}
    prompt, completion = row["prompt"], row["completion"]
    if isinstance(prompt, str) and isinstance(completion, str):
        return row
    if not (isinstance(prompt, list) and isinstance(completion, list)):
        raise TrainingFailed(f"{where}: expected prompt and completion as two texts or as two lists of messages")
    if not prompt or [message["role"] for message in completion] != ["assistant"]:
        roles = ", ".join(str(message["role"]) for message in (*prompt, *completion))
        raise TrainingFailed(
            f"{where}: got messages by {roles or 'nobody'}; expected a prompt, then one message by the assistant"
        )
    return row
