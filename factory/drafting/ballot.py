"""Votes of a question's drafts, counted as they come, and tree values that follow the count.

A vote is a sample of the policy that ended its solution and states an answer; each occurrence of a text is one, and may
have a weight. An answer joins the first one that means the same. The share of a draft is the part of all votes that
state its answer (self-consistency, Wang et al., arXiv 2203.11171; the reward of a terminal node in rStar, arXiv
2408.06195, sec. 3.2). Gold is not read.

A share changes with every new vote. The first draft of a question would have share 1 for ever, and whatever was
explored first would look best. So values in a tree are worked out anew from the votes of the moment (`revalue`): at any
time, the value of a node is the mean share of what its rollouts ended in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from factory.rollouts.asking import Asker
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree


@dataclass(slots=True, eq=False)
class Choice:
    """Answer that drafts state.

    `votes`: how many, or their weight. `leaves`: the drafts (`Ballot.draft`) in the order they came, with the votes of
    each.
    """

    answer: str
    votes: float = 0
    leaves: dict[Node, float] = field(default_factory=dict)


class Ballot:
    """Votes of the drafts of one question.

    `choices` are the answers in the order they were first stated; `total` is the number of votes.
    """

    def __init__(self, asker: Asker) -> None:
        self.choices: list[Choice] = []
        self.total: float = 0
        self._asker = asker
        self._stated: dict[Node, Choice | None] = {}
        self._drafts: dict[Node, Node] = {}
        self._by_text: dict[str, Node] = {}
        # Reading and comparing answers is what takes time, and most drafts state one that was seen before.
        self._by_spelling: dict[str, Choice] = {}

    @classmethod
    def of(cls, policy: Policy, method: str) -> Ballot:
        """Return the votes of a search so far: those of its solutions, where the question is taken up again."""
        ballot = cls(policy)
        for solution in policy.tree.solutions:
            if solution.method == method and solution.finish_reason == "stop":
                ballot.add(solution.leaf, solution.occurrences)
        return ballot

    def add(self, leaf: Node, votes: float = 1) -> None:
        """Count a finished draft; one without an answer votes for nothing. A draft that comes again votes again.

        `votes` is how many it has, or their weight.
        """
        leaf = self.draft(leaf)
        if leaf not in self._stated:
            answer = self._asker.answer(leaf.text)
            self._stated[leaf] = None if answer is None else self._choice(answer)
        choice = self._stated[leaf]
        if choice is not None:
            choice.leaves[leaf] = choice.leaves.get(leaf, 0) + votes
            choice.votes += votes
            self.total += votes

    def count(self, leaves: Iterable[Node]) -> None:
        """Count those of new drafts that came to an end, each once for every time that it comes."""
        for leaf in leaves:
            if leaf.finish == "stop":
                self.add(leaf)

    def draft(self, leaf: Node) -> Node:
        """Return the node that stands for the text up to a leaf: the first that was asked about with that text.

        A draft may end at several: one that ends with nothing more has a node without text, and of a solution from a
        record only the text is known.
        """
        if leaf not in self._drafts:
            self._drafts[leaf] = self._by_text.setdefault(leaf.text.rstrip(), leaf)
        return self._drafts[leaf]

    def choice(self, leaf: Node) -> Choice | None:
        """Return the answer that a draft states; None where it states none or was not counted."""
        return self._stated.get(self.draft(leaf))

    def votes(self, leaf: Node) -> float:
        """Return how many votes a draft has; 0 for one that states no answer."""
        choice = self.choice(leaf)
        return choice.leaves[self.draft(leaf)] if choice is not None else 0

    @property
    def leading(self) -> Choice | None:
        """Answer with the most votes, of equals the one that was stated first; None without any vote."""
        return max(self.choices, key=lambda choice: choice.votes, default=None)

    def leaders(self) -> list[Node]:
        """Return the first draft of the answer that most votes state, alone; nothing without any vote."""
        return [] if self.leading is None else [next(iter(self.leading.leaves))]

    def ends(self, tree: Tree) -> list[Node]:
        """Return an end of every finished draft, as often as it has votes, and once where it has none.

        A text that ended at several nodes is one draft; where it was cut off at some of them, it still came to an end.
        """
        # What an earlier run has settled is settled where it was.
        ends = {leaf: leaf for choice in self.choices for leaf in choice.leaves if leaf.ending is not None}
        for node in tree.nodes:
            if node.finish:
                draft = self.draft(node)
                end = ends.setdefault(draft, draft if draft.ending is not None else node)
                if end.ending is None and node.finish == "stop" != end.finish:
                    ends[draft] = node
        return [end for draft, end in ends.items() for _ in range(int(self.votes(draft)) or 1)]

    def share(self, leaf: Node) -> float:
        """Return the part of all votes that state a draft's answer; 0 for a draft that states none."""
        choice = self.choice(leaf)
        return choice.votes / self.total if choice is not None else 0.0

    def _choice(self, answer: str) -> Choice:
        """Return the choice of an answer: the first whose answer means the same, or a new one."""
        if answer not in self._by_spelling:
            same = next((one for one in self.choices if self._asker.same(one.answer, answer)), None)
            if same is None:
                same = Choice(answer)
                self.choices.append(same)
            self._by_spelling[answer] = same
        return self._by_spelling[answer]


def revalue(tree: Tree, value: Callable[[Node], float]) -> None:
    """Set the `reward` of every node to the sum of the values that its visits have ended in.

    Args:
      tree: tree with the visits of a search. A visit that went on to no child ended at its node.
      value: value, from 0 to 1, of a visit that ended at a node.
    """
    for node in tree.nodes:
        node.reward = 0.0
    # A child comes behind its parent, so its own sum is complete when it is added.
    for node in reversed(tree.nodes):
        if node.visits:
            ended = node.visits - sum(child.visits for child in node.children)
            node.reward += ended * value(node) if ended else 0.0
            if node.parent is not None:
                node.parent.reward += node.reward
