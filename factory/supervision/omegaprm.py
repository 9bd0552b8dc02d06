"""OmegaPRM: divide-and-conquer Monte Carlo search for first errors (Luo et al., arXiv 2406.06592, sec. 3, alg. 1).

The pool holds (s, r): a node s with 0 < MC(s) < 1 and a wrong rollout r from it. Each round selects the pair with the
highest Q(s, r) + U(s) — wrong answers the policy was expected to get right are the most telling — takes it out for
good, and bisects r for its first error with `k` rollouts per probed prefix. Those rollouts are new pairs.

    Q(s, r) = alpha^(1 - MC(s)) · beta^(len(r) / L)            (eq. 4; len in tokens)
    U(s)    = c_puct · sqrt(sum over nodes N) / (1 + N(s))     (eq. 5; N = times a pair of s was selected)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller, SolutionLabels
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

EFFORT = ("k", "searches")


@dataclass
class Config:
    """The paper's constants, and two of ours: `searches` bounds the bisections per question; labels below `confidence`
    are withheld, 0 withholds none.

    `k`: rollouts every probed prefix has in the end, those it already had included. What was cut off or could not be
    judged counts as made: it is not asked for again.
    """

    k: int = 8
    alpha: float = 0.5
    beta: float = 0.9
    L: int = 500
    c_puct: float = 0.125
    searches: int = 8
    confidence: float = 0.9

    def __post_init__(self) -> None:
        if self.k < 0 or self.searches < 0:
            raise ValueError(f"k is {self.k}, searches is {self.searches}: expected 0 or more")
        if self.L < 1:
            raise ValueError(f"L is {self.L}: expected a length of at least 1 token")
        if not 0 <= self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}: expected at least 0 and less than 1")


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Locate first errors of up to `config.searches` wrong solutions and label every solution of the tree."""
    await probe(tree, tree.root, policy, config)
    pool = Pool(config, visits=sum(node.visits for node in tree.nodes))
    for solution in tree.solutions:
        if not solution.labelled:
            pool.extend(solution.start, [solution])
    spent: dict[Solution, int] = {}
    wishes: dict[Solution, int] = {}
    while (pair := pool.again() or pool.select()) is not None:
        before = policy.cost.policy_calls
        wished = await bisect_first_error(tree, *pair, policy=policy, config=config, pool=pool)
        wishes[pair[1]] = max(1, wished)  # by which a later run knows it again, though it had nothing to bisect
        spent[pair[1]] = policy.cost.policy_calls - before
    judge = SolutionLabeller(experience, config.confidence)
    return {
        s: replace(judge.by_counts(s, spent.get(s, 0)), wishes=wishes.get(s, 0))
        for s in tree.solutions
        if not s.labelled
    }


async def probe(tree: Tree, node: Node, policy: Policy, config: Config) -> list[Solution]:
    """Give `node` its `k` rollouts, counting those it has; returns the new ones."""
    return await policy.rollouts(node, config.k - max(node.trials, node.requested))


async def bisect_first_error(
    tree: Tree, node: Node, wrong: Solution, *, policy: Policy, config: Config, pool: Pool
) -> int:
    """Halve [node, end of `wrong`] until one step separates a prefix that can succeed from one that cannot.

    Returns how many rollouts it wished for, those included that were there.
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
            break  # nothing judged is no sign of an error
        if prefix.successes:
            low = middle
        else:
            high = middle
    return wishes


class Pool:
    """Pairs (s, r) that wait for their bisection. A pair is selected once, however often its text comes back, and
    `config.searches` are in all. `visits`: how many an earlier run has selected."""

    def __init__(self, config: Config, visits: int = 0) -> None:
        self._config = config
        self._pairs: dict[Node, tuple[Node, Solution]] = {}  # by the leaf of r
        self._selected: set[Node] = set()
        self._visits = visits

    def __len__(self) -> int:
        return len(self._pairs)

    def extend(self, node: Node, rollouts: list[Solution]) -> None:
        """Offer rollouts sampled from `node`; only wrong, unselected ones with a step left to bisect wait, and none
        whose labels stand: it would not be known afterwards that they were selected."""
        for rollout in rollouts:
            leaf = rollout.leaf
            bisectable = rollout.is_wrong and leaf.depth > node.depth
            if bisectable and not rollout.labelled and leaf not in self._selected:
                self._pairs.setdefault(leaf, (node, rollout))

    def again(self) -> tuple[Node, Solution] | None:
        """Take out a pair that an earlier run has selected: it is bisected once more, with what `k` now asks for beyond
        what is there, and counts as selected already. None when there is none."""
        pair = next((pair for pair in self._pairs.values() if pair[1].label_wishes), None)
        if pair is not None:
            self._selected.add(pair[1].leaf)
            del self._pairs[pair[1].leaf]
        return pair

    def select(self) -> tuple[Node, Solution] | None:
        """Take out the pair with the highest Q + U among nodes with 0 < MC < 1; None when there is none, or enough have
        been selected."""
        if self._visits >= self._config.searches:
            return None
        open_pairs = [pair for pair in self._pairs.values() if 0 < pair[0].successes < pair[0].trials]
        if not open_pairs:
            return None
        node, rollout = max(open_pairs, key=lambda pair: self.score(*pair))
        del self._pairs[rollout.leaf]
        self._selected.add(rollout.leaf)
        node.visits += 1
        self._visits += 1
        return node, rollout

    def score(self, node: Node, rollout: Solution) -> float:
        """Q(s, r) + U(s)."""
        config = self._config
        value = node.successes / node.trials
        length = sum(map(_length, rollout.leaf.path()[node.depth :]))
        quality = math.pow(config.alpha, 1 - value) * math.pow(config.beta, length / config.L)
        exploration = config.c_puct * math.sqrt(self._visits) / (1 + node.visits)
        return quality + exploration


def _length(node: Node) -> float:
    """In tokens; a step that was given and not sampled has none, so it is taken at the usual four characters each."""
    return node.tokens or (len(node.step.text) / 4 if node.step else 0.0)
