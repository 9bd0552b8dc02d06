"""Cost of one question: calls of models and tokens, in all and by the role of the model."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class RoleCost:
    """Calls of the model of one role, and their tokens.

    * `calls`: completions, or solutions that were scored.
    * `prompt_tokens`, `cached_tokens`: tokens of the prompts, once per request; those of them the engine had cached.
    * `completion_tokens`: sampled tokens.
    """

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(slots=True)
class Cost:
    """Model calls and tokens that one question has cost so far.

    * `policy_calls`: rollouts, the unit that the papers compare in: completions of the policy, and of the model that
      completes solutions in its place (`supervision.completer`).
    * `prompt_tokens`, `cached_tokens`: tokens of the prompts, once per request; those of them the engine had cached.
    * `completion_tokens`: sampled tokens of these completions.
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
