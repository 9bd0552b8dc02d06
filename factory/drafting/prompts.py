"""Questions put with a prompt file: whatever a search asks a model for beside rollouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from factory.errors import PromptTooLong
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt, render
from factory.types import POLICY, Completion


async def ask(
    policy: Policy,
    name: str,
    purpose: str,
    fills: Iterable[Mapping[str, str]],
    *,
    style: str = "",
    role: str = POLICY,
    n: int = 1,
    max_tokens: int = 0,
    temperature: float | None = None,
    run_stops: bool = True,
) -> list[Completion]:
    """Return `n` replies to a prompt file, in the fullest form that fits the model's context.

    Args:
      policy: asks the models.
      name: prompt file.
      purpose: text that seeds the request.
      fills: what goes into the places of the file, in several forms, the fullest first; each is tried where the one
        before it is too long.
      style: style of the prompt; "" for that of the run.
      role: role of the model that is asked.
      n: number of replies.
      max_tokens: most tokens of a reply; 0 for as many as a solution may have.
      temperature: None for that of the run.
      run_stops: False for replies that strings which end the run's solutions (`sampling.stop`) shall not cut.

    Returns:
      The replies; none where no form fits. Raises what `Models.generate` raises otherwise.
    """
    template = cached_prompt(name, style or style_of(policy))
    run = policy.sampling
    stop = tuple(dict.fromkeys([*template.stop, *run.stop])) if run_stops else template.stop
    heat = run.temperature if temperature is None else temperature
    sampling = replace(run, stop=stop, max_tokens=max_tokens or run.max_tokens, temperature=heat, until=())
    for form in fills:
        prompt = render(template, policy.tree.question, form)
        try:
            return await policy.write(prompt, purpose, n=n, role=role, sampling=sampling)
        except PromptTooLong:
            continue
    return []


def style_of(policy: Policy) -> str:
    """Return the style of the run's own prompt; `raw` where nobody knows it."""
    return policy.template.style if policy.template else "raw"
