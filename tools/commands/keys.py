"""`factory plan --keys`: reference of all config keys, read off the dataclasses that check them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, get_type_hints

from pipelines.pools.pool import MODELS, PoolSection
from pipelines.run.contract import PIPELINES, PluginSection
from pipelines.run.sections import SECTIONS
from pipelines.run.settings import PLUGIN_SECTIONS

WIDTH = 38  # of the key column: longer keys just push their line to the right


@dataclass(frozen=True, slots=True)
class Key:
    """Config key, such as `search.n`, with its type as somebody writes it and its default."""

    key: str
    type: str
    default: Any


def key_lines(pipelines: list[str] | None = None) -> Iterator[str]:
    """Yield the reference, line by line: every section, every plug-in of it, every key with its type and default.

    `pipelines`: whose own sections are shown, by name; None shows those of all. Raises `BadInput` for one that is none.
    """
    for entry in _reference(pipelines):
        if isinstance(entry, Key):
            yield f"  {entry.key:<{WIDTH}} {entry.type:<12} {entry.default!r}"
        else:
            yield entry


def key_figures(pipelines: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the keys as JSON values; "of" is the heading that each stands under. Raises `BadInput` as `key_lines`."""
    of, keys = "", []
    for entry in _reference(pipelines):
        if isinstance(entry, Key):
            keys.append({**asdict(entry), "of": of})
        elif entry.startswith("\n"):
            of = entry.strip()
    return keys


def _reference(pipelines: list[str] | None) -> Iterator[str | Key]:
    """Yield all keys, with the headings and descriptions before them; a heading begins with an empty line."""
    yield "Keys of every pipeline: pipeline, model, and the sections below. Set one with section.key=value."
    yield from _sections(SECTIONS, "")
    yield from _plugin_sections(PLUGIN_SECTIONS, "")
    yield f"\n{MODELS}.ROLE, for every role that a plug-in asks beside the policy"
    yield from _entries(f"{MODELS}.ROLE", PoolSection)
    for name in pipelines if pipelines is not None else PIPELINES.names():
        pipeline = PIPELINES.load(name).PIPELINE
        yield from _sections(pipeline.sections, f" (pipeline: {name})")
        yield from _plugin_sections(pipeline.plugin_sections, f" (pipeline: {name})")


def _sections(sections: Mapping[str, type[Any]], of: str) -> Iterator[str | Key]:
    for name, config in sections.items():
        yield f"\n{name}{of}"
        yield from _entries(name, config)


def _plugin_sections(sections: Mapping[str, PluginSection], of: str) -> Iterator[str | Key]:
    for name, section in sections.items():
        registry = section.registry
        for picked in registry.names():
            default = " (default)" * (picked == section.default)
            yield f"\n{name} with {name}.{registry.key}={picked}{default}{of}"
            yield from _entries(name, registry.load(picked).Config)


def _entries(prefix: str, config: type[Any]) -> Iterator[str | Key]:
    """Yield what a dataclass says of itself, then a line per field; fields of a nested one follow under its name."""
    own = inspect.cleandoc(config.__doc__ or "")
    # A dataclass without a docstring gets its signature as one: that says less than the lines below.
    if own and not own.startswith(f"{config.__name__}("):
        yield from (f"  {line}".rstrip() for line in own.splitlines())
    hints, filled = get_type_hints(config), config()
    for field in fields(config):
        key, value = f"{prefix}.{field.name}", getattr(filled, field.name)
        if is_dataclass(value):
            yield from _entries(key, type(value))
        else:
            yield Key(key, _type_name(hints[field.name]), value)


def _type_name(hint: Any) -> str:
    """Return a type as somebody writes it: `str | None`, `list[str]`."""
    return hint.__name__ if isinstance(hint, type) and not getattr(hint, "__args__", ()) else str(hint)
