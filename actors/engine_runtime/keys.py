"""Keys of servers on their way from the driver's environment to that of an engine's actor, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Keys:
    """Values of environment variables that hold secrets, by the variables' names. They are in no representation."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    @staticmethod
    def named_by(config: Any, fields: Sequence[str]) -> Keys:
        """Return the variables that `fields` of an engine's `config` name, as far as they are set here."""
        names = [getattr(config, name) for name in fields]
        return Keys({name: os.environ[name] for name in names if name and _is_set(name)})

    def put_into_environment(self) -> None:
        """Set the variables in this process: what a person has set beside the command counts, not a machine's own."""
        os.environ.update(self.values)


def unset(config: Any, fields: Sequence[str]) -> dict[str, str]:
    """Return the variables that `fields` of an engine's `config` name and that are not set here, by field."""
    named = {name: getattr(config, name) for name in fields}
    return {name: variable for name, variable in named.items() if variable and not _is_set(variable)}


def _is_set(variable: str) -> bool:
    """Return True where a variable of this process holds more than blanks."""
    return bool(os.environ.get(variable, "").strip())
