"""Values of environment variables on their way from the driver to an engine's actor, and nowhere else.

Three kinds: keys of servers, by the variables that an engine's settings name; the settings' own `env`; and what the
driver's environment says of the model hub (`FORWARDED`). Ray keeps arguments of an actor in memory only, while an
actor's `runtime_env` is written to logs and shown by its lists.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ENV = "env"
"""Field of an engine's `Config` that holds environment variables, by name; a value of None is the driver's own."""
FORWARDED = ("HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "TRANSFORMERS_OFFLINE")
"""Variables by which a model hub is reached: what a person has set beside the command holds on every machine."""
_AT_START = ("LD_", "PYTHON", "MALLOC_", "GLIBC_")
"""Beginnings of variables that a process reads when it starts; the others may be set before the first import."""


@dataclass(frozen=True)
class Keys:
    """Values of environment variables that may hold secrets, by the variables' names. They are in no representation."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @staticmethod
    def named_by(config: Any, fields: Sequence[str]) -> Keys:
        """Return the variables that `fields` of an engine's `config` name, as far as they are set here."""
        names = [getattr(config, name) for name in fields]
        return Keys({name: os.environ[name] for name in names if name and _is_set(name)})

    @staticmethod
    def for_engine(config: Any, fields: Sequence[str]) -> Keys:
        """Return all variables that an engine of `config` gets from here: those of its `env` win over all others."""
        forwarded = {name: os.environ[name] for name in FORWARDED if _is_set(name)}
        own = {name: os.environ.get(name) if value is None else value for name, value in env_of(config).items()}
        given = {name: value for name, value in own.items() if value is not None}
        return Keys({**forwarded, **Keys.named_by(config, fields).values, **given})

    def put_into_environment(self) -> None:
        """Set the variables in this process: what a person has set beside the command counts, not a machine's own."""
        os.environ.update(self.values)


def unset(config: Any, fields: Sequence[str]) -> dict[str, str]:
    """Return the variables that an engine of `config` takes from here and that are not set here, by field.

    Args:
      config: settings of the engine.
      fields: fields of it that name variables; its `env` is looked at in any case.
    """
    named = {name: getattr(config, name) for name in fields}
    named |= {f"{ENV}.{name}": name for name, value in env_of(config).items() if value is None}
    return {name: variable for name, variable in named.items() if variable and not _is_set(variable)}


def env_of(config: Any) -> Mapping[str, str | None]:
    """Return the environment variables of an engine's settings; none where it has no such field."""
    return getattr(config, ENV, None) or {}


def at_start(config: Any) -> dict[str, str]:
    """Return those of an engine's `env` that have to be there when its process starts, such as `LD_PRELOAD`."""
    values = Keys.for_engine(config, ()).values
    return {name: values[name] for name in env_of(config) if name.startswith(_AT_START) and name in values}


def without_values(values: Any) -> Any:
    """Return a config as it may be written down: of every `env` in it the names alone.

    `values` is a config of plain values, or a part of one.
    """
    if isinstance(values, Mapping):
        return {
            key: dict.fromkeys(inner) if key == ENV and isinstance(inner, Mapping) else without_values(inner)
            for key, inner in values.items()
        }
    return [without_values(inner) for inner in values] if isinstance(values, (list, tuple)) else values


def _is_set(variable: str) -> bool:
    """Return True where a variable of this process holds more than blanks."""
    return bool(os.environ.get(variable, "").strip())
