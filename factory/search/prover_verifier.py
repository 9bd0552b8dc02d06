"""Prover–verifier sampling: helpful solutions and sneaky ones, and how convincing a verifier finds each.

Kirchner et al. (arXiv 2407.13692, sec. 3): one model in two roles, told by the prompt. The helpful prover wants to be
right and believed, the sneaky one wrong and believed. Neither is told the reference answer: the checker says what
became of a solution, behind everything asked here. `pipelines/prover_verifier.py` plays the game over rounds.

`helpful` + `sneaky` samples of two prompts, in two requests; then the verifier is asked once about each different text.
They are no samples of the run's own prompt, so they are evidence for nothing. `Solution.role` is "helpful" or "sneaky";
a text that both have written is the helpful prover's. Its `score` is the verifier's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.contracts.roles import SCORE
from factory.drafting.amounts import at_least
from factory.drafting.attempts import Attempt, planted
from factory.drafting.conclusion import MAJORITY, MAX, Draft, picked
from factory.drafting.guided.settings import WHOLE, Guidance
from factory.drafting.guided.verifier import scores_of
from factory.drafting.prompts import ask
from factory.drafting.settled import choose, settle
from factory.rollouts.nodes import GIVEN, Node
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.rollouts.steps import split_steps
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.self_training.convincing import HELPFUL, SNEAKY
from factory.text.wording import unpadded
from factory.types import LENGTH

METHOD = "prover_verifier"
BUDGET = "helpful"


@dataclass
class Config:
    """Settings per question.

    * `helpful`, `sneaky`: samples of each prover.
    * `verifier`: role of the model that scores whole solutions; "" where there is none yet: then nothing is scored, and
      the helpful prover's most frequent answer is selected.
    * `aggregate`: score of a solution: `whole`, the verifier's own, or one made of its steps' (`Guidance`).
    * `helpful_prompt`, `sneaky_prompt`: prompt files of the provers.
    * `style`: style of both, `raw` or `chat`; "" for that of the run.
    """

    helpful: int = 4
    sneaky: int = 4
    verifier: str = ""
    aggregate: str = WHOLE
    helpful_prompt: str = "prover_helpful"
    sneaky_prompt: str = "prover_sneaky"
    style: str = ""

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for a prompt file."""
        at_least(self, helpful=0, sneaky=0)
        if self.verifier:
            guidance(self)
        for name in (self.helpful_prompt, self.sneaky_prompt):
            cached_prompt(name, self.style)


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role, where there is one."""
    return {config.verifier: SCORE} if config.verifier else {}


def guidance(config: Config) -> Guidance:
    """Return who scores, and how."""
    return Guidance(verifier=config.verifier, aggregate=config.aggregate)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add the solutions of both provers to `tree`, with the verifier's scores.

    Of the helpful prover's solutions that ended, the one with the highest score is selected, or the one with the most
    frequent answer where the verifier can read none.

    Args:
      tree: tree of the question.
      policy: samples for both provers, asks the verifier, has solutions judged.
      config: amounts, verifier, prompts.
      rng: not used.

    Raises:
      QuestionFailed: what the models raise, except that a solution which the verifier cannot read has no score.
    """
    # Phase 1: both provers write; their texts enter the tree in a fixed order.
    helpful, sneaky = await together(
        [
            _written(policy, config, HELPFUL, config.helpful, config.helpful_prompt),
            _written(policy, config, SNEAKY, config.sneaky, config.sneaky_prompt),
        ]
    )
    leaves = [planted(policy, attempt) for attempt in (*helpful, *sneaky)]
    writers = [HELPFUL] * len(helpful) + [SNEAKY] * len(sneaky)
    # Phase 2: what the verifier finds of them, and what that chooses.
    whole = [leaf for leaf in dict.fromkeys(leaves) if leaf.finish != LENGTH]
    scores = await scores_of(policy, whole, guidance(config)) if config.verifier else {}
    able = [Draft.scored(leaf, scores.get(leaf)) for leaf in leaves[: len(helpful)] if leaf.finish != LENGTH]
    choice = picked(policy, able, MAX if config.verifier else MAJORITY)
    # Phase 3: the verdicts.
    there = set(tree.solutions)
    given = [one for one in tree.solutions if one.method == GIVEN and not one.role]
    ends: dict[Node, int] = {}
    solutions = await settle(policy, leaves, method=METHOD)
    for place, (leaf, solution) in enumerate(zip(leaves, solutions, strict=True)):
        ends.setdefault(leaf, place)
        if solution not in there:
            there.add(solution)
            solution.role = writers[place]
            solution.score = scores.get(leaf)
    for one in given:
        # A prover writes as he is told, and is not the policy.
        one.role = ""
    if choice is not None:
        choose(tree, solutions[ends[choice.leaf]])


async def _written(policy: Policy, config: Config, prover: str, n: int, prompt: str) -> list[Attempt]:
    """Return what one prover writes, less what is nothing but white space."""
    replies = await ask(policy, prompt, f"{METHOD}:{prover}", [{}], style=config.style, n=n)
    attempts = []
    for reply in replies:
        if reply.text.strip():
            steps = split_steps(reply.text, reply.token_ids, reply.token_ends, policy.separator)
            tokens = tuple(len(step.token_ids) for step in steps)
            attempts.append(Attempt(unpadded(reply.text), reply.finish_reason, tokens))
    return attempts
