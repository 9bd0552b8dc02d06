"""rStar: tree search over five human-like actions, then a second model's agreement (Qi et al., arXiv 2408.06195).

A rollout goes down the tree by UCT to a node that has no children yet, adds those of all its actions at once, and ends
in the answer that most of its direct finishes (A2) give. What is backed up is the true vote share: the part of all
finished samples of the question that state the same answer, worked out anew when others come
(`factory/drafting/ballot.py`). The paper walks on by random actions instead, and expands every node on its way: the
same kinds of ends, for up to `max_depth` expansions a rollout.

The ends of rollouts are candidates, and a draft of the answer with most votes. Another model (`discriminator`; by
default the policy itself) completes each from several beginnings, and the answer with the highest vote share + survival
rate is chosen. Gold is read behind that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from factory.contracts.roles import GENERATE
from factory.drafting.amounts import at_least
from factory.drafting.ballot import Ballot, revalue
from factory.drafting.settled import choose, settle_all
from factory.drafting.uct import backup, uct
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.rollouts.tree import Tree
from factory.rstar.actions import FINISH, choices
from factory.rstar.children import METHOD, Prompts, Widths, expand
from factory.rstar.mutual import Check, agreements, best, final_scores
from factory.rstar.step_scores import StepScores
from factory.types import POLICY

EFFORT = ("rollouts",)


@dataclass
class Config:
    """Settings. Rollouts, depth, A1 and A3 are the paper's (sec. 4.1); `c` and `min_agree` those of its public code.

    * `rollouts`: rollouts per question. `max_depth`: most actions of a solution; the last is always A2.
    * `steps`, `sub_questions`: samples of A1 and A3 per node; equal ones are one child.
    * `finishes`: samples of A2 per node. The public code takes 32, each node voting for itself; here all nodes' vote
      together. `answers`: samples of the answer to a sub-question, whose majority counts; the public code takes 10.
    * `c`: weight of exploration in UCT.
    * `discriminator`: role of the model that completes candidates. `shares`: parts of their words that it is shown.
    * `min_agree`: completions that have to reach a candidate's answer for it to survive.
    * `sub_questions_prompt`, `rephrase_prompt`: prompt files of A3 and A4, of A5; A1 and A2 use the run's own.
    * `style`: raw or chat, for these prompts; "" is the run's.
    * `max_chars`: most characters of a sub-question, of an answer to one, or of a rephrasing; longer ones are dropped.
    """

    rollouts: int = 32
    max_depth: int = 5
    steps: int = 5
    sub_questions: int = 5
    finishes: int = 5
    answers: int = 3
    c: float = 2.0
    discriminator: str = POLICY
    shares: list[float] = field(default_factory=lambda: [0.2, 0.3, 0.4, 0.5])
    min_agree: int = 2
    sub_questions_prompt: str = "rstar_sub_questions"
    rephrase_prompt: str = "rstar_rephrase"
    style: str = ""
    max_chars: int = 400

    def __post_init__(self) -> None:
        at_least(self, steps=1, sub_questions=1, finishes=1, answers=1, max_depth=1, max_chars=1)
        if not all(0 < share < 1 for share in self.shares):
            raise ValueError(f"shares are {self.shares}: expected parts of a text, more than 0 and less than 1")
        if not 1 <= self.min_agree <= len(self.shares):
            raise ValueError(
                f"min_agree is {self.min_agree}: expected at least 1, and no more than there are shares "
                f"({len(self.shares)})"
            )
        self.prompts(self.style)

    def prompts(self, style: str) -> Prompts:
        """Return the prompts of the actions. Raises `BadInput` for a file that is missing or shows the gold answer."""
        return Prompts(
            sub_questions=cached_prompt(self.sub_questions_prompt, style),
            rephrase=cached_prompt(self.rephrase_prompt, style),
        )


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the model that completes candidates."""
    return {config.discriminator: GENERATE}


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Roll out until the tree has `config.rollouts` rollouts, choose an answer, then have every draft judged.

    Args:
      tree: tree of the question; nodes, visits and rewards of the search stay in it.
      policy: samples steps and texts, and reads answers.
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
    """Search of one question."""

    def __init__(self, tree: Tree, policy: Policy, config: Config) -> None:
        self._tree = tree
        self._policy = policy
        self._config = config
        style = config.style or (policy.template.style if policy.template else "")
        self._prompts = config.prompts(style)
        self._widths = Widths(
            steps=config.steps,
            finishes=config.finishes,
            sub_questions=config.sub_questions,
            answers=config.answers,
            max_depth=config.max_depth,
            max_chars=config.max_chars,
        )
        self._ballot = Ballot.of(policy, METHOD)
        earlier = [one for one in tree.solutions if one.method == METHOD]
        self._step_scores = StepScores(self._ballot, earlier)

    async def rollout(self) -> None:
        """Select, expand, finish, back up."""
        node = self._selected()
        end = node
        if not node.finish and not node.searched:
            end = await self._expanded(node)
        backup(end, 0.0)
        revalue(self._tree, self._ballot.share)

    def _selected(self) -> Node:
        """Return the node that UCT leads to: one without children of its own, or the end of a solution."""
        node = self._tree.root
        while not node.finish and (node.searched or node.action == FINISH):
            options = choices(node)
            if not options:
                break
            parent = node
            node = max(options, key=lambda child: uct(child, parent, self._config.c))
        return node

    async def _expanded(self, node: Node) -> Node:
        """Add the children of a node, count the drafts among them, and return the one that the rollout ends in."""
        made = await expand(self._policy, node, self._widths, self._prompts)
        self._step_scores.add(node, made.finishes)
        self._ballot.count((*made.finishes, *made.ended))
        # Of the direct finishes the first with the answer that most of them state.
        votes = [self._ballot.choice(leaf) for leaf in made.finishes]
        return max(
            made.finishes,
            key=lambda leaf: votes.count(self._ballot.choice(leaf)) if self._ballot.choice(leaf) else 0,
            default=node,
        )

    async def choose(self) -> None:
        """Ask the discriminator, choose, have the drafts judged, and score the steps."""
        # Phase 1: what survives the other model. No verdict is known yet.
        config, ballot = self._config, self._ballot
        visited = [node for node in self._tree.nodes if node.finish == "stop" and node.visits and ballot.choice(node)]
        ends = list(dict.fromkeys([*map(ballot.draft, visited), *ballot.leaders()]))
        check = Check(role=config.discriminator, shares=config.shares, min_agree=config.min_agree)
        agreed = await agreements(self._policy, ends, ballot, check)
        scores = final_scores(ballot, agreed, config.min_agree)
        chosen = best(ballot, scores, agreed)
        # Phase 2: verdicts of all drafts, which nothing is chosen by any more.
        solutions = await settle_all(self._policy, ballot, method=METHOD)
        for leaf, solution in solutions.items():
            choice = ballot.choice(leaf)
            solution.score = scores[choice] if choice else None
        if chosen is not None:
            choose(self._tree, solutions[chosen], solutions[chosen].score)
        # Phase 3: scores of steps, by the best path through each.
        self._step_scores.fill(solutions)
