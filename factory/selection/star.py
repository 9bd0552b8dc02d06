"""STaR: keep right solutions; of a question without one, keep a right rationale written with the answer known.

Zelikman et al., arXiv 2203.14465: sec. 3.1 keeps what reaches the answer, sec. 3.2 rationalises the rest. Beyond the
paper: caps per question, so that easy questions do not fill the set; each text kept once; rationales dropped that show
that their author knew the answer (`factory/self_training/hints.py`).
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
    """Caps per question.

    * `per_question`: most sampled solutions kept of one question.
    * `hinted_per_question`: most rationales kept of one question that no sampled solution solved.
    * `min_steps`: fewest steps of a solution that is kept; 2 drops solutions that are an answer and nothing else.
    """

    per_question: int = 4
    hinted_per_question: int = 1
    min_steps: int = 1

    def __post_init__(self) -> None:
        if min(self.per_question, self.hinted_per_question, self.min_steps) < 1:
            raise ValueError(
                f"per_question is {self.per_question}, hinted_per_question is {self.hinted_per_question}, min_steps is "
                f"{self.min_steps}: expected at least 1 (keep.method=rft keeps no hinted ones)"
            )


def select(candidates: Sequence[Candidate], hint: str, gold: str, config: Config, rng: Random) -> list[Decision]:
    """Decide on every candidate of one question, sampled and hinted, exactly once.

    Args:
      candidates: all solutions of the question; their order does not matter.
      hint: text that the hinted prompt added to the question (`factory.rollouts.prompting.hint_of`).
      gold: gold answer of the question.
      config: caps per question.
      rng: draws which solutions stay when there are more than the caps allow.

    Returns:
      One decision per candidate, sorted by the candidate's `key`.
    """
    # Only a solution sampled without the hint counts as solving the question (sec. 3.2).
    solved = any(candidate.right and not candidate.hinted for candidate in candidates)
    decided: list[Decision] = []
    sampled: list[Candidate] = []
    rationales: list[Candidate] = []
    # First what rules out one candidate by itself, then what depends on the others.
    for candidate in candidates:
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
