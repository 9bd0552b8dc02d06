"""Tree of the solution prefixes of one question: one node per prefix, one estimate per node.

Identical prefixes of different rollouts are the same node, so they share their evidence. What counts as evidence, and
where, is in `factory/rollouts/nodes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factory.rollouts.nodes import GIVEN, PROBE, Node, Solution
from factory.types import POLICY, Question, Step, Verdict


class Tree:
    """Tree of one question: all its rollouts and given solutions, as nodes and solutions.

    Attributes:
      completer: role of the model that makes the rollouts of labellers. The values of nodes are its values; only where
        it is the policy's, the rollouts of searches are evidence, too.
      solutions: distinct solutions, in the order they were added.
      correct, incorrect: how many were added with that outcome; progress displays ask for it twice a second.
      begun: True where the policy's prompt ends inside a thought: solutions begin within one.
    """

    def __init__(self, question: Question, completer: str = POLICY) -> None:
        self.question = question
        self.completer = completer
        self.root = Node(index=0, depth=0)
        self.nodes: list[Node] = [self.root]
        self.solutions: list[Solution] = []
        self.correct = self.incorrect = 0
        self.begun = False

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
        """Add a rollout to the tree, and count it where it is evidence.

        Args:
          start: node that the rollout was sampled from.
          steps: steps behind `start`.
          verdict: the checker's verdict on the whole solution.
          finish_reason: "stop", or one of `CUT_SHORT` for a rollout that was cut off.
          method: `PROBE`, or the name of the search method that requested the rollout.
          prompt_tokens: tokens of the prompt and prefix that the rollout continued.
          opened: first node on the way that counts as opened by this rollout although it is there already. Needed for
            a rollout that was cut off in an earlier run: others may have passed through since.

        Returns:
          The new solution; where the same text is there already, that solution, which counts it.
        """
        # Phase 1: find or make the nodes on its way.
        node, known = self.attach(start, steps)
        rollout = Solution(node, start.depth, verdict, finish_reason, method, prompt_tokens, begun=self.begun)
        outcome = rollout.outcome
        # Phase 2: count it at the nodes that were there before.
        if outcome is not None and self.is_evidence(method):
            start.direct_trials += 1
            start.direct_successes += outcome
            for reached in known:
                if reached is opened:
                    break
                # Its own last node is the whole solution; there the verdict itself is the value.
                if reached is not node or reached is start:
                    rollout.count_at(reached)
        # Phase 3: merge it with an equal solution, if there is one.
        return self.end(rollout)

    def adopt(
        self, steps: Sequence[Step], verdict: Verdict, *, method: str = GIVEN, finish_reason: str = GIVEN
    ) -> Solution:
        """Add a solution that is no rollout: given with its question, or put together by a search method.

        It counts nowhere. If the same text is sampled later, that rollout counts as usual.

        Args:
          steps: all steps of the solution, from the bare question on.
          verdict: the checker's verdict on the whole solution.
          method: `GIVEN`, or the name of the search method that made it.
          finish_reason: `GIVEN`, or "stop".

        Returns:
          The new solution, or the equal one that is there already, with one more occurrence.
        """
        node, _ = self.attach(self.root, steps)
        made = Solution(node, 0, verdict, finish_reason, method, independent=method == GIVEN)
        made.role = "" if method == GIVEN else POLICY
        return self.end(made)

    def is_evidence(self, method: str) -> bool:
        """Return True where solutions of a method are rollouts of the model whose values the nodes have."""
        return method == PROBE or (method != GIVEN and self.completer == POLICY)

    def attach(self, start: Node, steps: Sequence[Step]) -> tuple[Node, list[Node]]:
        """Return the node that `steps` lead to, and the nodes on the way that were there before, `start` first.

        The last step ends a text: its key has no white space at the end. Nothing is counted.
        """
        known = [start]
        node = start
        if not any(step.text.strip() for step in steps):
            # Nothing, or only white space: the rollout ends where it began.
            steps = ()
        for step in steps:
            # A stop string decides how many newlines a cut solution ends on; that makes it no other solution.
            key = step.text.rstrip() if step is steps[-1] else step.text
            child = node.child(key)
            if child is None:
                child = self.grow(node, key, step)
            else:
                known.append(child)
                child.learn_tokens(step)
            node = child
        return node, known

    def grow(self, parent: Node, key: str, step: Step) -> Node:
        """Add a child to `parent` and return it.

        Args:
          parent: node that has no child called `key` yet.
          key: name of the child among its siblings: the step's text, without trailing white space for a last step.
          step: the step that leads to the child.

        Returns:
          The new node, without counts.
        """
        tokens = len(step.token_ids)
        child = Node(index=len(self.nodes), depth=parent.depth + 1, parent=parent, step=step, key=key, tokens=tokens)
        self.nodes.append(child)
        parent.add_child(child)
        return child

    def end(self, solution: Solution) -> Solution:
        """Return `solution`, or the solution with the same text that is there already, which counts it."""
        known = same_ending(solution.leaf)
        if known is None:
            self.put(solution)
            return solution
        if solution.method == PROBE != known.method:
            # Where labellers look depends on the gold answer: their rollouts are neither samples nor votes.
            known.probes += solution.occurrences
        elif known.method == PROBE and solution.method not in (PROBE, GIVEN):
            # An earlier run's labeller produced this text; now the search has sampled it, so it is to be labelled.
            known.method, known.sought, known.labelled = solution.method, True, False
            known.probes, known.occurrences = known.rollouts, solution.occurrences
            if not solution.independent:
                # As of any guided solution; the probe stays the evidence that it was.
                known.start_depth, known.counted_at = 0, None
            known.independent = solution.independent
            known.own = known.independent and self.is_evidence(known.method)
        elif solution.independent is known.independent:
            # A guided solution that has the text of a sample makes that no second sample.
            known.occurrences += solution.occurrences
        if known.method == GIVEN and solution.method not in (PROBE, GIVEN):
            # It came with the question and stays given; whose it is besides is said by its role.
            known.role = known.role or solution.role
        return known

    def put(self, solution: Solution) -> None:
        """Add a solution at the end of its leaf, where none ends yet; its rollout counts at no node by that."""
        solution.leaf.ending = solution
        solution.own = solution.independent and self.is_evidence(solution.method)
        self.solutions.append(solution)
        outcome = solution.outcome
        self.correct += outcome is True
        self.incorrect += outcome is False

    def measured(self) -> Iterator[Node]:
        """Yield the nodes that get a row in the record, parents first.

        These are the root, every node with evidence, requested rollouts, visits, a score or an action of a search, all
        their ancestors, and the endings right behind them. Deeper nodes can be read off the solutions.
        """
        keep = {0}
        for node in self.nodes:
            if node.trials or node.requested or node.searched or node.is_searched:
                # What is above a node that is kept is kept already.
                while node.parent is not None and node.index not in keep:
                    keep.add(node.index)
                    node = node.parent
        keep |= {node.index for node in self.nodes if node.ending and node.parent and node.parent.index in keep}
        return (node for node in self.nodes if node.index in keep)


def same_ending(leaf: Node) -> Solution | None:
    """Return the solution that ends at `leaf`, or at a sibling that differs only in trailing white space."""
    if leaf.ending is not None or leaf.parent is None:
        return leaf.ending
    text = leaf.key.rstrip()
    return next((other.ending for other in leaf.parent.children if other.ending and other.key.rstrip() == text), None)
