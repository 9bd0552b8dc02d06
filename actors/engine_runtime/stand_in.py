"""What the engines without a model share: there is nothing to load, to lose or to free."""

from __future__ import annotations


class StandIn:
    """The part of `factory.interfaces.Engine` that is the same for `scripted` and `simulated`; they add `generate`.

    `name` is also the model's in the records: whatever model was asked for, this is what answers.
    """

    def __init__(self, name: str) -> None:
        self.name = self.model = name

    async def start(self) -> None:
        return None

    async def health(self) -> None:
        return None

    async def load_weights(self, path: str) -> None:
        return None

    async def close(self) -> None:
        return None
