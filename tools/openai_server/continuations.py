"""Requests that continue what a server has sampled: whether their ids are those, what its cache made of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

Exchange = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""Path, request and answer, as `OpenAIServer.exchanges` holds them."""


@dataclass
class Continuations:
    """Counts over the requests of one or several servers.

    * `requests`: all. `continued`: those behind a prompt that was asked before, with something after it.
    * `exact`: of these, those whose ids are an earlier prompt and the beginning of what was sampled from it.
    * `prompt_tokens`, `cached_tokens`: of the exact ones, as their servers counted them.
    * `cacheable_tokens`: of the same, those of whole blocks that their server had computed before.
    """

    requests: int = 0
    continued: int = 0
    exact: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    cacheable_tokens: int = 0


def continuations(servers: Iterable[Sequence[Exchange]], block: int) -> Continuations:
    """Return the counts for servers of one run.

    Args:
      servers: for each server its exchanges in their order. What one sampled may be continued at another.
      block: tokens of a block of their caches.
    """
    counts = Continuations()
    of_each = [[_read(exchange) for exchange in exchanges] for exchanges in servers]
    all_of_them = [one for exchanges in of_each for one in exchanges]
    sampled = {end for one in all_of_them for sample in one.samples for end in sample}
    bare: set[int] = set()
    for one in sorted(all_of_them, key=lambda one: len(one.prompt)):
        if bare.isdisjoint(one.prompt[:-1]):
            bare.add(one.prompt[-1])
    for exchanges in of_each:
        computed: set[int] = set()
        for one in exchanges:
            counts.requests += 1
            if one.prompt[-1] not in bare:
                counts.continued += 1
                if one.prompt[-1] in sampled:
                    counts.exact += 1
                    counts.prompt_tokens += len(one.prompt)
                    counts.cached_tokens += one.cached
                    counts.cacheable_tokens += _cacheable(one.prompt, computed, block)
            computed.update(one.prompt)
            for sample in one.samples:
                # The last sampled token was never put through the model.
                computed.update(sample[:-1])
    return counts


@dataclass(frozen=True, slots=True)
class _Asked:
    """Request: a hash for each beginning of its prompt and of each sample behind it, and how much was cached."""

    prompt: list[int]
    samples: list[list[int]]
    cached: int


def _read(exchange: Exchange) -> _Asked:
    """Return what is needed of an exchange."""
    _, _, answer = exchange
    choices = answer["choices"]
    prompt = _hashes(choices[0].get("prompt_token_ids") or answer["prompt_token_ids"], 0)
    details = answer["usage"].get("prompt_tokens_details") or {}
    samples = [_hashes(choice["token_ids"], prompt[-1]) for choice in choices]
    return _Asked(prompt, samples, details.get("cached_tokens") or 0)


def _hashes(ids: Sequence[int], before: int) -> list[int]:
    """Return for each token the hash of all up to it."""
    return list(accumulate(ids, lambda front, token: hash((front, token)), initial=before))[1:]


def _cacheable(prompt: Sequence[int], computed: set[int], block: int) -> int:
    """Return the tokens of the whole blocks at the prompt's beginning that are in `computed`; the last is never."""
    length = 0
    while length + block < len(prompt) and prompt[length + block - 1] in computed:
        length += block
    return length
