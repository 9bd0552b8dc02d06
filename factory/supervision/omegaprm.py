"""OmegaPRM: divide-and-conquer Monte Carlo search for first errors (Luo et al., arXiv 2406.06592, sec. 3, alg. 1).

The pool holds pairs (s, r): a node s with 0 < MC(s) < 1 and a wrong rollout r from it. Each round selects the pair with
the highest Q(s, r) + U(s), since wrong answers to what the policy mostly gets right tell most. It takes the pair out
for good and bisects r for its first error with `k` rollouts per probed prefix. Those rollouts are new pairs.

    Q(s, r) = alpha^(1 - MC(s)) · beta^(len(r) / L)            (eq. 4; len in tokens)
    U(s)    = c_puct · sqrt(sum over nodes N) / (1 + N(s))     (eq. 5; N = times a pair of s was selected)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from factory.added_fields import ADDED
from factory.contracts.roles import GENERATE
from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller, SolutionLabels
from factory.rollouts.amounts import rollouts_needed
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import POLICY

EFFORT = ("k", "searches")


@dataclass
class Config:
    """Constants of the paper, and two of ours (`searches`, `confidence`).

    * `k`: rollouts every probed prefix has in the end, including those it already had. Rollouts that were cut off or
      could not be judged count as made: they are not requested again.
    * `alpha`, `beta`, `L`, `c_puct`: see Q and U in the module docstring; `L` is a length in tokens.
    * `searches`: most bisections per question.
    * `confidence`: labels with a lower posterior probability are withheld; 0 withholds none.
    * `completer`: role of the model that makes the rollouts.
    * `most_k`: rollouts per probed prefix of the hardest questions, where `k` is that of easy ones and of the bare
      question (`factory/rollouts/amounts.py`); 0 gives all of them `k`.
    """

    k: int = 8
    alpha: float = 0.5
    beta: float = 0.9
    L: int = 500
    c_puct: float = 0.125
    searches: int = 8
    confidence: float = 0.9
    completer: str = field(default=POLICY, metadata=ADDED)
    most_k: int = field(default=0, metadata=ADDED)

    def __post_init__(self) -> None:
        if min(self.k, self.searches, self.most_k) < 0:
            raise ValueError(f"k is {self.k}, searches is {self.searches}, most_k is {self.most_k}: expected 0 or more")
        if self.L < 1:
            raise ValueError(f"L is {self.L}: expected a length of at least 1 token")
        if not 0 <= self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}: expected at least 0 and less than 1")


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the model that makes the rollouts."""
    return {config.completer: GENERATE}


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Locate first errors of up to `config.searches` wrong solutions and label every solution of the tree.

    Args:
      tree: tree of the question, with the solutions to label.
      policy: samples the rollouts.
      config: settings of this labeller.
      rng: not used.
      experience: prior over the policy, learnt from the questions before.

    Returns:
      Labels of every solution that is not `labelled` already.
    """
    # Phase 1: fill the pool with what was sampled before, and with `k` rollouts of the bare question.
    await probe(tree, tree.root, policy, config)
    config = replace(config, k=rollouts_needed(tree.root.trials, tree.root.successes, config.k, config.most_k))
    pool = Pool(config, selections=sum(node.selections for node in tree.nodes))
    for solution in tree.solutions:
        if not solution.labelled:
            pool.extend(solution.start, [solution])
    # Phase 2: bisect, starting with the pairs of an earlier run. The rollouts of a bisection are new pairs.
    spent: dict[Solution, int] = {}
    wishes: dict[Solution, int] = {}
    while (pair := pool.reselect() or pool.select()) is not None:
        before = policy.cost.policy_calls
        wished = await bisect_first_error(tree, *pair, policy=policy, config=config, pool=pool)
        # At least 1, so that a later run knows that this pair was selected although it had nothing to bisect.
        wishes[pair[1]] = max(1, wished)
        spent[pair[1]] = policy.cost.policy_calls - before
    # Phase 3: label every solution from the evidence that is there now.
    judge = SolutionLabeller(experience, config.confidence, tree.question.key)
    return {
        s: replace(judge.by_counts(s, spent.get(s, 0)), wishes=wishes.get(s, 0))
        for s in tree.solutions
        if not s.labelled
    }


async def probe(tree: Tree, node: Node, policy: Policy, config: Config) -> list[Solution]:
    """Sample from `node` until it has `config.k` rollouts; return the new ones.

    Args:
      tree: not used; the policy adds to it.
      node: prefix to sample from.
      policy: samples the rollouts.
      config: `k`, rollouts in all.
    """
    return await policy.rollouts(node, config.k - max(node.trials, node.requested))


async def bisect_first_error(
    tree: Tree, node: Node, wrong: Solution, *, policy: Policy, config: Config, pool: Pool
) -> int:
    """Halve [node, end of `wrong`] until one step separates a prefix that can succeed from one that cannot.

    Args:
      tree: tree of both.
      node: prefix of `wrong` that can succeed.
      wrong: wrong rollout that passed through `node`.
      policy: samples the rollouts.
      config: `k`, rollouts per probed prefix.
      pool: gets the new rollouts as pairs.

    Returns:
      The number of rollouts wished for, including those that were there already.
    """
    path = wrong.leaf.path()
    low, high = node.depth, len(path)
    wishes = 0
    while high - low > 1:
        wishes += config.k
        middle = (low + high) // 2
        prefix = path[middle - 1]
        pool.extend(prefix, await probe(tree, prefix, policy, config))
        if not prefix.trials:
            # Without one judged rollout there is no sign of an error, nor of its absence.
            break
        if prefix.successes:
            low = middle
        else:
            high = middle
    return wishes


class Pool:
    """Pairs (s, r) that wait for their bisection.

    A pair is selected once, however often its text comes back; `config.searches` pairs are selected in all.
    """

    def __init__(self, config: Config, selections: int = 0) -> None:
        """Start with no pairs; `selections` is how many an earlier run has selected."""
        self._config = config
        # By the leaf of r: one text is one pair.
        self._pairs: dict[Node, tuple[Node, Solution]] = {}
        self._selected: set[Node] = set()
        self._selections = selections

    def __len__(self) -> int:
        """Return the number of waiting pairs."""
        return len(self._pairs)

    def extend(self, node: Node, rollouts: list[Solution]) -> None:
        """Add pairs of `node` and those of `rollouts`, sampled from it, that can be bisected.

        These are wrong, not yet selected, and have a step left to bisect. Rollouts whose labels stand are left out: a
        record could not say afterwards that they were selected.
        """
        for rollout in rollouts:
            leaf = rollout.leaf
            bisectable = rollout.is_wrong and leaf.depth > node.depth
            if bisectable and not rollout.labelled and leaf not in self._selected:
                self._pairs.setdefault(leaf, (node, rollout))

    def reselect(self) -> tuple[Node, Solution] | None:
        """Take out and return a pair that an earlier run has selected, or None when there is none left.

        Such a pair is bisected once more, with the rollouts that a raised `k` adds, and counts as selected already.
        """
        pair = next((pair for pair in self._pairs.values() if pair[1].label_wishes), None)
        if pair is not None:
            self._selected.add(pair[1].leaf)
            del self._pairs[pair[1].leaf]
        return pair

    def select(self) -> tuple[Node, Solution] | None:
        """Take out and return the pair with the highest Q + U among nodes with 0 < MC < 1.

        None when there is no such pair, or when `config.searches` have been selected.
        """
        if self._selections >= self._config.searches:
            return None
        open_pairs = [pair for pair in self._pairs.values() if 0 < pair[0].successes < pair[0].trials]
        if not open_pairs:
            return None
        node, rollout = max(open_pairs, key=lambda pair: self.score(*pair))
        del self._pairs[rollout.leaf]
        self._selected.add(rollout.leaf)
        node.selections += 1
        self._selections += 1
        return node, rollout

    def score(self, node: Node, rollout: Solution) -> float:
        """Return Q(s, r) + U(s) (eq. 4 and 5)."""
        config = self._config
        value = node.successes / node.trials
        length = sum(map(_length, rollout.leaf.path()[node.depth :]))
        quality = math.pow(config.alpha, 1 - value) * math.pow(config.beta, length / config.L)
        exploration = config.c_puct * math.sqrt(self._selections) / (1 + node.selections)
        return quality + exploration


def _length(node: Node) -> float:
    """Return the length of a step in tokens; a step that was not sampled counts a token per four characters."""
    return node.tokens or (len(node.step.text) / 4 if node.step else 0.0)
