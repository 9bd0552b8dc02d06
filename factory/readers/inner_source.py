"""Source within another source's config, as `split` and `slice` have one: a section like `source`, with its `kind`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from factory.added_fields import values_to_hash
from factory.config import field_names, fill, refuse_unknown
from factory.contracts.sources import SOURCES, SourcePlugin
from factory.errors import BadInput
from factory.types import Question

_DEFAULT_KIND = "procedural"


def inner_section(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the section of an inner source, checked and complete: equal sources are equal sections.

    Args:
      values: the section as a user wrote it.
      name: its key in section `source`, for messages.

    Raises:
      BadInput: it is no section of a source.
    """
    return {"kind": _kind(values), **values_to_hash(_source_and_config(values, name)[1])}


def inner_questions(section: dict[str, Any], name: str) -> Iterator[Question]:
    """Return the questions of an inner source; `name` is its key in section `source`. Raises `BadInput`."""
    source, config = _source_and_config(section, name)
    return source.questions(config)


def inner_questions_from(section: dict[str, Any], name: str, row: int) -> Iterator[Question]:
    """Return the questions of an inner source but for the first `row`. Raises `BadInput`."""
    source, config = _source_and_config(section, name)
    if source.questions_from is not None:
        return source.questions_from(config, row)
    return islice(source.questions(config), row, None)


def inner_stamp(section: dict[str, Any], name: str) -> str | None:
    """Return the stamp of an inner source; None where it has none. Raises `BadInput`."""
    source, config = _source_and_config(section, name)
    return None if source.stamp is None else source.stamp(config)


def _source_and_config(values: dict[str, Any], name: str) -> tuple[SourcePlugin, Any]:
    """Return the plug-in of an inner source and its config. Raises `BadInput`."""
    if not isinstance(values, dict):
        raise BadInput(f"source.{name} is {values!r}. Expected a mapping such as {{kind: {_DEFAULT_KIND}}}.")
    source = SOURCES.load(_kind(values))
    refuse_unknown(values, ["kind", *field_names(source.Config)], f"source.{name}")
    rest = {key: value for key, value in values.items() if key != "kind"}
    return source, fill(source.Config, rest, f"source.{name}")


def _kind(values: dict[str, Any]) -> str:
    """Return the kind of an inner source."""
    return str(values.get("kind", _DEFAULT_KIND))
