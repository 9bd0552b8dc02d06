"""Self-refinement: a solution is criticised and rewritten until its critic is content (Madaan et al., arXiv 2303.17651,
sec. 2, algorithm 1); here `n` such chains, which then vote.

The verdict of the checker has no part in it: a chain ends when the critic says `Verdict: right` in the last line of its
reply, or after `max_rounds` rewritings. A reply without a readable verdict is asked for once more, and then counts as
not content: the chain goes on. An attempt that was cut off is criticised and rewritten like any other, whatever the
critic says of it. The rewriter sees all earlier attempts with their critiques, as in the paper; where these do not fit
its context, the oldest are left out, and where not even the latest one fits, the chain ends.

Every attempt is kept as a solution, with the one that it revises and the critique that led to it: the export formats
`trajectories` and `critiques` are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.contracts.roles import GENERATE
from factory.drafting.attempts import Chain, begin, close, extend
from factory.drafting.critiques import criticise
from factory.drafting.prompts import ask
from factory.drafting.transcript import transcript
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.text.wording import unpadded
from factory.types import POLICY

METHOD = "self_refine"
EFFORT = ("n",)


@dataclass
class Config:
    """Settings of the method.

    * `n`: chains per question, including those it already has. Their last attempts that ended vote.
    * `max_rounds`: most rewritings of a chain. The last attempt of so many is not criticised any more.
    * `critic`: role of the model that criticises; the policy itself, as in the paper.
    * `critique_prompt`: prompt file of the critic, with places for {question} and {attempt}.
    * `rewrite_prompt`: prompt file of the rewriter, with places for {question} and {attempts}.
    * `style`: style of the prompts, `raw` or `chat`; "" for that of the run. `critic_style`: of the critic's, where it
      is another.
    * `critique_tokens`: most tokens of a critique. `critique_temperature`: for the first reply of a critic.
    """

    n: int = 1
    max_rounds: int = 3
    critic: str = POLICY
    critique_prompt: str = "critique"
    rewrite_prompt: str = "rewrite"
    style: str = ""
    critic_style: str = ""
    critique_tokens: int = 200
    critique_temperature: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for a prompt file."""
        if self.max_rounds < 0 or self.critique_tokens < 1:
            raise ValueError("max_rounds must be at least 0 and critique_tokens at least 1")
        cached_prompt(self.critique_prompt, self.critic_style or self.style, ("attempt",))
        cached_prompt(self.rewrite_prompt, self.style, ("attempts",))


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the critic."""
    return {config.critic: GENERATE}


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Begin as many chains as are missing, refine each, let their last attempts vote, and have all attempts judged.

    Args:
      tree: tree of the question; the attempts are added to it.
      policy: samples, rewrites, asks the critic.
      config: the method's settings.
      rng: not used.
    """
    before = tree.root.searched
    chains = await begin(policy, config.n - before, METHOD)
    await together(
        _refine(policy, chain, config, f"{METHOD}:{number}") for number, chain in enumerate(chains, start=before)
    )
    for chain in chains:
        last = next((attempt for attempt in reversed(chain) if attempt.ended), None)
        if last is not None:
            last.weight = 1.0
    await close(policy, chains, METHOD)


async def _refine(policy: Policy, chain: Chain, config: Config, purpose: str) -> None:
    """Criticise and rewrite the latest attempt of a chain until the critic is content."""
    for number in range(config.max_rounds):
        latest = chain[-1]
        latest.critique = await criticise(
            policy,
            config.critique_prompt,
            f"{purpose}:{number}:critique",
            [{"attempt": unpadded(latest.text)}],
            role=config.critic,
            style=config.critic_style or config.style,
            max_tokens=config.critique_tokens,
            temperature=config.critique_temperature,
        )
        if latest.critique is None or (latest.critique.right and latest.ended):
            return
        fills = [{"attempts": _shown(chain[first:])} for first in range(len(chain))]
        replies = await ask(policy, config.rewrite_prompt, f"{purpose}:{number}:rewrite", fills, style=config.style)
        if not extend(policy, chain, replies):
            return


def _shown(attempts: Chain) -> str:
    """Return attempts and what was said of them as the rewriter sees them."""
    critiques = [attempt.critique.text if attempt.critique else "" for attempt in attempts]
    return transcript([attempt.text for attempt in attempts], critiques)
