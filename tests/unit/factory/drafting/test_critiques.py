"""Critics of whole attempts: their thoughts are kept apart, and nothing of the run's own sampling cuts or ends them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

import pytest
from support.fakes import completion, policy_for

from factory.drafting.critiques import criticise
from factory.rollouts.critique import Critique
from factory.rollouts.prompting import cached_prompt
from factory.sampling import Sampling
from factory.types import POLICY, GenerateRequest

OF_POLICY = {
    "min_p": 0.1,
    "presence_penalty": 1.5,
    "frequency_penalty": 0.5,
    "repetition_penalty": 1.1,
    "thinking_token_budget": 9,
}


def criticised(
    *replies: str, begun: bool = False, role: str = "critic"
) -> tuple[Critique | None, list[GenerateRequest]]:
    """Return what a critic with these replies comes to, one after the other, and the requests for them."""
    left = iter(replies)
    policy = policy_for(lambda _, n: [replace(completion(next(left)), begun=begun)])
    policy.sampling = Sampling(stop=("\n\n",), top_p=0.9, **OF_POLICY)
    asked = criticise(
        policy,
        "critique",
        "purpose",
        [{"attempt": "2 + 2 = 5."}],
        role=role,
        style="raw",
        max_tokens=100,
        temperature=0.0,
    )
    critique = asyncio.run(asked)
    return critique, policy.models.requests  # type: ignore[attr-defined]


@pytest.mark.parametrize(("opening", "begun"), [("<think>\n", False), ("", True)])
def test_a_verdict_that_a_critic_thinks_of_is_none_and_its_thoughts_are_kept_apart(opening: str, begun: bool) -> None:
    critique, _ = criticised(f"{opening}Verdict: wrong\nor not?\n</think>\n\nFine.\nVerdict: right", begun=begun)
    assert critique is not None
    assert (critique.text, critique.right) == ("Fine.\nVerdict: right", True)
    assert critique.reasoning == "Verdict: wrong\nor not?"


@pytest.mark.parametrize(("opening", "begun"), [("<think>\n", False), ("", True)])
def test_a_critic_that_is_still_thinking_at_its_end_has_no_verdict(opening: str, begun: bool) -> None:
    thought = f"{opening}I guess\nVerdict: right"
    critique, asked = criticised(thought, thought, begun=begun)
    assert critique is not None
    assert (critique.text, critique.right, len(asked)) == ("", None, 2)


def test_strings_that_end_the_solutions_of_the_run_do_not_end_a_critique() -> None:
    _, [asked] = criticised("Verdict: right")
    assert asked.sampling.stop == cached_prompt("critique", "raw").stop


@pytest.mark.parametrize("role", ["critic", POLICY])
def test_settings_of_the_model_that_is_the_policy_go_to_no_other(role: str) -> None:
    _, [asked] = criticised("Verdict: right", role=role)
    settings = {name: getattr(asked.sampling, name) for name in OF_POLICY}
    assert settings == (OF_POLICY if role == POLICY else {name: asdict(Sampling())[name] for name in OF_POLICY})
    assert asked.sampling.top_p == 0.9
