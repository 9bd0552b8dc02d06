"""STaR: keep right solutions; of a question without one, a right rationale that was written knowing the answer.

Zelikman et al., arXiv 2203.14465: sec. 3.1 keeps what reaches the answer, sec. 3.2 rationalises the rest. Beyond the
paper: caps per question, so that easy questions do not swamp the set, texts kept once, and rationales dropped that give
away that their author was told (`factory/self_training/hints.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from factory.self_training.candidates import Candidate, Decision, Reason, capped, in_order, unfit
from factory.self_training.hints import leak

RATIONALISES = True


@dataclass
class Config:
    """`per_question`, `hinted_per_question`: how many sampled and hinted solutions of a question are kept at most.
    `min_steps`: keep none with fewer steps; 2 drops those that are an answer and nothing else."""

    per_question: int = 4
    hinted_per_question: int = 1
    min_steps: int = 1

    def __post_init__(self) -> None:
        if min(self.per_question, self.hinted_per_question, self.min_steps) < 1:
            raise ValueError(
                f"per_question is {self.per_question}, hinted_per_question is {self.hinted_per_question}, min_steps is "
                f"{self.min_steps}: expected at least 1 (keep.method=rft keeps no hinted ones)"
            )


def select(found: Sequence[Candidate], hint: str, gold: str, config: Config, rng: Random) -> list[Decision]:
    """Decide on every candidate of one question, sampled and hinted, once. The order of `found` has no say.

    `hint`: what the hinted ones' prompt added (`factory.rollouts.prompting.hint_of`).
    """
    solved = any(candidate.right and not candidate.hinted for candidate in found)
    decided: list[Decision] = []
    sampled: list[Candidate] = []
    rationales: list[Candidate] = []
    for candidate in found:
        reason = unfit(candidate, config.min_steps)
        if reason is None and candidate.hinted:
            reason = Reason.NOT_NEEDED if solved else leak(candidate.text, candidate.steps, hint, gold)
        if reason is not None:
            decided.append(Decision(candidate=candidate, reason=reason))
        else:
            (rationales if candidate.hinted else sampled).append(candidate)
    decided += capped(sampled, config.per_question, rng)
    decided += capped(rationales, config.hinted_per_question, rng)
    return in_order(decided)
