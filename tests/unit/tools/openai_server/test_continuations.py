"""Requests that continue what was sampled, told by their ids."""

from __future__ import annotations

from typing import Any

from tools.openai_server.continuations import Continuations, Exchange, continuations


def exchange(prompt: list[int], *samples: list[int], cached: int = 0) -> Exchange:
    choices = [{"prompt_token_ids": prompt, "token_ids": sample} for sample in samples]
    answer: dict[str, Any] = {"choices": choices, "usage": {"prompt_tokens_details": {"cached_tokens": cached}}}
    return "/v1/completions", {}, answer


def test_a_continuation_is_exact_where_its_ids_were_sampled_wherever_that_was() -> None:
    first = exchange([1, 2], [3, 4, 5], [6])
    exact = exchange([1, 2, 3, 4], [9], cached=3)
    counts = continuations([[first, exact], [exchange([1, 2, 3, 4, 9], [7]), exchange([1, 2, 3, 8], [7])]], block=1)
    assert (counts.requests, counts.continued, counts.exact) == (4, 3, 2)


def test_what_a_server_might_have_had_in_its_cache_is_what_it_computed_itself() -> None:
    first, second = exchange([1, 2, 3, 4], [5, 6, 7]), exchange([1, 2, 3, 4, 5, 6], [8], cached=4)
    assert continuations([[first, second]], block=2) == Continuations(2, 1, 1, 6, 4, 4)
    assert continuations([[first], [second]], block=2).cacheable_tokens == 0
