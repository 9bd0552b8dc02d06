"""Monte Carlo tree search over steps: UCT or PUCT, a verifier or rollouts as the value, progressive widening.

A rollout of the search goes down the tree to a step that was not visited yet, asks for its value, and backs it up. A
node gets new children while it has had fewer samples than `widen` · N^`alpha` in its N visits (progressive widening,
Coulom 2007): steps of a language model cannot be listed, only sampled.

PUCT (Silver et al., 2017) weighs exploration by a prior: here how often the policy has sampled a child among all
samples of its parent. Engines give no probabilities of steps; where actions are sampled from the policy, their
frequencies are the prior that is right in expectation (Sampled MuZero, arXiv 2104.06303, sec. 5).

Gold is read when everything is chosen, unless `value=rollouts` asks for it: that makes labelled trees (OmegaPRM-like),
and its accuracy says nothing about what the policy could do by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from factory.contracts.roles import SCORE
from factory.drafting.amounts import at_least
from factory.drafting.ballot import Ballot, revalue
from factory.drafting.scores import AGGREGATES, score_path, score_paths
from factory.drafting.settled import choose, settle, settle_all
from factory.drafting.steps import complete, next_steps
from factory.drafting.uct import backup, mean_reward, puct, uct
from factory.rollouts.nodes import PROBE, Node
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

EFFORT = ("rollouts",)
METHOD, CHOICE, STOP = "mcts", "choice", "stop"
"""Name of the method; action of the nodes that its selection chooses among; finish of a draft that is whole."""


@dataclass
class Config:
    """Settings.

    * `rollouts`: rollouts of the search per question, each one visit of the root.
    * `selection`: uct or puct. `c`: weight of exploration.
    * `value`: what a new node is worth, from 0 to 1. verifier: its score by the model of role `verifier`, over its
      steps by `aggregate` (last, min, product, mean). votes: mean vote share of `samples` completions. rollouts: share
      of `samples` completions that the checker calls correct.
    * `widen`, `alpha`: a node with N visits has at most `widen` · N^`alpha` sampled children, and one at least.
    * `max_depth`: steps of a path behind which no other is sampled.
    * `final`: how the answer is chosen among finished drafts. votes: by the value of all that state an answer, of
      equals by their number; value: the draft of the highest value, one with an answer where there is any; visits:
      down the most visited children.
    """

    rollouts: int = 32
    selection: str = "uct"
    c: float = 1.4
    value: str = "votes"
    samples: int = 4
    verifier: str = "prm"
    aggregate: str = "last"
    widen: float = 2.0
    alpha: float = 0.5
    max_depth: int = 16
    final: str = "votes"

    def __post_init__(self) -> None:
        for name, values in _CHOICES.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} is {getattr(self, name)!r}: expected one of {', '.join(values)}")
        at_least(self, samples=1, max_depth=1)
        if self.widen <= 0 or not 0 <= self.alpha <= 1:
            raise ValueError(
                f"widen is {self.widen}, alpha is {self.alpha}: expected more than 0, and a number from 0 to 1"
            )


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "selection": ("uct", "puct"),
    "value": ("verifier", "votes", "rollouts"),
    "aggregate": tuple(AGGREGATES),
    "final": ("votes", "value", "visits"),
}


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the verifier, where one is asked."""
    return {config.verifier: SCORE} if config.value == "verifier" else {}


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Search until the root has `config.rollouts` visits, choose among the finished drafts, then have them judged.

    Args:
      tree: tree of the question; nodes, visits and rewards of the search stay in it.
      policy: samples steps and completions, and asks the verifier.
      config: settings.
      rng: not used: what is drawn is drawn by the models.

    Raises:
      QuestionFailed: whatever `Models` raises; it concerns this question only.
    """
    hunt = _Hunt(tree, policy, config)
    while tree.root.visits < config.rollouts:
        await hunt.rollout()
    await hunt.choose()


class _Hunt:
    """Search of one question.

    * `draws`: sampled children of a node, with the number of samples that led to each.
    * `behind`: completions that were sampled to value a node; `values`: what the checker has said of a node.
    """

    def __init__(self, tree: Tree, policy: Policy, config: Config) -> None:
        self._tree = tree
        self._policy = policy
        self._config = config
        self._ballot = Ballot.of(policy, METHOD)
        self._behind: dict[Node, list[Node]] = {}
        self._values: dict[Node, float] = {}
        # Of a question that is taken up again: what a record holds. It does not say how often a child was sampled.
        self._draws: dict[Node, dict[Node, int]] = {}
        self._earlier: dict[Node, float] = {}
        for node in tree.nodes:
            if node.action == CHOICE and node.parent is not None:
                self._draws.setdefault(node.parent, {})[node] = 1
            if node.visits:
                self._earlier[node] = _own_reward(node)

    async def rollout(self) -> None:
        """Select, value, back up."""
        node = await self._selected()
        backup(node, await self._value(node))
        if self._config.value == "votes":
            revalue(self._tree, self._voted)

    async def _selected(self) -> Node:
        """Return the node that the selection leads to, sampling children on the way where there may be more."""
        node = self._tree.root
        while not node.finish and node.depth < self._config.max_depth and (node.visits or node.parent is None):
            await self._widen(node)
            options = self._draws.get(node)
            if not options:
                break
            node = max(options, key=self._priority(node, options))
        return node

    def _priority(self, parent: Node, options: Mapping[Node, int]) -> Callable[[Node], float]:
        """Return what ranks the children of `parent`."""
        c, samples = self._config.c, sum(options.values())
        if self._config.selection == "puct":
            return lambda child: puct(child, parent, c, options[child] / samples)
        return lambda child: uct(child, parent, c)

    async def _widen(self, node: Node) -> None:
        """Sample next steps behind a node up to what its visits, this one included, allow."""
        draws = self._draws.setdefault(node, {})
        allowed = max(1, int(self._config.widen * (node.visits + 1) ** self._config.alpha))
        more = allowed - sum(draws.values())
        children = await next_steps(self._policy, node, more, method=METHOD, action=CHOICE)
        for child in children:
            # Completions behind a node above may have come through here before.
            child.action = CHOICE
            draws[child] = draws.get(child, 0) + 1
        self._ballot.count(children)

    async def _value(self, node: Node) -> float:
        """Return what a node is worth."""
        config = self._config
        if config.value == "verifier":
            return await score_path(self._policy, node, config.verifier, config.aggregate)
        if config.value == "votes":
            if node not in self._behind:
                self._behind[node] = [node] if node.finish else await self._completed(node, config.samples)
            return self._voted(node)
        if node not in self._values:
            self._values[node] = await self._success_rate(node)
        return self._values[node]

    async def _completed(self, node: Node, n: int) -> list[Node]:
        """Sample whole continuations, and count their votes."""
        leaves = await complete(self._policy, node, n, method=METHOD)
        self._ballot.count(leaves)
        return leaves

    def _voted(self, node: Node) -> float:
        """Return the mean vote share of what was sampled to value a node; that of the record for an earlier one."""
        leaves = self._behind.get(node)
        return sum(map(self._ballot.share, leaves)) / len(leaves) if leaves else self._earlier.get(node, 0.0)

    async def _success_rate(self, node: Node) -> float:
        """Return the share of right completions among those that were judged; 0 where none was. This reads gold."""
        if node.finish:
            solutions = await settle(self._policy, [node], method=METHOD)
        else:
            # Rollouts like those of a labeller: evidence for the values of nodes, no samples of the question.
            solutions = await self._policy.rollouts(node, self._config.samples, method=PROBE)
        outcomes = [solution.outcome for solution in solutions if solution.outcome is not None]
        return sum(outcomes) / len(outcomes) if outcomes else 0.0

    async def choose(self) -> None:
        """Choose among the finished drafts, then have them judged."""
        # Phase 1: a draft at least, where the search has ended none.
        if not any(node.finish == STOP for node in self._tree.nodes) and self._config.rollouts:
            await self._completed(self._most_visited(), 1)
        ended = [node for node in self._tree.nodes if node.finish == STOP]
        # Phase 2: values and choice. No verdict is looked at.
        values = dict(zip(map(self._ballot.draft, ended), await self._final_values(ended), strict=True))
        chosen = self._chosen(values, ended)
        # Phase 3: verdicts of all.
        solutions = await settle_all(self._policy, self._ballot, method=METHOD)
        for leaf, value in values.items():
            solutions[leaf].score = value
        if chosen is not None:
            choose(self._tree, solutions[chosen])

    def _most_visited(self) -> Node:
        """Return the open node at the end of the most visited way down."""
        node = self._tree.root
        while options := [child for child in self._draws.get(node, {}) if not child.finish and child.visits]:
            node = max(options, key=lambda child: child.visits)
        return node

    async def _final_values(self, ended: Sequence[Node]) -> list[float]:
        """Return the value of each finished draft: the verifier's, or the mean reward where the search came last."""
        if self._config.value == "verifier":
            return await score_paths(self._policy, ended, self._config.verifier, self._config.aggregate)
        values = []
        for node in ended:
            while not node.visits and node.parent is not None:
                node = node.parent
            values.append(mean_reward(node))
        return values

    def _chosen(self, values: Mapping[Node, float], ended: Sequence[Node]) -> Node | None:
        """Return the draft to answer with; of equals the first. None without one (by `votes`: one with an answer)."""
        if self._config.final == "value":
            return max(values, key=lambda leaf: (self._ballot.choice(leaf) is not None, values[leaf]), default=None)
        if self._config.final == "visits":
            end = _most_visited_end(self._tree.root, ended)
            return None if end is None else self._ballot.draft(end)
        weights = {
            choice: sum(values[leaf] * times for leaf, times in choice.leaves.items() if leaf in values)
            for choice in self._ballot.choices
        }
        # Where the verifier can read none all weigh nothing.
        winner = max(weights, key=lambda choice: (weights[choice], choice.votes), default=None)
        return max(winner.leaves, key=lambda leaf: values.get(leaf, -1.0)) if winner else None


def _most_visited_end(root: Node, ended: Sequence[Node]) -> Node | None:
    """Return the finished draft at the end of the most visited way down."""
    on_the_way = {node for leaf in ended for node in leaf.path()}
    node = root
    while not (node in on_the_way and node.finish == STOP):
        options = [child for child in node.children if child in on_the_way]
        if not options:
            return None
        node = max(options, key=lambda child: child.visits)
    return node


def _own_reward(node: Node) -> float:
    """Return the mean reward of the visits that ended at a node; 0 where all went on."""
    visits = node.visits - sum(child.visits for child in node.children)
    return (node.reward - sum(child.reward for child in node.children)) / visits if visits else 0.0
