"""Slices of a source: by place, apart, and checked like the source itself."""

from __future__ import annotations

import pytest

from factory.config import fill
from factory.errors import BadInput
from factory.sources import simulated
from factory.sources.slice import Config, questions

OF = {"kind": "simulated", "n": 10}


def places(**config: int) -> list[int]:
    """Return the places in the source of a slice's questions."""
    whole = [question.id for question in simulated.questions(simulated.Config(n=10))]
    return [whole.index(question.id) for question in questions(Config(of=dict(OF), **config))]


def test_it_begins_behind_what_is_skipped_and_ends_at_the_limit() -> None:
    assert places(skip=3, limit=2) == [3, 4]


def test_without_a_limit_it_goes_on_to_the_end() -> None:
    assert places(skip=8) == [8, 9]
    assert places() == list(range(10))


def test_behind_the_end_there_is_nothing() -> None:
    assert places(skip=9, limit=5) == [9]
    assert places(skip=10) == []


def test_a_mistake_in_the_inner_source_is_named_with_its_place() -> None:
    with pytest.raises(BadInput, match=r"unknown config key 'source.of.m'"):
        fill(Config, {"of": {"kind": "simulated", "m": 3}}, "source")


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="skip is -1"):
        fill(Config, {"of": OF, "skip": -1}, "source")
