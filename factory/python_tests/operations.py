"""Operations that a test may use outside of the sandbox: operators, builtins and methods that run nobody's code.

Values that come from the candidate are data (`wire.py`), but may be of any size: what can blow them up is bounded.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from factory.python_tests.wire import MAX_HASHED, NotPlain, Opaque

# Of an integer: a million decimal digits.
MAX_BITS = 1 << 22
# Of what repetition, a range or join makes.
MAX_LENGTH = 1 << 20
_MAX_ROUND_DIGITS = 1_000


PYTHON_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


class Unsupported(Exception):
    """Use of something this interpreter does not have: the test cannot be used."""


class ValueTooLarge(Exception):
    """Value that would be larger than the bounds of this interpreter."""


def _range(*bounds: int) -> range:
    """Return a range of bounded length."""
    made = range(*bounds)
    if len(made[: MAX_LENGTH + 1]) > MAX_LENGTH:
        raise ValueTooLarge(f"a range longer than {MAX_LENGTH}")
    return made


def _round(number: Any, digits: int | None = None) -> Any:
    """Round to a bounded number of digits."""
    if digits is not None and abs(digits) > _MAX_ROUND_DIGITS:
        raise ValueTooLarge(f"rounding to {digits} digits")
    return round(number, digits)


def _isinstance(value: Any, kinds: Any) -> bool:
    """Return the type test of Python, which an object that is not data refuses."""
    if isinstance(value, Opaque):
        raise NotPlain(value.name, value.comparable)
    return isinstance(value, kinds)


def _type(value: Any) -> type:
    """Return the type of data. Raises `NotPlain` for anything else."""
    if isinstance(value, Opaque):
        raise NotPlain(value.name, value.comparable)
    return type(value)


def _power(base: Any, exponent: Any, modulus: Any = None) -> Any:
    """Return a power of bounded size."""
    if modulus is None and isinstance(base, int) and isinstance(exponent, int):
        _bounded(base.bit_length() * max(exponent, 0))
    return pow(base, exponent, modulus)


def _multiply(left: Any, right: Any) -> Any:
    """Return a product, or a repeated sequence, of bounded size."""
    if isinstance(left, int) and isinstance(right, int):
        _bounded(left.bit_length() + right.bit_length())
    else:
        for sequence, count in ((left, right), (right, left)):
            repeated = isinstance(sequence, str | bytes | list | tuple) and isinstance(count, int)
            if repeated and len(sequence) * count > MAX_LENGTH:
                raise ValueTooLarge(f"a sequence longer than {MAX_LENGTH}")
    return left * right


def _modulo(left: Any, right: Any) -> Any:
    """Return a remainder; formatting with % is not supported."""
    if isinstance(left, str | bytes):
        raise Unsupported("formatting with %")
    return left % right


def _shift_left(left: Any, right: Any) -> Any:
    """Return a shifted integer of bounded size."""
    if isinstance(left, int) and isinstance(right, int):
        _bounded(left.bit_length() + max(right, 0))
    return left << right


def join(separator: str, items: Any) -> str:
    """Return the joined text, of bounded length."""
    items = list(items)
    if len(separator) * len(items) > MAX_LENGTH:
        raise ValueTooLarge(f"a text longer than {MAX_LENGTH}")
    return separator.join(items)


def hashing(make: Callable[..., Any]) -> Callable[..., Any]:
    """Return `make`, which puts items into a set or dict or looks them up, bounded like `decode`."""

    def bounded(*collections: Any, **named: Any) -> Any:
        """Count the items of every collection, then make."""
        for items in collections:
            if sum(1 for _ in items) > MAX_HASHED:
                raise ValueTooLarge(f"a set or dict of more than {MAX_HASHED} items")
        return make(*collections, **named)

    return bounded


def _bounded(bits: int) -> None:
    """Raise `ValueTooLarge` for an integer of too many bits."""
    if bits > MAX_BITS:
        raise ValueTooLarge(f"an integer of more than {MAX_BITS} bits")


TYPES: Mapping[str, Any] = {
    kind.__name__: kind for kind in (bool, complex, dict, float, frozenset, int, list, set, str, tuple, bytes)
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    # bytes(n) would allocate n bytes.
    **{name: kind for name, kind in TYPES.items() if name != "bytes"},
    **{kind.__name__: hashing(kind) for kind in (dict, frozenset, set)},
    **{one.__name__: one for one in (abs, all, any, bin, chr, divmod, hex, len, max, min, oct, ord, repr, sorted, sum)},
    "enumerate": lambda *pair: list(enumerate(*pair)),
    "isinstance": _isinstance,
    "pow": _power,
    "range": _range,
    "reversed": lambda items: list(reversed(list(items))),
    "round": _round,
    "type": _type,
    "zip": lambda *rows: list(zip(*rows, strict=False)),
}
_MATH = (
    "isclose fabs sqrt floor ceil trunc isnan isinf isfinite log log2 log10 exp sin cos tan hypot gcd "  # functions
    "pi e tau inf nan"
)
_STR_METHODS = "lower upper strip lstrip rstrip split splitlines startswith endswith count find isdigit"
_SET_METHODS = frozenset({"issubset", "issuperset", "isdisjoint", "union", "intersection", "difference"})
MATH: Mapping[str, Any] = {name: getattr(math, name) for name in _MATH.split()}
METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(_STR_METHODS.split()),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"keys", "values", "items", "get"}),
    set: _SET_METHODS,
    frozenset: _SET_METHODS,
}
OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _modulo,
    ast.Pow: _power,
    ast.LShift: _shift_left,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
