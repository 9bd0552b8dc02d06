"""The last line of a card of ours: which export it describes, and a hash that tells whether it was edited."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_MARK = re.compile(r"<!-- manifest ([0-9a-f]+) card ([0-9a-f]{64}) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`digest`: the manifest's. `edited`: the text is no longer what was written."""

    digest: str
    edited: bool


def marked(text: str, digest: str) -> str:
    return f"{text.rstrip()}\n\n<!-- manifest {digest} card {_hash(text)} -->\n"


def mark_of(text: str) -> Mark | None:
    """The mark of a card; None for one that we did not write."""
    if not (marks := list(_MARK.finditer(text))):
        return None
    found = marks[-1]
    return Mark(digest=found[1], edited=_hash(text[: found.start()] + text[found.end() :]) != found[2])


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()
