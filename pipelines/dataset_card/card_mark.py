"""Mark of a card of ours, its last line: which export it describes, and a hash that tells whether it was edited."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_MARK = re.compile(r"<!-- manifest ([0-9a-f]+) card ([0-9a-f]{64}) -->")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Mark of a card. `digest`: the manifest's. `edited`: the text is no longer what was written."""

    digest: str
    edited: bool


def marked(text: str, digest: str) -> str:
    """Return a card's text with its mark."""
    return f"{text.rstrip()}\n\n<!-- manifest {digest} card {_hash(text)} -->\n"


def mark_of(text: str) -> Mark | None:
    """Return the mark of a card; None for one that we did not write."""
    if not (marks := list(_MARK.finditer(text))):
        return None
    last = marks[-1]
    return Mark(digest=last[1], edited=_hash(text[: last.start()] + text[last.end() :]) != last[2])


def _hash(text: str) -> str:
    """Return the hash of a text, white space around it left out."""
    return hashlib.sha256(text.strip().encode()).hexdigest()
