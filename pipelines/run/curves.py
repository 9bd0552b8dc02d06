"""Curves that a pipeline's run has come to, as `factory report` draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float, float | None]
"""Point of a curve: place, value, standard error where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Curves of one picture.

    Attributes:
      title: what is seen, in a few words.
      caption: what it says, in a sentence.
      x, y: names of the axes.
      lines: points by label, in the order of their places.
      shares: True where values are shares of 1.
    """

    title: str
    caption: str
    x: str
    y: str
    lines: Mapping[str, Sequence[Point]]
    shares: bool = True
