"""Check of the amounts in the settings of search methods."""

from __future__ import annotations

from typing import Any


def at_least(config: Any, **least: int) -> None:
    """Raise `ValueError` for a field of `config` that is below its least value."""
    for name, bound in least.items():
        if (value := getattr(config, name)) < bound:
            raise ValueError(f"{name} is {value}: expected {bound} or more")
