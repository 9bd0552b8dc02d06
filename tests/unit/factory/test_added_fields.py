"""Fields that came to a config later: with their default they are no part of what the config's hashes are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from factory.added_fields import ADDED, in_place_of, values_to_hash
from factory.answers.policy import AnswerPolicy
from factory.config import fill, fingerprint


@dataclass
class Inner:
    old: int = 1
    new: str = field(default="off", metadata=ADDED)


@dataclass
class Config:
    name: str = "a"
    inner: Inner = field(default_factory=Inner)
    several: list[Inner] = field(default_factory=list)
    by_name: dict[str, Inner] = field(default_factory=dict)
    words: list[str] = field(default_factory=lambda: ["x"], metadata=ADDED)
    later: Inner = field(default_factory=Inner, metadata={"added": True})


BEFORE = {"name": "a", "inner": {"old": 1}, "several": [], "by_name": {}}


def test_a_config_of_defaults_is_what_it_was_before_the_fields_came() -> None:
    assert values_to_hash(Config()) == BEFORE


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ({"inner": {"new": "on"}}, {"inner": {"old": 1, "new": "on"}}),
        ({"inner": {"new": "off"}}, {}),
        ({"several": [{"old": 2}, {"new": "on"}]}, {"several": [{"old": 2}, {"old": 1, "new": "on"}]}),
        ({"by_name": {"k": {}}}, {"by_name": {"k": {"old": 1}}}),
        ({"words": ["x"]}, {}),
        ({"words": ["x", "y"]}, {"words": ["x", "y"]}),
        ({"later": {"old": 1, "new": "off"}}, {}),
        ({"later": {"old": 3}}, {"later": {"old": 3}}),
    ],
)
def test_a_marked_field_counts_where_it_is_set(values: dict[str, Any], changed: dict[str, Any]) -> None:
    assert values_to_hash(fill(Config, values, "section")) == {**BEFORE, **changed}


def test_a_default_that_took_the_place_of_another_counts_as_that_one() -> None:
    @dataclass
    class Replaced:
        value: Any = field(default="auto", metadata=in_place_of(1))

    assert [values_to_hash(Replaced(value)) for value in ("auto", 1, 4)] == [{"value": 1}, {"value": 1}, {"value": 4}]


def test_true_is_not_one() -> None:
    @dataclass
    class Mixed:
        value: Any = field(default=1, metadata=ADDED)

    assert [values_to_hash(Mixed(value)) for value in (1, True, 1.0)] == [{}, {"value": True}, {"value": 1.0}]


def test_without_marks_it_is_what_asdict_says() -> None:
    plain = Inner(new="on")
    assert values_to_hash(plain) == asdict(plain)


def test_the_policy_on_answers_is_known_by_the_hash_it_always_had() -> None:
    assert fingerprint(values_to_hash(AnswerPolicy())) == "816c61cafce3e749"
