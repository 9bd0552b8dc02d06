"""Rejection sampling fine-tuning: right solutions with distinct reasoning paths, no rationalisation.

Yuan et al., arXiv 2308.01825, sec. 3.3: of the right solutions of a question one is kept per list of equations. The
paper also drops those whose equations do not hold, by having Python evaluate them; model text is never evaluated here.
A solution without equations is its own path, up to spelling (`factory.text.wording.normalised`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from factory.self_training.candidates import Candidate, Decision, Reason, capped, in_order, unfit
from factory.text.wording import normalised

RATIONALISES = False

# Numbers, signs, LaTeX commands and single letters; any longer word ends a formula.
_FORMULA = re.compile(r"(?:[\d\s.,+*/=^%$(){}×÷·−–-]|\\[A-Za-z]+|\\\W|(?<![A-Za-z])[A-Za-z](?![A-Za-z]))+")
_SPELLINGS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", ",": None, "$": None})


@dataclass
class Config:
    """`per_question`: how many paths of a question are kept at most. `min_steps`: keep none with fewer steps."""

    per_question: int = 8
    min_steps: int = 1

    def __post_init__(self) -> None:
        if min(self.per_question, self.min_steps) < 1:
            raise ValueError(f"per_question is {self.per_question}, min_steps is {self.min_steps}: expected at least 1")


def select(found: Sequence[Candidate], hint: str, gold: str, config: Config, rng: Random) -> list[Decision]:
    """Decide on every candidate of one question once. Hinted ones are not needed; the order of `found` has no say."""
    decided: list[Decision] = []
    sampled: list[Candidate] = []
    for candidate in found:
        reason = unfit(candidate, config.min_steps)
        if reason is None and candidate.hinted:
            reason = Reason.NOT_NEEDED
        if reason is not None:
            decided.append(Decision(candidate=candidate, reason=reason))
        else:
            sampled.append(candidate)
    return in_order([*decided, *capped(sampled, config.per_question, rng, same=reasoning_path)])


def reasoning_path(text: str) -> tuple[str, ...]:
    """What makes two solutions the same way to the answer: their equations in order, or the text where it has none."""
    equations = [equation for line in text.splitlines() for equation in _equations(line)]
    return tuple(equations) or (normalised(text),)


def _equations(line: str) -> list[str]:
    runs = ("".join(match.group().translate(_SPELLINGS).split()).strip(".") for match in _FORMULA.finditer(line))
    return [run for run in runs if re.search(r"[^=]=[^=]", run) and re.search(r"\d", run)]
