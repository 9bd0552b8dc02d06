"""Contract of the question sources in `factory/sources/`, picked by `source.kind`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from factory.plugins import Plugin, Registry
from factory.storage.store import Store
from factory.types import Question


class QuestionsFunction(Protocol):
    """Read the questions of a source."""

    def __call__(self, config: Any) -> Iterator[Question]:
        """Yield the questions in the source's order, the same ones at every call.

        `config` is the plug-in's filled `Config`. Raises `BadInput` for a source that cannot be read, and names file,
        line and what was expected.
        """
        ...


class QuestionsInFunction(Protocol):
    """Read the questions of a source that is a folder of records."""

    def __call__(self, store: Store, config: Any) -> Iterator[Question]:
        """Yield the questions of the open folder `store`, which is the one that `config.path` names."""
        ...


class QuestionsFromFunction(Protocol):
    """Read the questions of a source from one of them on."""

    def __call__(self, config: Any, row: int) -> Iterator[Question]:
        """Yield what `questions` yields but for its first `row`, without making these where that costs less."""
        ...


class StampFunction(Protocol):
    """Tell whether a source may have changed, without reading it."""

    def __call__(self, config: Any) -> str | None:
        """Return a text that is another one when the source has changed, such as sizes and times of its files.

        "" for a source that `config` alone decides; None where that cannot be told without reading it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlugin(Plugin):
    """Names that a question source defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `source` beside `kind`."""

    questions: QuestionsFunction
    """Function that yields the questions. It holds no more of the source in memory than it has to."""

    questions_in: QuestionsInFunction | None = None
    """Function for sources whose `Config` has a `path` to a folder of records; None for all others.

    A source within a run's own folder is read through it, with the credentials of the run, which stand in no config.
    """

    questions_from: QuestionsFromFunction | None = None
    """Function that begins in the middle; None for sources that have to be read from their beginning."""

    stamp: StampFunction | None = None
    """Function that tells whether the source may have changed; a run of a source without one reads it all to resume."""


SOURCES = Registry("factory.sources", SourcePlugin, kind="a question source", key="kind")
