"""Checked steps: the checker itself says where a solution goes wrong, so no rollout is needed.

It needs a checker whose verdict has parts with a place in the text, such as the tactics of a proof (`coq_proof`). A
label is the checker's own verdict, so a step has one only where the checker judged something:

* Steps in front of the first part and behind the last hold nothing that was judged (prose, an abandoned attempt): they
  are unknown. Between two parts there is only white space and comments, which change nothing; neither does the fence
  that opens the first part's block.
* Every other step of a correct solution is right.
* In a wrong solution, steps are right as far as correct parts reach without a gap from the first; the step in which the
  first incorrect part begins is wrong, and all steps behind it are unknown.
* Where all parts of a wrong solution are correct (an unfinished proof), the step with the last part is unknown: the
  proof should have gone on from there.
* Nothing is labelled where the verdict is no label, or where something is wrong that has no place in the text.

The first error is the wrong step, -1 where every judged step is right: unjudged prose has none. A label's confidence is
1, without trials. A right label does not mean progress: an accepted tactic may still have led into a dead end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabels, StepLabel
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import Outcome, PartVerdict

_FENCE = re.compile(r"\s*(?:```\w*\s*)?")


@dataclass
class Config:
    """Settings: none."""


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Label every solution of `tree` by the parts of its verdict, without any rollouts.

    Args:
      tree: tree of the question, with the solutions to label.
      policy: not used.
      config: not used.
      rng: not used.
      experience: not used.

    Returns:
      Labels of every solution that is not `labelled` already.
    """
    return {solution: _labels(solution) for solution in tree.solutions if not solution.labelled}


def _labels(solution: Solution) -> SolutionLabels:
    """Return the labels of one solution."""
    texts = [node.step.text for node in solution.leaf.path() if node.step]
    signs: list[int | None] = [None] * len(texts)
    if solution.outcome is not None:
        signs = signs_of(texts, solution.verdict.parts, correct=solution.outcome)
    none = -1 if solution.outcome and any(signs) else None
    return SolutionLabels(steps=tuple(map(_step, signs)), first_error=signs.index(-1) if -1 in signs else none)


def signs_of(texts: Sequence[str], parts: Sequence[PartVerdict], *, correct: bool) -> list[int | None]:
    """Return +1, -1 or None for every step of a solution; the rules are in the module docstring.

    Args:
      texts: texts of the steps, shape [steps].
      parts: parts of the verdict, in the order of the text.
      correct: verdict on the whole solution.

    Returns:
      One sign per step, shape [steps].
    """
    # Phase 1: find what was judged. Something wrong without a place could be anywhere.
    failed = next((part for part in parts if part.outcome is not Outcome.CORRECT), None)
    placed = [(part.start, part.end) for part in parts if part.start is not None and part.end is not None]
    if not placed or (failed is not None and failed.start is None):
        return [None] * len(texts)
    solution, first, last = "".join(texts), placed[0][0], placed[-1][1]
    # Phase 2: compare the place of each step with the places of the parts.
    signs: list[int | None] = []
    start = 0
    for text in texts:
        end, written_to = start + len(text), start + len(text.rstrip())
        sign: int | None = 1
        if (end <= first and not _FENCE.fullmatch(solution, start, first)) or start >= last:
            sign = None
        elif failed is not None and failed.start is not None and written_to > failed.start:
            sign = -1 if failed.outcome is Outcome.INCORRECT and start <= failed.start else None
        elif failed is None and not correct and last <= end:
            sign = None
        signs.append(sign)
        start = end
    return signs


def _step(sign: int | None) -> StepLabel:
    """Return the label of one step, sure and without rollouts."""
    return StepLabel(n_trials=0, n_successes=0, mc_value=None, label=sign, confidence=0.0 if sign is None else 1.0)
