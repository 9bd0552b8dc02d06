"""Rewards of provers by what a verifier finds of their solutions, and the solutions that they are trained on. Pure.

Kirchner et al. (arXiv 2407.13692, sec. 3): the helpful prover is rewarded for right solutions that convince, the sneaky
one for wrong ones that do. A solution on the wrong side has no reward, whatever its score; so has one that could not be
judged. The paper trains by PPO; here the most rewarded solutions of each question are imitated (expert iteration).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factory.export.flat_rows import is_judged, is_right

HELPFUL, SNEAKY = "helpful", "sneaky"
PROVERS = (HELPFUL, SNEAKY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewarded:
    """Solution of a prover with its reward.

    * `solution`: row of a record.
    * `reward`: from 0 to 1; 0 where it is not what the prover is for.
    * `kept`: True when the prover is trained on it.
    """

    solution: Mapping[str, Any]
    reward: float
    kept: bool


def reward(prover: str, solution: Mapping[str, Any]) -> float:
    """Return the reward of a prover for a solution: the verifier's score where it is right (helpful) or wrong (sneaky).

    Args:
      prover: "helpful" or "sneaky".
      solution: row of a record; without a score it has no reward.
    """
    if not is_judged(solution) or solution["score"] is None:
        return 0.0
    return float(solution["score"]) if is_right(solution) == (prover == HELPFUL) else 0.0


def rewarded(
    prover: str, solutions: Sequence[Mapping[str, Any]], per_question: int, min_reward: float
) -> list[Rewarded]:
    """Return the solutions of one question with their rewards, and which of them the prover is trained on.

    Args:
      prover: "helpful" or "sneaky".
      solutions: rows of a record's solutions.
      per_question: most solutions that are kept, those with the highest rewards; of equal ones the lower id.
      min_reward: least reward of a solution that is kept, which has to be more than 0 in any case.
    """
    rewards = [reward(prover, solution) for solution in solutions]
    able = [place for place, value in enumerate(rewards) if value > 0 and value >= min_reward]
    best = sorted(able, key=lambda place: (-rewards[place], solutions[place]["solution_id"]))[:per_question]
    return [
        Rewarded(solution=solution, reward=value, kept=place in best)
        for place, (solution, value) in enumerate(zip(solutions, rewards, strict=True))
    ]
