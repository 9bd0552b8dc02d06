"""Plain data as JSON and back, types kept: how arguments get into the sandbox and results out of it.

Only data comes out, never an object with behaviour: an object that claims to equal everything arrives as `Opaque`.
Integers and floats are hexadecimal, hence exact and free of Python's limit on decimal digits.
"""

from __future__ import annotations

import numbers
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from itertools import islice
from types import GeneratorType
from typing import Any

# Said on stderr first of all.
STARTED = b"the driver has started\n"
MAX_DEPTH = 100
# Of an iterator, which may have no end.
MAX_ITEMS = 100_000
# Items of sets and dicts: where all hash alike, as integers can, building takes the square of it.
MAX_HASHED = 10_000

_SEQUENCES: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_PLAIN: tuple[Any, ...] = (int, str, float, list, tuple, dict, complex, bytes, set, frozenset)
_SIZED: tuple[type, ...] = (range, type({}.keys()), type({}.values()), type({}.items()))
_UNSIZED: tuple[type, ...] = (
    GeneratorType,
    map,
    zip,
    filter,
    enumerate,
    reversed,
    type(iter([])),
    type(iter(())),
    type(reversed([])),
)
# The modules that the driver makes of its program.
_CANDIDATES = ("solution", "__main__")
# Types that are equal to a dict with the same items.
_SAME_AS_DICT = (Counter, OrderedDict, defaultdict)
_HAVE_A_VALUE = ("__iter__", "__getitem__", "__len__", "__bool__", "__index__", "__float__")


class NotPlain(Exception):
    """Operation that would need the behaviour of an object that was left in the sandbox.

    `comparable`: it is of a library and has a value to compare, so that the test might have held.
    """

    def __init__(self, name: str, comparable: bool) -> None:
        super().__init__(f"returned {name}, not plain data")
        self.name, self.comparable = name, comparable


class ItemBudget:
    """Number of items of sets and dicts that may still be built of what the candidate sent."""

    def __init__(self, items: int = MAX_HASHED) -> None:
        self._left = items

    def take(self, items: int) -> None:
        """Take items from the budget. Raises `NotPlain` where there are too many."""
        self._left -= items
        if self._left < 0:
            raise NotPlain(f"sets and dicts too large ({MAX_HASHED} items at most)", True)


class Opaque:
    """Object that is not plain data. It can be told from None; anything else raises `NotPlain`."""

    def __init__(self, name: str, comparable: bool) -> None:
        self.name, self.comparable = name, comparable

    def _refuse(self, *_: object) -> Any:
        """Raise `NotPlain`."""
        raise NotPlain(self.name, self.comparable)

    __hash__: Any = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __len__ = __iter__ = _refuse
    __contains__ = __getitem__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __abs__ = __neg__ = __round__ = __int__ = __float__ = __str__ = __repr__ = _refuse


class Iterated:
    """Items of an iterator or a view. Equal to nothing else, as in Python; `list` and its like read it."""

    def __init__(self, items: list[Any], sized: bool) -> None:
        self.items, self.sized = items, sized

    def __repr__(self) -> str:
        return f"an iterator of {self.items!r}"

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __len__(self) -> int:
        if not self.sized:
            raise TypeError("object of type 'generator' has no len()")
        return len(self.items)


def encode(value: Any, depth: int = MAX_DEPTH) -> list[Any]:
    """Return `value` as JSON. What is not plain data becomes its class's name."""
    kind = _plain_type(value)
    if depth == 0:
        return ["opaque", f"data nested deeper than {MAX_DEPTH}", False]
    if kind is None:
        return _encode_other(value, depth)
    if kind is int:
        return ["int", hex(int.__index__(value))]
    if kind is float:
        return ["float", float.hex(value)]
    if kind is complex:
        return ["complex", float.hex(value.real), float.hex(value.imag)]
    if kind is bytes:
        return ["bytes", bytes.hex(value)]
    if kind is str:
        return ["str", str.__str__(value)]
    if kind is dict:
        return ["dict", [[encode(key, depth - 1), encode(item, depth - 1)] for key, item in dict.items(value)]]
    # The unbound methods of the plain type are called: a subclass may override its own.
    if kind.__name__ in _SEQUENCES:
        return [kind.__name__, [encode(item, depth - 1) for item in kind.__iter__(value)]]
    return ["constant", value]


def _plain_type(value: Any) -> Any:
    """Return the plain type of a value; a subclass counts when it leaves the comparison alone (a namedtuple does)."""
    own: Any = type(value)
    if value is None or own is bool:
        return bool
    # Most data is of the types themselves. By identity: a class may have forbidden to be hashed or compared.
    for kind in _PLAIN:
        if own is kind:
            return kind
    for kind in _PLAIN:
        if issubclass(own, kind) and own.__eq__ is kind.__eq__ and own.__ne__ is kind.__ne__:
            return kind
    return dict if own in _SAME_AS_DICT else None


def _encode_other(value: Any, depth: int) -> list[Any]:
    """Return an iterator's items, a library's scalar, or the class's name as JSON."""
    own: Any = type(value)
    if own in _SIZED or own in _UNSIZED:
        items = [encode(item, depth - 1) for item in islice(value, MAX_ITEMS + 1)]
        if len(items) > MAX_ITEMS:
            return ["opaque", f"an iterator of more than {MAX_ITEMS} items", False]
        return ["iterated", own in _SIZED, items]
    module = str(own.__module__)
    if module in _CANDIDATES:
        return ["opaque", f"an object of class {module}.{own.__qualname__}"[:200], False]
    scalar = _scalar(value)
    if scalar is not None:
        return encode(scalar, depth)
    no_data = callable(value) and module.partition(".")[0] in sys.stdlib_module_names
    comparable = not no_data and (own.__eq__ is not object.__eq__ or any(hasattr(own, name) for name in _HAVE_A_VALUE))
    return ["opaque", f"an object of class {module}.{own.__qualname__}"[:200], comparable]


def _scalar(value: Any) -> Any:
    """Return the plain number, truth value or text that a library's scalar equals (NumPy's, SymPy's), else None.

    Only what compares like it: numpy.float32(0.1) equals 0.1, which its value as a float does not.
    """
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, complex):
        return complex(value.real, value.imag)
    # int(numpy.int64(3)) and int(sympy.Integer(3)) are exact.
    if isinstance(value, numbers.Rational):
        return int(value.numerator) if value.denominator == 1 else None
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        item = value.item()
        return item if type(item) in (bool, int, str, bytes) else None
    return None


def decode(encoded: Any, budget: ItemBudget | None = None) -> Any:
    """Return the data that `encode` made this of.

    Raises ValueError, TypeError, KeyError or RecursionError for anything else, `NotPlain` for a key that is not plain
    and for more items of sets and dicts than `budget` has left.
    """
    budget = budget or ItemBudget()
    kind, *content = encoded
    match kind, content:
        # Scalars.
        case "int", [str(digits)]:
            return int(digits, 16)
        case "float", [str(digits)]:
            return float.fromhex(digits)
        case "complex", [str(real), str(imag)]:
            return complex(float.fromhex(real), float.fromhex(imag))
        case "bytes", [str(digits)]:
            return bytes.fromhex(digits)
        case "str", [str(text)]:
            return text
        case "constant", [None | bool() as constant]:
            return constant
        # Containers; what is hashed takes from the budget.
        case "dict", [list(pairs)]:
            budget.take(len(pairs))
            return {decode(key, budget): decode(item, budget) for key, item in pairs}
        case "list" | "tuple" | "set" | "frozenset", [list(items)]:
            if kind in ("set", "frozenset"):
                budget.take(len(items))
            return _SEQUENCES[kind](decode(item, budget) for item in items)
        # What is no plain data, as far as it came out.
        case "iterated", [bool(sized), list(items)]:
            return Iterated([decode(item, budget) for item in items], sized)
        case "opaque", [str(name), bool(comparable)]:
            return Opaque(name[:200], comparable)
    raise ValueError(f"not encoded data: {str(kind)[:40]!r}")
