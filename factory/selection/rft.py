"""Rejection sampling fine-tuning: right solutions with distinct reasoning paths, no rationalisation.

Yuan et al., arXiv 2308.01825, sec. 3.3: of the right solutions of a question one is kept per list of equations. The
paper also lets Python evaluate the equations and drops solutions whose equations do not hold; model text is never
evaluated here. A solution without equations counts as a path of its own, up to spelling
(`factory.text.wording.normalised`).
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
    """Caps per question.

    * `per_question`: most reasoning paths kept of one question.
    * `min_steps`: fewest steps of a solution that is kept.
    """

    per_question: int = 8
    min_steps: int = 1

    def __post_init__(self) -> None:
        if min(self.per_question, self.min_steps) < 1:
            raise ValueError(f"per_question is {self.per_question}, min_steps is {self.min_steps}: expected at least 1")


def select(candidates: Sequence[Candidate], hint: str, gold: str, config: Config, rng: Random) -> list[Decision]:
    """Decide on every candidate of one question exactly once; hinted candidates are never kept.

    Args:
      candidates: all solutions of the question; their order does not matter.
      hint: not used: this method never asks with a hint (`RATIONALISES`).
      gold: not used, for the same reason.
      config: caps per question.
      rng: draws which paths stay when there are more than `config.per_question`.

    Returns:
      One decision per candidate, sorted by the candidate's `key`.
    """
    decided: list[Decision] = []
    sampled: list[Candidate] = []
    # First what rules out one candidate by itself; the caps depend on the others.
    for candidate in candidates:
        reason = unfit(candidate, config.min_steps)
        if reason is None and candidate.hinted:
            reason = Reason.NOT_NEEDED
        if reason is not None:
            decided.append(Decision(candidate=candidate, reason=reason))
        else:
            sampled.append(candidate)
    return in_order([*decided, *capped(sampled, config.per_question, rng, same=reasoning_path)])


def reasoning_path(text: str) -> tuple[str, ...]:
    """Return the key that two solutions share when they take the same way to the answer.

    The key is the list of equations in order, or the normalised text of a solution without equations.
    """
    equations = [equation for line in text.splitlines() for equation in _equations(line)]
    return tuple(equations) or (normalised(text),)


def _equations(line: str) -> list[str]:
    """Return the equations in one line, without spaces and in one spelling of the operators."""
    # A run of formula characters is an equation when it has something on both sides and a digit.
    runs = ("".join(match.group().translate(_SPELLINGS).split()).strip(".") for match in _FORMULA.finditer(line))
    return [run for run in runs if re.search(r"[^=]=[^=]", run) and re.search(r"\d", run)]
