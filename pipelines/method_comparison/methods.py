"""Methods of a comparison, as a user writes them: a search with its keys, and other sampling or another prompt.

    majority: sample n=8
    cool-beam: beam width=4 sampling.temperature=0.5
    weighted: {method: best_of_n, n: 8, select: weighted, sampling: {temperature: 0.9}}

A key without a dot is one of the search method's own. What is not said stays as the config has it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from factory.config import parse_yaml
from factory.errors import BadInput

# Sections that a method may change: the others say what is asked, of whom and where, which has to be the same for all.
OWN = ("search", "sampling", "prompt")
_NAME = re.compile(r"[\w.@+=-]{1,64}")
_NAMED = re.compile(r"\s*([^\s=:]+)\s*:\s+(.*)", re.DOTALL)
_EXAMPLE = "'majority: sample n=8'"


@dataclass(frozen=True, slots=True)
class Method:
    """Method of a comparison: its name, and what it changes of the config, by section; `search` is among them."""

    name: str
    changed: Mapping[str, Mapping[str, Any]]


def methods_of(given: Mapping[str, Any]) -> dict[str, Method]:
    """Return the methods of section `compare.methods`, by name, in their order. Raises `BadInput`."""
    return {name: Method(name, _changed(_checked(name), entry)) for name, entry in given.items()}


def entries(texts: Iterable[str]) -> dict[str, str]:
    """Return what a user wrote on a command line as entries of `compare.methods`.

    Each text is "NAME: METHOD key=value …", or without the name that of the method is taken. Raises `BadInput` for two
    of one name.
    """
    named: dict[str, str] = {}
    for text in texts:
        match = _NAMED.fullmatch(text)
        name, entry = match.groups() if match else (text.split(maxsplit=1)[0].rpartition(".")[2] if text else "", text)
        if name in named:
            raise BadInput(
                f"two methods are called {name!r}: {named[name]!r} and {entry!r}. Expected a name for each, as in "
                f"--method {_EXAMPLE}."
            )
        named[_checked(name)] = entry
    return named


def _checked(name: str) -> str:
    """Return a name that may be that of a folder. Raises `BadInput`."""
    if not _NAME.fullmatch(name) or not name.strip("."):
        raise BadInput(
            f"{name!r} is no name of a method. Expected letters, digits and .@+=-_, at most 64, as in {_EXAMPLE}."
        )
    return name


def _changed(name: str, entry: Any) -> dict[str, dict[str, Any]]:
    """Return what an entry changes, by section. Raises `BadInput`."""
    where = f"method {name!r}"
    values = _of_text(entry, where) if isinstance(entry, str) else entry
    if not isinstance(values, Mapping) or not values.get("method"):
        raise BadInput(f"{where} is {entry!r}. Expected a search method and its keys, as in {_EXAMPLE}.")
    sections = {key: dict(inner) for key, inner in values.items() if key in OWN[1:] and isinstance(inner, Mapping)}
    for section in sections.keys() & {"search"}:
        raise BadInput(f"{where} has a section {section}. Expected the search's keys beside `method`.")
    return {"search": {key: inner for key, inner in values.items() if key not in sections}, **sections}


def _of_text(text: str, where: str) -> dict[str, Any]:
    """Return an entry that is a text as a mapping. Raises `BadInput`."""
    try:
        method, *keys = shlex.split(text) or [""]
    except ValueError as error:
        raise BadInput(f"{where} is {text!r}: {error}. Expected one like {_EXAMPLE}.") from None
    if not method or "=" in method:
        raise BadInput(f"{where} is {text!r}. Expected a search method first, then its keys, as in {_EXAMPLE}.")
    overrides = [key if "." in key.partition("=")[0] else f"search.{key}" for key in keys]
    given = parse_yaml("{}", where, overrides)
    for section in given:
        if section not in OWN:
            raise BadInput(
                f"{where} changes {section}. Expected keys of {', '.join(OWN)} only: everything else is the same for "
                "all methods, and belongs into the config or behind it."
            )
    search = given.pop("search", {})
    return {"method": method, **search, **given}
