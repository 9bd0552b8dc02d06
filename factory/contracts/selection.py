"""Contract of the selections in `factory/selection/`, picked by `keep.method`: which solutions become training data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from factory.plugins import Plugin, Registry
from factory.self_training.candidates import Candidate, Decision


class SelectFunction(Protocol):
    """Choose training data among the solutions of one question."""

    def __call__(
        self, candidates: Sequence[Candidate], hint: str, gold: str, config: Any, rng: Random
    ) -> list[Decision]:
        """Return one decision per candidate. The order of `candidates` does not matter.

        Args:
          candidates: sampled solutions of the question, and those that were written with the gold answer as a hint.
          hint: text that the prompt of the hinted ones added; "" without any.
          gold: the gold answer; "" where there is none.
          config: the plug-in's filled `Config`.
          rng: source of all random draws, seeded by run, round and question.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionPlugin(Plugin):
    """Names that a selection defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `keep` beside `method`."""

    select: SelectFunction
    """Function that decides on every candidate of one question."""

    RATIONALISES: bool
    """True where unsolved questions are to be asked again with the gold answer as a hint."""


SELECTION = Registry("factory.selection", SelectionPlugin, kind="a selection", key="method")
