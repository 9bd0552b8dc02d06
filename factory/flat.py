"""Flat pickling: an object of a class as one function and the plain values of its fields.

Ray's pickler calls Python for every object of a class (a completion in a batch: 4 us for both ways, 15 us as a plain
dataclass). A class whose objects come several per rollout defines `__reduce__` with a function of its own module that
calls `unflattened`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from factory.tokens import Tokens, tokens_from

T = TypeVar("T")


def flat(value: Any) -> tuple[Any, ...]:
    """Return the fields of a dataclass with two fields or more, in their order, tokens as bytes."""
    kind: Any = type(value)
    return tuple([part.data if type(part) is Tokens else part for part in _values(kind)(value)])


def unflattened(kind: type[T], values: tuple[Any, ...]) -> T:
    """Return an object of `kind` with the fields that `flat` has returned; they were checked when it was made."""
    made, known = object.__new__(kind), cast(Any, kind)
    for name, part in zip(_names(known), values, strict=True):
        object.__setattr__(made, name, tokens_from(part) if type(part) is bytes else part)
    return made


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _values(kind: Any) -> Callable[[Any], Any]:
    return attrgetter(*_names(kind))
