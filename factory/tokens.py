"""Token ids and offsets as compact immutable sequences: four bytes per token where a tuple of ints takes up to forty.

A worker keeps the ids of every step of every solution, and each completion crosses two processes, so both bytes and
the number of Python objects count.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, overload

_CODE: Final = "I"
_WIDTH = array(_CODE).itemsize
if _WIDTH != 4:
    raise ImportError(f"C's unsigned int has {_WIDTH} bytes on this machine; token ids are kept as integers of 4 bytes")


class Tokens(Sequence[int]):
    """Immutable sequence of integers of 32 bits: token ids, or character offsets of tokens.

    It is equal to a tuple of the same integers and hashes like one. A slice is `Tokens`. It is pickled as bytes, inside
    of the message: a buffer beside it would stay in Ray's object store for as long as one step of it is kept.

    Args:
      values: integers from 0 to 2^32 - 1.

    Raises:
      ValueError: a value is out of range or no integer.
    """

    __slots__ = ("_data",)

    def __init__(self, values: Iterable[int] = ()) -> None:
        try:
            # `array` would read bytes as packed integers; here they are small ones.
            plain = list(values) if isinstance(values, bytes | bytearray) else values
            self._data: bytes = array(_CODE, plain).tobytes()
        except (OverflowError, TypeError) as error:
            raise ValueError(f"got tokens that are no integers of 32 bits ({error}); expected 0 to 2^32 - 1") from None

    @staticmethod
    def of(values: Iterable[int]) -> Tokens:
        """Return `values` as tokens; the same object where they are tokens already. Raises `ValueError`."""
        return values if isinstance(values, Tokens) else Tokens(values)

    @staticmethod
    def joined(parts: Iterable[Tokens]) -> Tokens:
        """Return all `parts` as one sequence."""
        return tokens_from(b"".join([part._data for part in parts]))

    def between(self, start: int, end: int) -> Tokens:
        """Return the tokens from `start` up to `end`; both at least 0, and what lies behind the last token is none."""
        return tokens_from(self._data[_WIDTH * start : _WIDTH * end])

    @property
    def data(self) -> bytes:
        """Bytes behind the sequence, four per token in this machine's order."""
        return self._data

    def view(self) -> memoryview[int]:
        """Return a view of the integers, shape [tokens]; reading many of them through it is faster."""
        return memoryview(self._data).cast(_CODE)

    def __len__(self) -> int:
        return len(self._data) // _WIDTH

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Tokens: ...
    def __getitem__(self, place: int | slice) -> int | Tokens:
        if not isinstance(place, slice):
            return self.view()[place]
        start, stop, step = place.indices(len(self))
        if step == 1:
            return self.between(start, stop)
        return tokens_from(self.view()[place].tobytes())

    def __iter__(self) -> Iterator[int]:
        return iter(self.view())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Tokens):
            return self._data == other._data
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Tokens({tuple(self)})"

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return tokens_from, (self._data,)


def tokens_from(data: bytes) -> Tokens:
    """Return the tokens whose `data` property is `data`."""
    # A function, as Ray's pickler takes ten times as long to name a method of a class.
    tokens = Tokens.__new__(Tokens)
    tokens._data = data
    return tokens


NO_TOKENS = Tokens()
"""Tokens of a text that nobody sampled."""
