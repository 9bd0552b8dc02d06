"""What a reward model reads: the prompt, a separator, then every step and a separator behind it.

At the last token of the separator behind a step, the model says whether all is right up to there (TRL's PRMTrainer has
the same places). Steps are tokenised apart, so that the places are exact whatever the steps hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from factory.prompting import defused


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """Token ids, and where among them each step is judged."""

    ids: tuple[int, ...]
    places: tuple[int, ...]


def laid_out(tokenizer: Any, prompt: str, steps: Sequence[str], separator: str) -> LaidOut:
    """`prompt` and `steps` as token ids, without the white space at the ends of each. No text of theirs becomes a
    special token."""
    special = tokenizer.all_special_tokens
    end = tokenizer.encode(separator, add_special_tokens=False)
    ids = [*tokenizer.encode(defused(prompt.strip(), special)), *end]
    places = []
    for step in steps:
        ids += [*tokenizer.encode(defused(step.strip(), special), add_special_tokens=False), *end]
        places.append(len(ids) - 1)
    return LaidOut(ids=tuple(ids), places=tuple(places))
