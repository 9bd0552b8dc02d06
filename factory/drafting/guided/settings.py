"""Settings that searches guided by a verifier share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from factory.contracts.roles import SCORE
from factory.drafting.conclusion import SELECTIONS
from factory.drafting.scores import AGGREGATES
from factory.plugins import suggest

WHOLE = "whole"
"""Aggregate that leaves it to the scorer: its score of the text, as that of an outcome reward model."""


@dataclass
class Guidance:
    """Verifier that guides a search, and what it decides.

    * `verifier`: role of the model that scores (`models.prm`).
    * `aggregate`: score of a draft from those of its steps: `last`, `min`, `product`, `mean`, or `whole`, the scorer's.
    * `select`: final choice: `weighted` (votes weighted by score), `max` (highest score), `majority` (votes alone).
    """

    verifier: str = "prm"
    aggregate: str = "last"
    select: str = "weighted"

    def __post_init__(self) -> None:
        """Refuse a name that is none of those above. Raises `ValueError`."""
        for key, names in (("aggregate", [*AGGREGATES, WHOLE]), ("select", [*SELECTIONS])):
            value = getattr(self, key)
            if value not in names:
                raise ValueError(f"{key} is {value!r}. {suggest(value, names)}")
        if not self.verifier:
            raise ValueError("verifier is empty: expected the role of a model that scores, such as prm")


def asks_the_verifier(config: Guidance) -> Mapping[str, str]:
    """Return the role of the verifier, which scores."""
    return {config.verifier: SCORE}
