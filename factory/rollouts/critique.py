"""Critique of a solution by a model: its words, and what they come to, read strictly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique:
    """Critique of a solution by a model.

    * `text`: all that it said, without its thoughts. `right`: its verdict on the solution; None where it has none that
      can be read.
    * `role`: role of the model.
    * `first_error`: 0-based step that it names as the first wrong one, -1 for none; None where it was not asked for a
      step, or what it says cannot be read.
    * `reasoning`: thoughts before what it said; "" where there are none.
    * `tokens`: tokens that it sampled; 0 where nobody has counted them.
    """

    text: str
    right: bool | None
    role: str
    first_error: int | None = None
    reasoning: str = ""
    tokens: int = 0
