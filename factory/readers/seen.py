"""Sets and maps of many ids in 8 bytes each: what a pass over a source remembers of the questions that came before.

* An id counts as its 64-bit hash; 16 hex digits are one already. Of ten million ids two have one hash with a chance of
  3 in a million, and then the second counts as the first.
* The hashes lie in sorted blocks of numpy. A new block is merged with its neighbours as in a log-structured tree, so
  an id is looked for in a few blocks; none grows beyond `_BLOCK`, so a merge needs little room.
* Ids are given in batches: one numpy call costs as much as a hundred looks into a Python set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

# Most hashes of a block: 32 MB.
_BLOCK = 1 << 22
_DIGITS = 16
_HEX = re.compile(r"[0-9a-f]*")


def hashes_of(ids: Sequence[str]) -> Hashes:
    """Return the 64-bit hash of each id; that of 16 hex digits is their number."""
    joined = "".join(ids)
    if len(joined) == _DIGITS * len(ids) and _HEX.fullmatch(joined) and all(len(one) == _DIGITS for one in ids):
        return np.frombuffer(bytes.fromhex(joined), dtype=">u8").astype(np.uint64)
    return np.fromiter(map(hash_of, ids), dtype=np.uint64, count=len(ids))


def hash_of(one: str) -> int:
    """Return the 64-bit hash of one id."""
    if len(one) == _DIGITS and _HEX.fullmatch(one):
        return int(one, 16)
    return int.from_bytes(blake2b(one.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class Seen:
    """Set of ids that came before."""

    def __init__(self) -> None:
        self._blocks: list[Hashes] = []

    def __len__(self) -> int:
        return sum(map(len, self._blocks))

    def add(self, ids: Sequence[str]) -> list[bool]:
        """Add ids, and return for each whether it is new: neither here before nor earlier among `ids`."""
        if not ids:
            return []
        ordered, first = np.unique(hashes_of(ids), return_index=True)
        new = np.ones(len(ordered), dtype=bool)
        for block in self._blocks:
            new &= block[_places(block, ordered)] != ordered
        is_new = np.zeros(len(ids), dtype=bool)
        is_new[first[new]] = True
        if new.any():
            self._blocks.append(ordered[new])
            while _to_merge(self._blocks):
                merged = np.concatenate([self._blocks.pop(), self._blocks.pop()])
                # Two runs that are sorted already: numpy's stable sort merges them.
                merged.sort(kind="stable")
                self._blocks.append(merged)
        return list(map(bool, is_new))


class SeenMap:
    """Map from hashes to hashes. A key keeps the value that it got first."""

    def __init__(self) -> None:
        self._keys: list[Hashes] = []
        self._values: list[Hashes] = []

    def __len__(self) -> int:
        return sum(map(len, self._keys))

    def known(self, keys: Iterable[int]) -> dict[int, int]:
        """Return those of `keys` that are here, with their values."""
        wanted = np.unique(np.fromiter(keys, dtype=np.uint64))
        got: dict[int, int] = {}
        for block, values in zip(self._keys, self._values, strict=True):
            places = _places(block, wanted)
            here = block[places] == wanted
            got.update(zip(wanted[here].tolist(), values[places[here]].tolist(), strict=True))
        return got

    def add(self, new: Mapping[int, int]) -> None:
        """Add pairs whose keys are not here yet, as `known` says."""
        if not new:
            return
        keys, values = (np.fromiter(part, dtype=np.uint64, count=len(new)) for part in (new.keys(), new.values()))
        self._push(keys, values)
        while _to_merge(self._keys):
            keys = np.concatenate([self._keys.pop(), self._keys.pop()])
            values = np.concatenate([self._values.pop(), self._values.pop()])
            self._push(keys, values)

    def _push(self, keys: Hashes, values: Hashes) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys.append(keys[order])
        self._values.append(values[order])


def _places(block: Hashes, wanted: Hashes) -> NDArray[np.intp]:
    """Return where each of `wanted` stands in a sorted block, if it stands there at all."""
    places = np.searchsorted(block, wanted)
    places[places == len(block)] -= 1
    return places


def _to_merge(blocks: Sequence[Hashes]) -> bool:
    """Return whether the last two blocks become one: sizes at least double from block to block, up to the largest."""
    if len(blocks) < 2:
        return False
    before, last = len(blocks[-2]), len(blocks[-1])
    return before <= 2 * last and before + last <= _BLOCK
