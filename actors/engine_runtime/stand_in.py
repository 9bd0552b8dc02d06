"""Engines without a model: nothing to load, to lose or to free."""

from __future__ import annotations

import threading
from typing import Any

from actors.engine_start.span import Span


class StandIn:
    """Part of `factory.interfaces.Engine` that is the same for `scripted` and `simulated`; they add `generate`.

    `name` is also the model's in the records: whatever model was asked for, this is what answers. So simulated data
    cannot pass for real.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.model: str | None = name
        self.revision: str | None = None
        self.max_model_len: int | None = None

    async def start(self) -> None:
        """Do nothing: there is no process to start."""
        return None

    async def health(self) -> None:
        """Return at once: there is nothing that can die."""
        return None

    async def load_weights(self, path: str) -> None:
        """Do nothing: there are no weights."""
        return None

    async def stats(self) -> dict[str, float]:
        """Return nothing: a stand-in holds any number of samples, none of which takes time."""
        return {}

    async def close(self) -> None:
        """Do nothing: there is nothing to free."""
        return None


def follow(config: Any, model: str, span: Span) -> None:
    """Wait for ever, as a part of an engine that has nothing to compute: its actor ends with the engine's."""
    threading.Event().wait()
