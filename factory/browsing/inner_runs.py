"""Runs within a folder that is looked at, such as those of training rounds: how often the model of each is right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from factory.browsing.parts import Part


def inner_runs(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return a row per folder with records, in the order of their names.

    Args:
      parts: facts of the questions of all folders.

    Returns:
      Of each folder its name as `part` ("" is the outer one), and sums over its questions that are not gone:
      `questions`, independent `samples`, and `right` ones of these.
    """
    sums: dict[str, list[int]] = {}
    for part in parts:
        codes, names = part.codes("part"), part.names("part")
        there = np.ones(len(part), bool) if part.gone is None else ~part.gone
        for weights, place in ((np.ones(len(part)), 0), (part.values("samples"), 1), (part.values("right"), 2)):
            amounts = np.bincount(codes[there], weights=weights[there], minlength=len(names))
            for name, amount in zip(names, amounts.tolist(), strict=True):
                sums.setdefault(name, [0, 0, 0])[place] += int(amount)
    return [
        {"part": name, "questions": questions, "samples": samples, "right": right}
        for name, (questions, samples, right) in sorted(sums.items())
        if questions
    ]
