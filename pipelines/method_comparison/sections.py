"""Config section `compare`: which methods, on how many questions, at which budget."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Compare:
    """Config section `compare`, which pipeline `compare_methods` has. `factory resume` takes others of all but two.

    Attributes:
      methods: by name, a search method with its keys ("best_of_n n=8 select=weighted"), or a mapping of them.
      tokens: tokens that each method shall sample per question, by the choice of its amount (such as `n`); 0 is what
        the reference spends.
      amounts: run every method with each of these amounts instead: accuracy against tokens.
      as_given: run every method with the amount that its entry says, whatever it spends.
      questions: questions that are compared on, behind those of the pilot; 0 is all. It stays as it is.
      pilot: questions at the beginning of the source on which amounts are tried. It stays as it is.
      reference: method that the others are held against; "" is the first.
      scored_weight: what a token that a reward model reads counts, where a sampled one counts 1.
    """

    methods: dict[str, Any] = field(default_factory=dict)
    tokens: int = 0
    amounts: list[int] = field(default_factory=list)
    as_given: bool = False
    questions: int = 0
    pilot: int = 16
    reference: str = ""
    scored_weight: float = 0.0

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value out of its range."""
        if min(self.tokens, self.questions, self.pilot) < 0:
            raise ValueError(
                f"tokens is {self.tokens}, questions is {self.questions}, pilot is {self.pilot}: expected 0 or more"
            )
        if not 0 <= self.scored_weight < math.inf:
            raise ValueError(f"scored_weight is {self.scored_weight}: expected 0 or more")
        if any(amount < 1 for amount in self.amounts) or len(set(self.amounts)) < len(self.amounts):
            raise ValueError(f"amounts is {self.amounts}: expected different whole numbers from 1 on")
        modes = [name for name in ("tokens", "amounts", "as_given") if getattr(self, name)]
        if len(modes) > 1:
            raise ValueError(f"{' and '.join(modes)} are both given: expected at most one of them")

    @property
    def calibrates(self) -> bool:
        """True when amounts are chosen so that all methods spend equally many tokens."""
        return not (self.amounts or self.as_given)


SECTIONS = {"compare": Compare}
EXCLUDED_FROM_FINGERPRINT = (
    "search",
    *(f"compare.{key}" for key in ("methods", "tokens", "amounts", "as_given", "reference", "scored_weight")),
)
"""Keys that may be others when a comparison goes on: the runs within have fingerprints of their own."""
