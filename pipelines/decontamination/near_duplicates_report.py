"""Report on questions dropped because they are similar to another, as JSON for a program and as Markdown for a person.

The least similar pairs come first: those are the ones to look at. Questions are foreign text: they are shown where they
cannot be taken for Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from factory.decontamination.near_duplicates import Repetition
from factory.text.markdown import code, fenced

_SHOWN_PAIRS = 500
_SHOWN_CHARACTERS = 2000


def as_json(pairs: Sequence[Repetition], threshold: float) -> str:
    """Return all pairs as JSON in ASCII, with the threshold of the similarity."""
    content = {"threshold": threshold, "dropped": len(pairs), "pairs": [asdict(pair) for pair in _doubtful(pairs)]}
    return json.dumps(content, indent=1) + "\n"


def as_markdown(pairs: Sequence[Repetition], threshold: float) -> str:
    """Return the first 500 pairs as Markdown, 2,000 characters of each text."""
    lines = [
        "# Near-duplicates",
        "",
        f"{len(pairs)} questions were dropped whose words are similar to another's (Jaccard similarity of {threshold} "
        "or more), the least similar first. Questions that differ in spacing, case or closing marks only are not here.",
        "",
    ]
    for number, pair in enumerate(_doubtful(pairs)[:_SHOWN_PAIRS], start=1):
        lines += [f"## {number}. similarity {pair.similarity:.3f}", "", f"Dropped, {code(pair.dropped)}:", ""]
        lines += [fenced(pair.dropped_text, "text", longest=_SHOWN_CHARACTERS), ""]
        lines += [f"Kept, {code(pair.kept)}:", "", fenced(pair.kept_text, "text", longest=_SHOWN_CHARACTERS), ""]
    if len(pairs) > _SHOWN_PAIRS:
        lines += [f"{len(pairs) - _SHOWN_PAIRS} more are in the JSON report.", ""]
    return "\n".join(lines)


def _doubtful(pairs: Sequence[Repetition]) -> list[Repetition]:
    """Return the pairs, the least similar first."""
    return sorted(pairs, key=lambda pair: pair.similarity)
