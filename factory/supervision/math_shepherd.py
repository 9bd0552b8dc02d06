"""Math-Shepherd: `k` rollouts behind every step of a solution (Wang et al., arXiv 2312.08935, sec. 3.3).

Both estimates of the paper are in every record: the soft one (eq. 4) is `mc_value`, the share of rollouts that reached
the gold answer; the hard one (eq. 3) is `label`, +1 if any did. The last step is the whole solution: its estimate is
the verdict. With `progress` a label goes by relative progress instead (GenPRM, Zhao et al., arXiv 2504.00891).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from factory.added_fields import ADDED
from factory.contracts.roles import GENERATE
from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller, SolutionLabels, targets
from factory.rollouts.amounts import rollouts_needed
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.types import POLICY

EFFORT = ("k", "max_solutions")


@dataclass
class Config:
    """Rollouts per step, and the solutions that get them.

    * `k`: rollouts every prefix has in the end, including those it already had (8 in the paper).
    * `solutions`: "wrong" measures wrong solutions only, "all" correct ones, too.
    * `max_solutions`: most solutions measured per question; the others are labelled as far as shared prefixes allow.
    * `confidence`: labels with a lower posterior probability are withheld; 0 withholds none, as in the paper.
    * `completer`: role of the model that makes the rollouts.
    * `progress`: share of the soft estimate before a step that has to be left behind it for the step to be right (0.8
      in GenPRM); 0 goes by the hard estimate.
    * `most_k`: rollouts per prefix of the hardest questions, where `k` is that of easy ones and of the bare question
      (`factory/rollouts/amounts.py`); 0 gives all of them `k`.
    """

    k: int = 8
    solutions: str = "wrong"
    max_solutions: int = 64
    confidence: float = 0.9
    completer: str = field(default=POLICY, metadata=ADDED)
    progress: float = field(default=0.0, metadata=ADDED)
    most_k: int = field(default=0, metadata=ADDED)

    def __post_init__(self) -> None:
        if self.k < 1 or self.max_solutions < 0:
            raise ValueError(f"k is {self.k}, max_solutions is {self.max_solutions}: expected k >= 1, solutions >= 0")
        if self.solutions not in ("wrong", "all"):
            raise ValueError(f"solutions is {self.solutions!r}: expected wrong or all")
        if not 0 <= self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}: expected at least 0 and less than 1")
        if not 0 <= self.progress <= 1 or self.most_k < 0:
            raise ValueError(
                f"progress is {self.progress}, most_k is {self.most_k}: expected progress from 0 to 1, most_k >= 0"
            )


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the model that makes the rollouts."""
    return {config.completer: GENERATE}


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Measure every prefix of the solutions in `tree`, then label every solution of it.

    Args:
      tree: tree of the question, with the solutions to label.
      policy: samples the rollouts.
      config: settings of this labeller.
      rng: not used.
      experience: prior over the policy, learnt from the questions before.

    Returns:
      Labels of every solution that is not `labelled` already.
    """
    # Phase 1: collect the rollouts that prefixes lack. A shared prefix is paid for by the first solution that has it.
    measured = [s for s in tree.solutions if s.is_wrong or (config.solutions == "all" and s.outcome)]
    sought = targets(measured, config.max_solutions)
    if sought and config.most_k > config.k:
        # How hard the question is for a completer, which has sampled none of the solutions, nobody knows yet.
        await policy.rollouts(tree.root, config.k - max(tree.root.trials, tree.root.requested))
    k = rollouts_needed(tree.root.trials, tree.root.successes, config.k, config.most_k)
    spent: dict[Solution, int] = {}
    wanted = {}
    for solution in sought:
        spent[solution] = 0
        for node in solution.leaf.path()[:-1]:
            missing = k - max(node.trials, node.requested)
            if missing > 0 and node not in wanted:
                wanted[node] = missing
                spent[solution] += missing
    # Phase 2: all rollouts at once, then the labels.
    await together(policy.rollouts(node, missing) for node, missing in wanted.items())
    judge = SolutionLabeller(experience, config.confidence, tree.question.key, progress=config.progress)
    return {s: judge.by_counts(s, spent.get(s, 0)) for s in tree.solutions if not s.labelled}
