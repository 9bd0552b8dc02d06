"""Fused: opinions of other sources come first, and rollouts are bought for what they leave open.

Before the first rollout every solution to label is shown to the sources that are asked: the arithmetic of its equations
is computed, a process reward model (role `verifier`) scores its steps. What they say are opinions on its first error
(`factory/labelling/opinions.py`), and the belief takes them in beside the rollouts; how far they are to be believed is
learnt over the run. From there on it is Bayesian bisection (`bayes_bisection.py`), in which a solution that is not yet
settled gets, in each round, a rollout or one more vote of a critic (role `critic`): whatever promises more information
per cost (`factory/drafting/votes.py`). All votes on a solution are one opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from factory.added_fields import ADDED
from factory.contracts.roles import GENERATE, SCORE
from factory.drafting.critiques import StepCritic
from factory.drafting.scores import score_paths
from factory.drafting.votes import Votes
from factory.labelling.audit import is_audited
from factory.labelling.experience import Experience
from factory.labelling.sources import EQUATIONS, of_equations, of_scores
from factory.labelling.step_labels import SolutionLabels, targets
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.supervision import bayes_bisection

EFFORT = (*bayes_bisection.EFFORT, "votes")


@dataclass
class Config(bayes_bisection.Config):
    """Sources, and all settings of `bayes_bisection`.

    * `equations`: True holds the equations of each step against exact arithmetic.
    * `verifier`: role of a process reward model that scores the steps; "" asks none.
    * `critic`: role of a model that is asked for the first wrong step; "" asks none. `votes`: times that it is asked
      about a solution at most.
    * `critic_prompt`: prompt file, `critic_reference` tells it the reference answer. `critic_style`: `raw` or `chat`;
      "" for that of the run. `critic_tokens`: most tokens of a reply. `critic_temperature`: at 0 all votes would be the
      same, so that one is asked for at most.
    * `joint`: as there, where it is off.
    """

    equations: bool = True
    verifier: str = ""
    joint: bool = True
    critic: str = field(default="", metadata=ADDED)
    votes: int = field(default=4, metadata=ADDED)
    critic_prompt: str = field(default="critic", metadata=ADDED)
    critic_style: str = field(default="", metadata=ADDED)
    critic_tokens: int = field(default=1024, metadata=ADDED)
    critic_temperature: float = field(default=0.7, metadata=ADDED)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.votes < 0 or self.critic_tokens < 1 or self.critic_temperature < 0:
            raise ValueError(
                f"votes is {self.votes}, critic_tokens is {self.critic_tokens}, critic_temperature is "
                f"{self.critic_temperature:g}: expected 0 or more, 1 or more and 0 or more"
            )
        self.step_critic.check()

    @property
    def most_votes(self) -> int:
        """Votes on a solution that may differ: the same reply again is no evidence."""
        return self.votes if self.critic_temperature else min(self.votes, 1)

    @property
    def step_critic(self) -> StepCritic:
        """Critic as it is asked."""
        return StepCritic(
            role=self.critic,
            prompt=self.critic_prompt,
            style=self.critic_style,
            max_tokens=self.critic_tokens,
            temperature=self.critic_temperature,
        )


def roles(config: Config) -> Mapping[str, str]:
    """Return the roles of the model that makes the rollouts, of the critic, and of the one that scores."""
    named = {config.completer: GENERATE, config.critic: GENERATE, config.verifier: SCORE}
    return {role: work for role, work in named.items() if role}


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Ask the sources about the solutions of `tree`, locate first errors by rollouts where it is worth it, label all.

    Args:
      tree: tree of the question, with the solutions to label.
      policy: samples the rollouts, and asks the verifier.
      config: settings of this labeller.
      rng: not used.
      experience: prior over the policy and the sources, learnt from the questions before.

    Returns:
      Labels of every solution that is not `labelled` already.
    """
    await ask_sources(tree, policy, config)
    votes = (
        Votes(policy, config.step_critic, config.most_votes, config.confidence, experience) if config.critic else None
    )
    if votes:
        right = [solution for solution in tree.solutions if is_audited(solution, config.audit_correct)]
        await together(votes.audit(solution) for solution in targets(right, config.max_solutions))
    return await bayes_bisection.label_with(tree, policy, config, experience, votes)


async def ask_sources(tree: Tree, policy: Policy, config: Config) -> None:
    """Have the sources judge every solution that a label is sought for and that they have not judged yet.

    Right ones are among them only where they are audited.
    """
    judged = [solution for solution in tree.solutions if solution.sought and not solution.labelled]
    judged = [solution for solution in judged if solution.is_wrong or is_audited(solution, config.audit_correct)]
    judged = [solution for solution in judged if solution.leaf.depth]
    if config.verifier:
        await score_paths(policy, [solution.leaf for solution in judged], config.verifier)
    for solution in judged:
        asked = {opinion.source for opinion in solution.opinions}
        path = [node for node in solution.leaf.path() if node.step]
        if config.equations and EQUATIONS not in asked:
            solution.hear(of_equations([node.step.text for node in path if node.step]))
        if config.verifier and config.verifier not in asked:
            scores = [node.score for node in path]
            # Without the score of every step nothing is said: a step of white space has that of the one before.
            known = [score for score in scores if score is not None]
            solution.hear(of_scores(config.verifier, _filled(scores)) if known else None)


def _filled(scores: list[float | None]) -> list[float]:
    """Return scores in which a step without one has that of the step before."""
    filled, last = [], 1.0
    for score in scores:
        last = last if score is None else score
        filled.append(last)
    return filled
