"""Nodes of a question's tree of solution prefixes, and the solutions that end at them.

A node is a prefix of steps. Evidence for its Monte Carlo value (OmegaPRM, arXiv 2406.06592, sec. 3) is a rollout
sampled *from* it, and any later rollout that happens to pass *through* it, which is an independent draw from there too.
Invariants:

* A rollout never counts at a node that it opened itself. Such a node is looked at because of the rollout's outcome, so
  counting it there would bias the estimate.
* A rollout that was cut off, or whose answer could not be judged, is no evidence at all. One that was cut off behind an
  answer that counts (`ANSWERED`) is evidence like any other.
* A value is one model's. Where another than the policy makes the rollouts of the labels (`Tree.completer`), those of
  searches are no evidence, and counted as `searched` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from factory.labelling.opinions import Opinion
from factory.rollouts.critique import Critique
from factory.tokens import Tokens
from factory.types import LENGTH, POLICY, Outcome, Step, Verdict

# Method and finish reason of a solution that came with its question.
GIVEN = "given"
# Method of a rollout that a labeller asked for. The rollouts of a search method carry the name of that method.
PROBE = "rollout"
STEP = "step"
"""Action of a node that the policy's own prompt led to."""


@dataclass(slots=True, eq=False)
class Node:
    """Prefix of `depth` steps, with its Monte Carlo counts.

    * `index`: position in `Tree.nodes`, in the order of creation; 0 is the root.
    * `key`: name among its siblings: the text of its step, without trailing white space for a solution's last step.
    * `trials`, `successes`: judged rollouts that are evidence here, and those that reached the gold answer.
    * `visits`, `reward`: how often a tree search came through here, and the sum of what it backed up
      (`factory/drafting/uct.py`).
    * `selections`: N(s) of OmegaPRM, how often a pair of this node was selected.
    * `requested`: rollouts requested from here, judged or not, of the model whose value is measured. `searched`:
      rollouts that a search method requested.
    * `direct_trials`, `direct_successes`: the part of the counts from rollouts that started here.
    * `passthrough_trials`, `passthrough_successes`: the part from rollouts of the bare question that passed through.
      The rest of `trials` passed through from prefixes in between.
    * `tokens`: number of tokens that the step was sampled as. It is known for a node restored from a record
      (`factory/question_pipeline/restored.py`), although the ids themselves are not.
    * `ending`: the solution that ends here, if one does.
    * `action`: what led here, in the search method's own word: "step", "A1", "revise".
    * `finish`: finish reason of a draft that ends here: "stop" or `LENGTH`; "" where it is open.
    * `score`: a verifier's score of this step behind its prefix; None where nobody asked for it.
    """

    index: int
    depth: int
    parent: Node | None = None
    step: Step | None = None
    key: str = ""
    trials: int = 0
    successes: int = 0
    visits: int = 0
    selections: int = 0
    requested: int = 0
    searched: int = 0
    direct_trials: int = 0
    direct_successes: int = 0
    passthrough_trials: int = 0
    passthrough_successes: int = 0
    tokens: int = 0
    ending: Solution | None = None
    action: str = STEP
    finish: str = ""
    score: float | None = None
    reward: float = 0.0
    # Nearly every node of a long solution has one child, and a dictionary is larger than a node.
    _next: Node | dict[str, Node] | None = field(default=None, init=False, repr=False)

    def child(self, key: str) -> Node | None:
        """Return the next node of that key; None where there is none."""
        behind = self._next
        if isinstance(behind, dict):
            return behind.get(key)
        return behind if behind is not None and behind.key == key else None

    @property
    def children(self) -> tuple[Node, ...]:
        """Next nodes, in the order they were added."""
        if isinstance(self._next, dict):
            return tuple(self._next.values())
        return () if self._next is None else (self._next,)

    def add_child(self, child: Node) -> None:
        """Add a next node; none of its key may be there yet."""
        if self._next is None:
            self._next = child
        elif isinstance(self._next, dict):
            self._next[child.key] = child
        else:
            self._next = {self._next.key: self._next, child.key: child}

    @property
    def is_searched(self) -> bool:
        """True where a search or OmegaPRM has left something that no solution says: visits, a score, an action."""
        return bool(self.visits or self.selections or self.reward) or self.score is not None or self.action != STEP

    @property
    def mc_value(self) -> float | None:
        """Share of judged rollouts from here that reached the gold answer; None without any."""
        return self.successes / self.trials if self.trials else None

    def path(self) -> list[Node]:
        """Return the nodes from the first step down to this one; empty for the root."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None and node.step is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    def learn_tokens(self, sampled: Step) -> None:
        """Take over the token ids of `sampled`, where the node has only the text of that step so far."""
        if self.step and not self.step.token_ids and self.step.text == sampled.text:
            self.step, self.tokens = sampled, len(sampled.token_ids)

    @property
    def text(self) -> str:
        """Text of the whole prefix."""
        return "".join(node.step.text for node in self.path() if node.step)

    def prefix(self) -> tuple[str, Tokens]:
        """Return what a continuation is conditioned on: the text of the first steps, then token ids of the others.

        The text reaches up to the last step that nobody sampled; behind it all steps have exact ids.
        """
        steps = [node.step for node in self.path() if node.step]
        given = max((depth for depth, step in enumerate(steps, start=1) if not step.token_ids), default=0)
        text = "".join(step.text for step in steps[:given])
        return text, Tokens.joined(step.token_ids for step in steps[given:])


@dataclass(slots=True, eq=False)
class Solution:
    """Finished rollout, or a solution that came with the question (`method` is `GIVEN`; it is evidence for nothing).

    * `leaf`: node at its end. `start_depth`: depth of the node that the rollout was requested from.
    * `occurrences`: how often exactly this text came back from what `method` says: from its search, or from labellers
      where that is `PROBE`. `probes`: how often labellers' rollouts came to the text of a sample or given solution.
      Where labellers look depends on the gold answer, so these are no samples of the question.
    * `counted_at`: depth of the last node that the rollout counts at, None where it counts nowhere.
    * `own`: True for a rollout of the model whose rollouts are evidence. False for what others wrote: it is labelled
      as any solution, but says nothing about that model.
    * `independent`: False for a solution that was guided, revised or put together: it is no sample of anybody's, so it
      is evidence at no node, and what counts samples (pass@k) leaves it out.
    * `begun`: True where it begins within a thought, as the prompt that it was sampled from had opened one.
    * `score`: what the search's selection gave it. `selected`: True for the one that the search answers with.
    * `role`: role of the model that wrote it; "" for a given one that no search has written, too.
    * `revises`: the solution that this one is a new version of. `critique`: the critique that led to it.
    * `critiques`: what critics said of this one. `opinions`: where sources other than rollouts see its first error.

    These differ from their defaults only for a solution restored from a record:

    * `sought`: True when labellers may request rollouts on its account. False for solutions that their own earlier
      probes produced.
    * `labelled`: True when its labels stand and it gets no others.
    * `label_calls`, `label_wishes`: completions these labels have cost (`SolutionLabels.policy_calls`, `.wishes`).
    """

    leaf: Node
    start_depth: int
    verdict: Verdict
    finish_reason: str
    method: str
    prompt_tokens: int = 0
    occurrences: int = 1
    probes: int = 0
    counted_at: int | None = None
    own: bool = True
    independent: bool = True
    begun: bool = False
    score: float | None = None
    selected: bool = False
    role: str = POLICY
    revises: Solution | None = None
    critique: str = ""
    critiques: tuple[Critique, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    sought: bool = True
    labelled: bool = False
    label_calls: int = 0
    label_wishes: int = 0

    @property
    def start(self) -> Node:
        """Node that the rollout was requested from; the root for a given solution."""
        node = self.leaf
        while node.depth > self.start_depth and node.parent is not None:
            node = node.parent
        return node

    @property
    def rollouts(self) -> int:
        """Number of times that this text came, whoever asked for it."""
        return self.occurrences + self.probes

    @property
    def is_wrong(self) -> bool:
        """True when finished, judged, and judged incorrect: the only kind in which a first error is searched."""
        return self.outcome is False

    @property
    def outcome(self) -> bool | None:
        """True or False where the rollout is evidence; None where it is none (cut off, unparsable, time-out, error)."""
        if self.finish_reason == LENGTH or self.verdict.outcome not in (Outcome.CORRECT, Outcome.INCORRECT):
            return None
        return self.verdict.outcome is Outcome.CORRECT

    def hear(self, opinion: Opinion | None) -> None:
        """Take an opinion on its first error, in place of one of the same source; None for a source that has none."""
        if opinion is not None:
            said = {each.source: each for each in self.opinions} | {opinion.source: opinion}
            self.opinions = tuple(said.values())

    def count_at(self, node: Node) -> None:
        """Count the solution's own rollout at `node`, the next node on its way that was there before it.

        The rollout must have an outcome.
        """
        successes = int(self.outcome is True)
        node.trials += 1
        node.successes += successes
        self.counted_at = node.depth
        if self.start_depth == 0 and node.depth:
            node.passthrough_trials += 1
            node.passthrough_successes += successes

    def take_tokens(self, start: Node, tokens: Sequence[int]) -> None:
        """Note how many tokens the steps behind `start` were sampled as, where that is not known yet."""
        for node, count in zip(self.leaf.path()[start.depth :], tokens, strict=False):
            node.tokens = node.tokens or count

    def prefixes(self) -> list[Node]:
        """Return the prefixes of 0..M-1 steps, the root first."""
        path = self.leaf.path()
        return [node.parent for node in path if node.parent]

    def evidence(self) -> tuple[tuple[int, int], ...]:
        """Return (trials, successes) of the prefixes of 0..M-1 steps: the input of a belief about this solution.

        A rollout counts where it was requested; a rollout of the bare question counts also at the last prefix that it
        passed through, where it is a draw like any other. (The bare question itself is never wrong, so there it only
        says something about the policy.) The solution's own rollout is left out: whoever weighs the evidence knows the
        verdict already.
        """
        right = self.outcome is True
        own_at: tuple[int, ...] = ()
        if self.counted_at is not None:
            own_at = (self.start_depth,) if self.start_depth else (0, self.counted_at)
        counts = []
        # From the last prefix up: labellers ask for this in every round, for every solution.
        child, node = self.leaf, self.leaf.parent
        while node is not None:
            trials, successes = node.direct_trials, node.direct_successes
            if node.parent is not None:
                # Rollouts of the bare question that left this solution right behind `node`. (At the root all of them
                # are among the direct trials already.)
                trials += node.passthrough_trials - child.passthrough_trials
                successes += node.passthrough_successes - child.passthrough_successes
            if node.depth in own_at:
                trials -= 1
                successes -= right
            counts.append((trials, successes))
            child, node = node, node.parent
        return tuple(reversed(counts))

    @property
    def text(self) -> str:
        """Text of the whole solution."""
        return self.leaf.text

    @property
    def n_tokens(self) -> int:
        """Number of tokens that its steps were sampled as."""
        return sum(node.tokens for node in self.leaf.path())
