"""Bayesian bisection: probe where a rollout tells most about the first error, stop when sure enough.

Every wrong solution, sampled or given, has a belief about its first error, joint with the policy's strength, luck and
evenness on this question (`factory/labelling/belief.py`). In each round every solution that is not yet settled wishes
for the prefix with the highest expected information; slots of the engine that would be idle get further probes. Equal
wishes are one rollout, all rollouts of a round are in flight together, and each counts for every solution that shares
the prefix. Rollouts made before, for whatever reason, are evidence from the start and never paid for again.

With `audit_correct` right solutions are investigated like wrong ones (`factory/labelling/audit.py`).

A solution is settled when one hypothesis has the wanted confidence, when its evidence contradicts all, or when it would
take more than `max_probes` to locate the error: hopeless ones are given up before the budget is spent.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from random import Random

import numpy as np

from factory.added_fields import ADDED, in_place_of
from factory.contracts.roles import GENERATE
from factory.drafting.votes import Votes, tokens_ahead
from factory.labelling.arrays import Array, entropy
from factory.labelling.audit import AUDITS, is_audited
from factory.labelling.belief import Belief
from factory.labelling.experience import Experience
from factory.labelling.learning import heard_of, likelihood, rollouts_of
from factory.labelling.question_evidence import evidence_of, tell
from factory.labelling.step_evidence import StepEvidence
from factory.labelling.step_labels import CONTRADICTED, SolutionLabeller, SolutionLabels, targets
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.types import POLICY

# Possible futures that are followed when several probes are chosen at once.
_BRANCHES = 8
# Later probes may tell this many times more than the next one, once that has shown that the policy can do the question.
_OPTIMISM = 4.0
# Finished questions from which on probes are speculated on.
_CAUTION = 16
# Least share of its best probe's bits that a further probe of a solution has to promise in a round: a round later it is
# chosen better, and an idle slot is not quite free, as a CPU's step takes longer the more samples are in it.
_WORTHWHILE = 0.6
# Rollouts of a prefix without a single verdict from which on it is not probed again.
_PATIENCE = 4
# Value of `probes_per_round`: as many as cost no time.
AUTO = "auto"

EFFORT = ("max_probes", "max_solutions")


@dataclass
class Config:
    """Stopping rule and budget.

    * `confidence`: posterior probability from which a first error counts as located and a step is labelled.
    * `probes_per_round`: rollouts a solution wishes for at once. More of them means fewer rounds and more rollouts.
      `auto` is one, and further ones that tell enough while the engine has idle slots, where they cost no time.
    * `most_probes_per_round`: rollouts a solution wishes for at once with `auto` at most.
    * `max_probes`: rollouts a solution may wish for in all, whoever pays for them, including those of an earlier run.
    * `max_solutions`: wrong solutions probed per question; the others are labelled as far as shared prefixes allow.
    * `per_token`: weigh information by the tokens a rollout is expected to cost (1), not at all (0), or in between.
    * `completer`: role of the model that makes the rollouts.
    * `joint`: True has the solutions of a question tell each other how strong the policy is on it.
    * `audit_correct`: right solutions in which a wrong step is looked for, too: "all", "sampled" (an eighth of them,
      drawn by their text) or "off".
    """

    confidence: float = 0.97
    probes_per_round: int | str = field(default=AUTO, metadata=in_place_of(1))
    most_probes_per_round: int = field(default=4, metadata=ADDED)
    max_probes: int = 64
    max_solutions: int = 64
    per_token: float = 0.0
    completer: str = field(default=POLICY, metadata=ADDED)
    joint: bool = field(default=False, metadata=ADDED)
    audit_correct: str = field(default="off", metadata=ADDED)

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}: expected more than 0 and less than 1")
        given = self.probes_per_round
        # As text it comes from a command line.
        if isinstance(given, str) and given.isdecimal():
            given = self.probes_per_round = int(given)
        if given != AUTO and (isinstance(given, (bool, str)) or given < 1):
            raise ValueError(f"probes_per_round is {given!r}: expected {AUTO!r}, or a whole number of at least 1")
        if self.most_probes_per_round < 1:
            raise ValueError(f"most_probes_per_round is {self.most_probes_per_round}: expected at least 1")
        if self.max_probes < 0 or self.max_solutions < 0:
            raise ValueError(
                f"max_probes is {self.max_probes}, max_solutions is {self.max_solutions}: expected 0 or more"
            )
        if not 0 <= self.per_token <= 1:
            raise ValueError(f"per_token is {self.per_token}: expected 0 to 1")
        if self.audit_correct not in AUDITS:
            raise ValueError(f"audit_correct is {self.audit_correct!r}: expected {', '.join(AUDITS)}")


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the model that makes the rollouts."""
    return {config.completer: GENERATE}


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Locate the first errors of the wrong solutions in `tree`, then label every solution of it.

    Args:
      tree: tree of the question, with the solutions to label.
      policy: samples the rollouts.
      config: settings of this labeller.
      rng: not used.
      experience: prior over the policy, learnt from the questions before.

    Returns:
      Labels of every solution that is not `labelled` already.
    """
    return await label_with(tree, policy, config, experience)


async def label_with(
    tree: Tree, policy: Policy, config: Config, experience: Experience, votes: Votes | None = None
) -> dict[Solution, SolutionLabels]:
    """Do what `label` does, with `votes` of a critic where one of them promises more for its cost than a rollout."""
    # Phase 1: choose the solutions to look into. Where the policy never solved the question, its own are not worth it.
    judge = SolutionLabeller(experience, config.confidence, tree.question.key)
    wrong = [solution for solution in tree.solutions if solution.is_wrong and solution.leaf.depth]
    hopeful = [solution for solution in wrong if tree.root.successes or not solution.own]
    audited = [solution for solution in tree.solutions if is_audited(solution, config.audit_correct)]
    cases = [
        Investigation(solution, judge.belief(solution), wished=solution.label_wishes)
        for sought in (hopeful, audited)
        for solution in targets(sought, config.max_solutions)
    ]
    # Phase 2: rounds of rollouts, until every case is settled.
    while open_cases := [case for case in cases if not case.settled(config) or (votes and votes.worth(case))]:
        judged = [case for case in open_cases if votes and votes.beats(case, case.information(config))]
        probed = [case for case in open_cases if case not in judged]
        wanted = _round(probed, config, _idle(policy, config, experience))
        for case in cases:
            case.belief.rest()
        rollouts = [policy.rollouts(node, n) for node, n in wanted.items()]
        await together([*rollouts, *(votes.ask(case.solution) for case in judged if votes)])
        for case in cases:
            if not wanted.keys().isdisjoint(case.prefixes):
                case.belief.update(case.solution.evidence())
        # What this question has shown so far teaches the others under way, and they have taught it meanwhile.
        teaching = [(case.prefixes, case.belief) for case in cases if case.solution.independent]
        if experience.learns and teaching:
            heard = heard_of((case.solution, case.belief) for case in cases)
            experience.teach(tree.question.key, likelihood(teaching), rollouts_of(tree), heard)
        if config.joint or judged or (experience.learns and teaching):
            tell(cases, config.joint, experience, tree.question.key)
    # Phase 3: label every solution from the evidence and the prior that are there now.
    judge = SolutionLabeller(experience, config.confidence, tree.question.key, evidence_of(cases, config.joint))
    labels = {solution: judge.by_posterior(solution) for solution in tree.solutions if not solution.labelled}
    labels |= {solution: judge.by_audit(solution) for solution in audited if not solution.labelled}
    for case in cases:
        labels[case.solution] = replace(labels[case.solution], policy_calls=case.policy_calls, wishes=case.wished)
    return labels


def _idle(policy: Policy, config: Config, experience: Experience) -> int:
    """Return the further rollouts of a round that would cost no time; 0 where the policy is not known well enough."""
    knows = experience.learns and experience.questions >= _CAUTION
    return policy.room if config.probes_per_round == AUTO and knows else 0


def _round(cases: Sequence[Investigation], config: Config, idle: int) -> dict[Node, int]:
    """Return the prefixes to continue in this round, with the number of rollouts of each, and count who pays.

    Args:
      cases: solutions that are not settled.
      config: settings of this labeller.
      idle: rollouts that cost no time on top of what each case wishes for: the cases they tell most about get them.
    """
    wanted: dict[Node, int] = {}
    # Phase 1: what every case wishes for.
    least = config.probes_per_round if isinstance(config.probes_per_round, int) else 1
    searches = [case.probes(config) for case in cases]
    wishes: list[Counter[Node]] = [Counter() for _ in cases]
    most_bits = [0.0] * len(cases)
    for index, (case, probes, own) in enumerate(zip(cases, searches, wishes, strict=True)):
        for bits, node in islice(probes, least):
            case.wish(node, own, wanted)
            most_bits[index] = max(most_bits[index], bits)
    # Phase 2: what idle slots are good for. A probe that another case has wished for already takes none.
    if idle <= 0 or config.most_probes_per_round <= least:
        return wanted
    most = sum(wanted.values()) + idle
    ahead = [(-bits, index, node) for index, probes in enumerate(searches) for bits, node in islice(probes, 1)]
    heapq.heapify(ahead)
    while ahead and sum(wanted.values()) < most:
        bits, index, node = heapq.heappop(ahead)
        if -bits < _WORTHWHILE * most_bits[index]:
            continue
        cases[index].wish(node, wishes[index], wanted)
        if wishes[index].total() < config.most_probes_per_round:
            for bits, further in islice(searches[index], 1):
                heapq.heappush(ahead, (-bits, index, further))
    return wanted


@lru_cache(maxsize=64)
def _allowed_bits(confidence: float) -> float:
    """Return the entropy, in bits, of a first error that is located with this confidence."""
    return entropy(np.array([confidence, 1 - confidence]))


@dataclass(slots=True, eq=False)
class Investigation:
    """Wrong solution whose first error is being located.

    * `policy_calls`: rollouts it has paid for.
    * `wished`: rollouts it has wished for, including those that another solution paid for or that came to nothing.
    * `prefixes`: nodes of 0..M-1 steps.
    """

    solution: Solution
    belief: Belief
    policy_calls: int = 0
    wished: int = 0
    prefixes: list[Node] = field(init=False)

    def __post_init__(self) -> None:
        self.prefixes = self.solution.prefixes()

    def settled(self, config: Config) -> bool:
        """Return True when this solution wishes for no more rollouts."""
        first_error = self.belief.first_error
        budget = config.max_probes - self.wished
        if budget <= 0 or self.belief.contradiction > CONTRADICTED:
            return True
        if first_error.max() >= config.confidence:
            return not self._is_unfounded()
        # Bits that are missing, against the bits that the rest of the budget can give at best.
        unknown = entropy(first_error) - _allowed_bits(config.confidence)
        return unknown > _OPTIMISM * budget * float((self._answering() * self.belief.expected_information).max())

    def information(self, config: Config) -> Array:
        """Return the bits that a rollout of each prefix promises, 0 where none will be asked for: shape [M]."""
        return self._answering() * self.belief.expected_information * (not self.settled(config))

    def probes(self, config: Config) -> Iterator[tuple[float, Node]]:
        """Yield the prefixes to continue next, while the budget lasts, with the bits each is expected to add.

        They are chosen greedily: each further probe by the information it adds on average over the outcomes of those
        before it. The bare question alone is asked where the first error is sure and nothing supports it.
        """
        if self.belief.first_error.max() >= config.confidence:
            yield 1.0, self.prefixes[0]
            return
        worth = self._answering()
        if config.per_token:
            worth *= tokens_ahead(self.solution) ** -config.per_token
        futures = [(1.0, self.belief)]
        for _ in range(config.max_probes - self.wished):
            information = sum(share * belief.expected_information for share, belief in futures) * worth
            depth = int(np.argmax(information))
            yield float(information[depth]), self.prefixes[depth]
            futures = [(share * chance, after) for share, belief in futures for chance, after in belief.branches(depth)]
            futures = sorted(futures, key=lambda future: -future[0])[:_BRANCHES]

    def wish(self, node: Node, own: Counter[Node], wanted: dict[Node, int]) -> None:
        """Wish for one more rollout of `node` in this round.

        Args:
          node: prefix to continue.
          own: what this solution has wished for in the round.
          wanted: what all have; the first to wish for a rollout pays for it.
        """
        self.wished += 1
        own[node] += 1
        if own[node] > wanted.get(node, 0):
            wanted[node] = own[node]
            self.policy_calls += 1

    def _is_unfounded(self) -> bool:
        """Return True where nothing supports a first error that is sure: the completer may not solve the question."""
        if self.solution.outcome or any(node.successes for node in self.prefixes) or not self._answering()[0]:
            return False
        counts = [(node.trials, node.successes) for node in self.prefixes]
        evidence = StepEvidence(counts, False, self.solution.opinions)
        return not evidence.supports(-1, int(self.belief.first_error.argmax()) + 1)

    def _answering(self) -> Array:
        """Return 1 for every prefix, but 0 for those with `_PATIENCE` rollouts and no verdict among them; shape [M]."""
        mute = [node.requested >= _PATIENCE and not node.trials for node in self.prefixes]
        return 1.0 - np.array(mute)
