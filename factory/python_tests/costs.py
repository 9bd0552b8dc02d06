"""Costs, in steps, of what an expression does to whole collections. Written to be near their CPU time, not exact.

A round of a comprehension is a step of some microseconds. The rates below are items that are dealt with in that time,
so that a bound on steps is one on time, whatever the steps are spent on. Small collections cost nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from factory.python_tests.wire import Iterated

# Items that a builtin goes through, and most often makes a new collection of.
_GIVEN_PER_STEP = 64
# Items that are compared with one other.
_COMPARED_PER_STEP = 256
# Characters, copied items, and items of what is hashed: a set takes as long as a list where all its items hash alike,
# but hardly any set is like that.
_FAST_PER_STEP = 1024
_FAST = (str, bytes, set, frozenset, dict)
_COLLECTIONS = (*_FAST, list, tuple, range, Iterated)
# Builtins that take no longer for a long argument than for a short one.
_AT_ONCE = frozenset({"bool", "isinstance", "len", "range", "type"})


def of_call(name: str, arguments: Iterable[Any]) -> int:
    """Return the steps of a call of the function or method `name`, which goes through all its arguments."""
    return 0 if name in _AT_ONCE else sum(_length(one) // _GIVEN_PER_STEP for one in arguments)


def of_method(owner: Any) -> int:
    """Return the steps that a method takes for the collection it is called on."""
    return _compared(owner)


def of_comparison(symbol: ast.cmpop, left: Any, right: Any) -> int:
    """Return the steps of a comparison: what `in` searches, or what both sides have."""
    match symbol:
        case ast.Is() | ast.IsNot():
            return 0
        case ast.In() | ast.NotIn():
            if isinstance(right, range):
                # Whether an integer is in a range is computed; for anything else its items are made, one by one.
                return 0 if isinstance(left, int) else _length(right) // _GIVEN_PER_STEP
            return _compared(right)
    return min(_compared(left), _compared(right))


def of_copy(made: Any) -> int:
    """Return the steps of a slice, a sum or a product, by what it made."""
    return _length(made) // _FAST_PER_STEP


def _compared(value: Any) -> int:
    """Return the steps of comparing something with all items of a collection."""
    return _length(value) // (_FAST_PER_STEP if isinstance(value, _FAST) else _COMPARED_PER_STEP)


def _length(value: Any) -> int:
    """Return the number of items of a collection, 0 for anything else."""
    if isinstance(value, Iterated):
        return len(value.items)
    return len(value) if isinstance(value, _COLLECTIONS) else 0
