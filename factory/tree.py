"""A question's tree of solution prefixes: one node per prefix, one estimate per node.

A node is a prefix of steps; identical prefixes of different rollouts are the same node, so evidence is shared.

What counts as evidence for a node's Monte Carlo value (OmegaPRM, arXiv 2406.06592, sec. 3): a rollout sampled *from*
it, and any later rollout that happens to pass *through* it, which is an independent draw from there too. A rollout
never counts at nodes it opened itself: those nodes are looked at because of its outcome, so counting it would bias
them. A rollout that was cut off, or whose answer could not be judged, is no evidence at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from factory.types import Outcome, Question, Step, Verdict


@dataclass(slots=True, eq=False)
class Node:
    """A prefix of `depth` steps. `trials`/`successes` are its Monte Carlo counts, `visits` is N(s) of the paper."""

    index: int
    depth: int
    parent: Node | None = None
    step: Step | None = None
    children: dict[str, Node] = field(default_factory=dict)
    trials: int = 0
    successes: int = 0
    visits: int = 0
    requested: int = 0
    ending: Solution | None = None

    @property
    def mc_value(self) -> float | None:
        """Share of judged rollouts from here that reached the gold answer, None without any."""
        return self.successes / self.trials if self.trials else None

    def path(self) -> list[Node]:
        """The nodes from the first step down to this one; empty for the root."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.step is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    @property
    def text(self) -> str:
        return "".join(node.step.text for node in self.path() if node.step)

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The exact ids sampled for this prefix; what a continuation is conditioned on."""
        return tuple(token for node in self.path() if node.step for token in node.step.token_ids)


@dataclass(slots=True, eq=False)
class Solution:
    """A finished rollout: where it started, how it ended, how often exactly this text came back."""

    leaf: Node
    start_depth: int
    verdict: Verdict
    finish_reason: str
    method: str
    prompt_tokens: int = 0
    occurrences: int = 1

    @property
    def is_wrong(self) -> bool:
        """Finished, judged, and judged incorrect: the only kind a first error is searched in."""
        return self.outcome is False

    @property
    def outcome(self) -> bool | None:
        """True/False where the rollout is evidence, None where it is none (cut off, unparsable, time-out, error)."""
        if self.finish_reason == "length" or self.verdict.outcome not in (Outcome.CORRECT, Outcome.INCORRECT):
            return None
        return self.verdict.outcome is Outcome.CORRECT

    @property
    def text(self) -> str:
        return self.leaf.text

    @property
    def n_tokens(self) -> int:
        return sum(len(node.step.token_ids) for node in self.leaf.path() if node.step)


class Tree:
    """All that came back for one question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.root = Node(index=0, depth=0)
        self.nodes: list[Node] = [self.root]
        self.solutions: list[Solution] = []

    def add(
        self,
        start: Node,
        steps: Sequence[Step],
        verdict: Verdict,
        *,
        finish_reason: str,
        method: str,
        prompt_tokens: int = 0,
    ) -> Solution:
        """Hang a rollout sampled from `start` into the tree and count it where it is evidence.

        Returns its solution; the same text coming back returns the solution already there, one occurrence richer.
        """
        known = [start]
        node = start
        for step in steps:
            # Where a stop string cut a solution decides how many newlines it ends on; that makes no other solution.
            key = step.text.rstrip() if step is steps[-1] else step.text
            child = node.children.get(key)
            if child is None:
                child = Node(index=len(self.nodes), depth=node.depth + 1, parent=node, step=step)
                self.nodes.append(child)
                node.children[key] = child
            else:
                known.append(child)
            node = child
        rollout = Solution(node, start.depth, verdict, finish_reason, method, prompt_tokens)
        outcome = rollout.outcome
        if outcome is not None:
            # Its own last node is the whole solution; there the verdict itself is the value.
            for reached in known:
                if reached is not node or reached is start:
                    reached.trials += 1
                    reached.successes += outcome
        if node.ending is not None:
            node.ending.occurrences += 1
            return node.ending
        node.ending = rollout
        self.solutions.append(rollout)
        return rollout

    def measured(self) -> Iterator[Node]:
        """Nodes worth a row, parents first: the root, every node with evidence or visits, all their ancestors, and the
        endings right behind them. What lies deeper stands in the solutions."""
        keep = {0}
        for node in self.nodes:
            if node.trials or node.visits:
                keep.update(ancestor.index for ancestor in node.path())
        keep |= {node.index for node in self.nodes if node.ending and node.parent and node.parent.index in keep}
        return (node for node in self.nodes if node.index in keep)
