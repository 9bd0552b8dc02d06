"""Copies of a greedy sample: samples at temperature 0 are all the same, so one is asked for however many are wanted."""

from __future__ import annotations

from dataclasses import replace

from factory.types import Completion, GenerateRequest


def distinct(request: GenerateRequest) -> int:
    """Return how many samples of a request are worth asking for."""
    return request.n if request.sampling.temperature else 1


def copies_of(completion: Completion, n: int) -> list[Completion]:
    """Return a completion and as many copies of it as make `n`. Only one was sampled, so only one was paid."""
    copy = replace(completion, read_tokens=0, cached_tokens=0, sampled_tokens=0)
    return [completion, *[copy] * (n - 1)]
