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

GIVEN = "given"  # method and finish reason of a solution that came with its question
PROBE = "rollout"  # method of a rollout that a labeller asked for; a search method's have a name of their own


@dataclass(slots=True, eq=False)
class Node:
    """A prefix of `depth` steps. `trials`/`successes` are its Monte Carlo counts, `visits` is N(s) of the paper.

    Of the counts, `asked`/`asked_successes` are rollouts that started here, `came`/`came_successes` rollouts of the
    bare question that came through. The rest came through from prefixes in between. `requested` is how many were asked
    for here, judged or not, `searched` the part of them that a search method asked for. `tokens`: what the step was
    sampled as; the ids themselves are unknown of a node that was restored from a record
    (`factory/question_pipeline/restored.py`).
    """

    index: int
    depth: int
    parent: Node | None = None
    step: Step | None = None
    children: dict[str, Node] = field(default_factory=dict)
    trials: int = 0
    successes: int = 0
    visits: int = 0
    requested: int = 0
    searched: int = 0
    asked: int = 0
    asked_successes: int = 0
    came: int = 0
    came_successes: int = 0
    tokens: int = 0
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

    def learn_tokens(self, sampled: Step) -> None:
        """Take over the ids of the same step sampled later, where a given solution had brought the text alone."""
        if self.step and not self.step.token_ids and self.step.text == sampled.text:
            self.step, self.tokens = sampled, len(sampled.token_ids)

    @property
    def text(self) -> str:
        return "".join(node.step.text for node in self.path() if node.step)

    def prefix(self) -> tuple[str, tuple[int, ...]]:
        """What a continuation is conditioned on: the text up to the last step nobody sampled, then the exact ids."""
        steps = [node.step for node in self.path() if node.step]
        given = max((depth for depth, step in enumerate(steps, start=1) if not step.token_ids), default=0)
        text = "".join(step.text for step in steps[:given])
        return text, tuple(token for step in steps[given:] for token in step.token_ids)


@dataclass(slots=True, eq=False)
class Solution:
    """A finished rollout: where it started, how it ended, how often exactly this text came back.

    Or a given solution (`method` is `GIVEN`): it began nowhere, and is evidence for nothing.

    The last four are of a solution that was restored. `sought`: whether labellers may ask for rollouts on its account,
    which they do not for what their own probes came upon. `labelled`: its labels stand, it gets no others.
    `label_calls`, `label_wishes`: what these have cost (`SolutionLabels`).
    """

    leaf: Node
    start_depth: int
    verdict: Verdict
    finish_reason: str
    method: str
    prompt_tokens: int = 0
    occurrences: int = 1
    counted_at: int | None = None  # depth of the last node that its own rollout counts at
    sought: bool = True
    labelled: bool = False
    label_calls: int = 0
    label_wishes: int = 0

    @property
    def start(self) -> Node:
        """Where its rollout was asked for; the root for what was given."""
        return [*self.prefixes(), self.leaf][self.start_depth]

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

    def count_at(self, node: Node) -> None:
        """Count its own rollout, which must have an outcome, at `node`: the next on its way that was there before."""
        successes = int(self.outcome is True)
        node.trials += 1
        node.successes += successes
        self.counted_at = node.depth
        if self.start_depth == 0 and node.depth:
            node.came += 1
            node.came_successes += successes

    def prefixes(self) -> list[Node]:
        """The prefixes of 0..M-1 steps, the root first."""
        path = self.leaf.path()
        return [node.parent for node in path if node.parent]

    def evidence(self) -> tuple[tuple[int, int], ...]:
        """(trials, successes) of the prefixes of 0..M-1 steps: what a belief about this solution is built from.

        A rollout counts where it was asked for; one of the bare question also at the last prefix it came through,
        where it is a draw like any other (the bare question itself is never wrong, so there it only tells of the
        policy). Its own rollout is left out: whoever weighs the evidence knows the verdict already.
        """
        own_at: set[int] = set()
        if self.counted_at is not None:
            own_at = {self.start_depth} if self.start_depth else {0, self.counted_at}
        counts = []
        for node, child in zip(self.prefixes(), self.leaf.path(), strict=True):
            stayed, stayed_successes = node.came - child.came, node.came_successes - child.came_successes
            if node.parent is None:
                stayed = stayed_successes = 0  # there, all of them were asked for
            own = node.depth in own_at
            successes = node.asked_successes + stayed_successes - (own and self.outcome is True)
            counts.append((node.asked + stayed - own, successes))
        return tuple(counts)

    @property
    def text(self) -> str:
        return self.leaf.text

    @property
    def n_tokens(self) -> int:
        return sum(node.tokens for node in self.leaf.path())


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
        opened: Node | None = None,
    ) -> Solution:
        """Hang a rollout sampled from `start` into the tree and count it where it is evidence.

        `opened`: the first node that it opened itself although it is there, where it was cut off before and others came
        through in between. Returns its solution; the same text coming back returns the solution already there, one
        occurrence richer.
        """
        node, known = self._hang(start, steps)
        rollout = Solution(node, start.depth, verdict, finish_reason, method, prompt_tokens)
        outcome = rollout.outcome
        if outcome is not None:
            # Its own last node is the whole solution; there the verdict itself is the value.
            start.asked += 1
            start.asked_successes += outcome
            for reached in known:
                if reached is opened:
                    break
                if reached is not node or reached is start:
                    rollout.count_at(reached)
        return self._end(rollout)

    def adopt(
        self, steps: Sequence[Step], verdict: Verdict, *, method: str = GIVEN, finish_reason: str = GIVEN
    ) -> Solution:
        """Hang in a solution that is no rollout: given with its question, or put together by a search method. It counts
        nowhere; its text may still be sampled and count then."""
        node, _ = self._hang(self.root, steps)
        return self._end(Solution(node, 0, verdict, finish_reason=finish_reason, method=method))

    def _hang(self, start: Node, steps: Sequence[Step]) -> tuple[Node, list[Node]]:
        """The node that `steps` lead to from `start`, and those on the way, `start` first, that were there before."""
        known = [start]
        node = start
        if not any(step.text.strip() for step in steps):
            steps = ()  # nothing, or white space: it ends where it began
        for step in steps:
            # Where a stop string cut a solution decides how many newlines it ends on; that makes no other solution.
            key = step.text.rstrip() if step is steps[-1] else step.text
            child = node.children.get(key)
            if child is None:
                child = self.grow(node, key, step)
            else:
                known.append(child)
                child.learn_tokens(step)
            node = child
        return node, known

    def grow(self, parent: Node, key: str, step: Step) -> Node:
        """A new child of `parent`, which has none by that key."""
        tokens = len(step.token_ids)
        child = Node(index=len(self.nodes), depth=parent.depth + 1, parent=parent, step=step, tokens=tokens)
        self.nodes.append(child)
        parent.children[key] = child
        return child

    def _end(self, solution: Solution) -> Solution:
        """`solution`, or the one with the same text that is there already, one occurrence richer."""
        known = _same_ending(solution.leaf)
        if known is not None:
            known.occurrences += 1
            if known.method == PROBE and solution.method not in (PROBE, GIVEN):
                # A labeller's probe of an earlier run came upon it; now it is what the search is after.
                known.method, known.sought, known.labelled = solution.method, True, False
            return known
        solution.leaf.ending = solution
        self.solutions.append(solution)
        return solution

    def measured(self) -> Iterator[Node]:
        """Nodes worth a row, parents first: the root, every node with evidence, visits or rollouts asked for, all their
        ancestors, and the endings right behind them. What lies deeper stands in the solutions."""
        keep = {0}
        for node in self.nodes:
            if node.trials or node.visits or node.requested:
                keep.update(ancestor.index for ancestor in node.path())
        keep |= {node.index for node in self.nodes if node.ending and node.parent and node.parent.index in keep}
        return (node for node in self.nodes if node.index in keep)


def _same_ending(leaf: Node) -> Solution | None:
    """The solution that ends at `leaf`, or at a sibling that differs in the white space at its end only."""
    if leaf.ending is not None or leaf.parent is None or leaf.step is None:
        return leaf.ending
    text = leaf.step.text.rstrip()
    siblings = (sibling for sibling in leaf.parent.children.values() if sibling.ending and sibling.step)
    return next((sibling.ending for sibling in siblings if sibling.step and sibling.step.text.rstrip() == text), None)
