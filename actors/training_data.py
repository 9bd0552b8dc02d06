"""Reading the examples of a training job."""

from __future__ import annotations

from collections.abc import Iterator
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
    for path in data_files(folder):
        try:
            with pq.ParquetFile(path) as file:
                columns = _columns(file.schema_arrow, path)
                for part in file.iter_batches(batch_size=batch, columns=list(columns)):
                    for number, row in enumerate(part.to_pylist()):
                        yield _pair(row, f"{path}, a row near {number}")
        except (OSError, pa.ArrowException) as error:
            raise TrainingFailed(f"{path} cannot be read ({error}); write the training data again") from None


def _columns(schema: pa.Schema, path: Path) -> tuple[str, ...]:
    for columns in (PAIR, (MESSAGES,)):
        if set(columns) <= set(schema.names):
            return columns
    raise TrainingFailed(
        f"{path} has the columns {', '.join(schema.names)}; expected prompt and completion, or messages"
    )


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
