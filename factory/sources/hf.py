"""Questions from any Hugging Face data set: a hub id, or a local folder of JSONL, CSV or Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from factory.errors import BadInput
from factory.readers.columns import Columns, SourceRow, check_columns, needed, to_questions
from factory.types import Question


@dataclass
class Config(Columns):
    """Arguments of `datasets.load_dataset`, besides `Columns`.

    * `path`: a hub id such as `openai/gsm8k`, or a local folder; `name`: its configuration, such as `main`.
    * `split`: `train`, `test[:100]` and so on; `revision`: a commit or tag of the data set, for an exact repeat.
    * `streaming`: read as you go, instead of downloading all of it first.
    * `storage_options`: for data on `s3://` and its like.
    """

    path: str = ""
    name: str | None = None
    split: str = "train"
    revision: str | None = None
    streaming: bool = False
    storage_options: dict[str, Any] = field(default_factory=dict)


def questions(config: Config) -> Iterator[Question]:
    """Yield the questions of the split, in its order. Raises `BadInput` when it cannot be had or a row is bad."""
    return to_questions(_rows(config), config, source=config.path)


def _rows(config: Config) -> Iterator[SourceRow]:
    """Yield the rows of the split, only the columns that are asked for."""
    if not config.path:
        raise BadInput("the source's path is empty; expected a data set's hub id or a local folder")
    try:
        dataset = _load(config)
        if dataset.column_names is not None:
            # The names are unknown for some streams: then each row is checked instead.
            check_columns(dataset.column_names, config, config.path)
            dataset = dataset.select_columns(needed(config, dataset.column_names))
        for number, row in enumerate(dataset, start=1):
            yield f"{config.path} split {config.split}, row {number}", row
    except BadInput:
        raise
    except Exception as error:
        # The library, the hub and the file readers each raise kinds of their own.
        reason = " ".join(str(error).split())[:300]
        raise BadInput(
            f"data set {config.path!r} (name {config.name!r}, split {config.split!r}) cannot be read "
            f"({type(error).__name__}: {reason}); expected a hub id or a local folder that has this split; check "
            "the id, the name, the split and the network"
        ) from error


def _load(config: Config) -> Any:
    """Return the data set."""
    # Slow to import, and only this source needs it.
    import datasets

    return datasets.load_dataset(
        config.path,
        config.name,
        split=config.split,
        revision=config.revision,
        streaming=config.streaming,
        storage_options=dict(config.storage_options) or None,  # a fresh dict: load_dataset changes what it gets
    )
