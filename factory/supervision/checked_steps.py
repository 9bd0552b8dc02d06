"""Checked steps: the checker itself says where a solution goes wrong, so no rollout is needed.

For checkers whose verdict has parts with a place in the text, such as the tactics of a proof (`coq_proof`). A part
reaches from the end of the one before it to its own; what stands between two tactics belongs to the second.

* Every step of a correct solution is right.
* Of a wrong one, steps are right as far as correct parts reach without a gap from the first.
* The step in which the first incorrect part ends is wrong; steps that hold only its beginning, and all behind it, are
  unknown. (So the first error is unknown, too, where a wrong tactic takes more than one step.)
* Where all parts are correct (an unfinished proof), the last step is unknown: it ends what should have gone on.
* Nothing is labelled where the verdict is no label, or where something is wrong that has no place in the text.

A label is the checker's own word: its confidence is 1, without trials. Mind what it says: a tactic that was accepted
may still have led into a dead end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from factory.experience import Experience
from factory.policy import Policy
from factory.step_labels import SolutionLabels, StepLabel, first_error_of
from factory.tree import Solution, Tree
from factory.types import Outcome, Part


@dataclass
class Config:
    """There is nothing to set."""


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Label every solution of `tree` by the parts of its verdict. Asks for no rollouts."""
    return {solution: _labels(solution) for solution in tree.solutions}


def _labels(solution: Solution) -> SolutionLabels:
    texts = [node.step.text for node in solution.leaf.path() if node.step]
    signs: list[int | None] = [None] * len(texts)
    if solution.outcome is True:
        signs = [1] * len(texts)
    elif solution.outcome is False:
        signs = signs_of_wrong(texts, solution.verdict.parts)
    return SolutionLabels(steps=tuple(map(_step, signs)), first_error=first_error_of(signs))


def signs_of_wrong(texts: Sequence[str], parts: Sequence[Part]) -> list[int | None]:
    """+1, -1 or None for every step of a wrong solution, by its steps' texts and its verdict's parts."""
    failed = next((part for part in parts if part.outcome is not Outcome.CORRECT), None)
    right = parts if failed is None else parts[: parts.index(failed)]
    right_to = max((part.end for part in right if part.end is not None), default=0)
    wrong_at = failed.end if failed is not None and failed.outcome is Outcome.INCORRECT else None
    signs: list[int | None] = []
    start = 0
    for text in texts:
        if start + len(text.rstrip()) <= right_to:
            signs.append(1)
        else:
            signs.append(-1 if wrong_at is not None and start < wrong_at <= start + len(text) else None)
        start += len(text)
    if failed is None:
        signs[-1:] = [None]
    elif failed.end is None:
        signs = [None] * len(texts)
    return signs


def _step(sign: int | None) -> StepLabel:
    return StepLabel(n_trials=0, n_successes=0, mc_value=None, label=sign, confidence=0.0 if sign is None else 1.0)
