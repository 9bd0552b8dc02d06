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
        return Keys({name: os.environ[name] for name in names if name and os.environ.get(name)})

    def put_into_environment(self) -> None:
        """Set the variables in this process; one that its machine has set already stays as it is."""
        for name, value in self.values.items():
            os.environ.setdefault(name, value)
