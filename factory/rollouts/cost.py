"""Cost of one question: calls of models and tokens, in all and by the role of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from factory.errors import QuestionFailed
from factory.types import Completion


@dataclass(slots=True)
class RoleCost:
    """Calls of the model of one role, and their tokens.

    * `calls`: completions, or solutions that were scored.
    * `prompt_tokens`, `cached_tokens`: tokens of prompts, as often as they were read; those the engine had cached.
    * `completion_tokens`: sampled tokens, those of answers that were of no use included.
    """

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> tuple[int, int, int]:
        """Tokens of prompts, those of them that were cached, and sampled ones, as `QuestionFailed.spent` has them."""
        return self.prompt_tokens, self.cached_tokens, self.completion_tokens

    def add(self, other: RoleCost) -> None:
        """Add another cost to this one."""
        self.calls += other.calls
        self.prompt_tokens += other.prompt_tokens
        self.cached_tokens += other.cached_tokens
        self.completion_tokens += other.completion_tokens


def cost_of(result: Sequence[Completion] | QuestionFailed) -> RoleCost:
    """Return what the completions of one request have cost, or what was paid for none."""
    if isinstance(result, QuestionFailed):
        return RoleCost(0, *result.spent)
    if not result:
        return RoleCost()
    sampled = sum([completion.sampled_tokens for completion in result])
    first = result[0]
    if first.read_tokens is None:
        # An engine that says no more reads the prompt of a request once, however many completions it gives.
        return RoleCost(len(result), first.prompt_tokens, first.cached_tokens, sampled)
    read = sum(completion.read_tokens or 0 for completion in result)
    return RoleCost(len(result), read, sum(completion.cached_tokens for completion in result), sampled)


@dataclass(slots=True)
class Cost:
    """Model calls and tokens that one question has cost so far.

    * `policy_calls`: rollouts, the unit that the papers compare in: completions of the policy, and of the model that
      completes solutions in its place (`supervision.completer`).
    * `prompt_tokens`, `cached_tokens`, `completion_tokens`: tokens of these, as `RoleCost` counts them.
    * `label_calls`, `label_tokens`: the part of `policy_calls` and `completion_tokens` spent on step labels.
    * `judge_calls`, `judge_tokens`: completions of a model that judges answers, and their tokens. These come on top.
    * `truncated`: rollouts that reached the token limit.
    * `roles`: all of it by the role of the model that was asked, the policy's included, whatever it was asked for. Of a
      question that is taken up again, what was asked for since then.
    """

    policy_calls: int = 0
    label_calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    label_tokens: int = 0
    judge_calls: int = 0
    judge_tokens: int = 0
    truncated: int = 0
    roles: dict[str, RoleCost] = field(default_factory=dict)
