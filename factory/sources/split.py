"""Parts of another source, split in two: questions to train on, or to hold out for evaluation.

A hash of the question's text key (`factory.text.wording.question_key`) and the seed decides its side, never its place:
the split stays as it is when the source is re-ordered or grows, and a question that comes again, spaced or punctuated
differently, is on the same side. Nothing is held in memory but the keys of an evaluation set of one's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import Any

from factory.plugins import suggest
from factory.readers.inner_source import inner_questions, inner_section, inner_stamp
from factory.text.wording import question_key
from factory.types import Question

TRAIN, HELD_OUT = "train", "held_out"


@dataclass
class Config:
    """Settings of the split.

    * `of`: the source that is split, a section of its own with `kind`.
    * `part`: `train` or `held_out`.
    * `share`: how much of the source is held out, 0 to 1.
    * `limit`: hold out no more than the first so many; 0 is all. The others of the share are on neither side, so what
      is trained on does not depend on the limit: choose a share not much larger than needed.
    * `seed`: another seed gives another split.
    * `apart_from`: an evaluation set of one's own, a section like `of`. Then held_out is that source (its first
      `limit`), and train is `of` less every question whose key occurs anywhere in it; `share` has no say.
    """

    of: dict[str, Any] = field(default_factory=dict)
    part: str = TRAIN
    share: float = 0.1
    limit: int = 0
    seed: int = 0
    apart_from: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the settings and complete the inner sources. Raises `ValueError` or `BadInput`."""
        if self.part not in (TRAIN, HELD_OUT):
            raise ValueError(f"part is {self.part!r}. {suggest(self.part, [TRAIN, HELD_OUT])}")
        if not 0 <= self.share <= 1 or self.limit < 0:
            raise ValueError(f"share is {self.share}, limit is {self.limit}: expected a share of 0 to 1, a limit >= 0")
        # Written out with every default but those of fields that came later, so that equal sources are equal configs,
        # as they always were.
        self.of = inner_section(self.of, "of")
        if self.apart_from:
            self.apart_from = inner_section(self.apart_from, "apart_from")


def questions(config: Config) -> Iterator[Question]:
    """Return the questions of the part, in the source's order. Raises what the inner source raises."""
    # An evaluation set of one's own.
    limit = config.limit or None
    if config.apart_from:
        apart = inner_questions(config.apart_from, "apart_from")
        if config.part == HELD_OUT:
            return islice(apart, limit)
        kept_out = {_question_hash(question, 0) for question in apart}
        return (one for one in inner_questions(config.of, "of") if _question_hash(one, 0) not in kept_out)
    # A share of the source itself.
    sides = ((one, is_held_out(one, config.share, config.seed)) for one in inner_questions(config.of, "of"))
    if config.part == HELD_OUT:
        return islice((one for one, held_out in sides if held_out), limit)
    return (one for one, held_out in sides if not held_out)


def stamp(config: Config) -> str | None:
    """Return the stamps of the inner sources; None where one has none."""
    stamps = [inner_stamp(section, name) for name in ("of", "apart_from") if (section := getattr(config, name))]
    return None if None in stamps else json.dumps(stamps)


def is_held_out(question: Question, share: float, seed: int) -> bool:
    """Return whether a question is held out. Its text and the seed alone decide.

    Args:
      question: any question.
      share: how much is held out, 0 to 1.
      seed: the seed of the split.
    """
    return _question_hash(question, seed) < share * 2**64


def _question_hash(question: Question, seed: int) -> int:
    """Return a 64-bit hash of the question's key."""
    text = f"{seed}\x1f{question_key(question.text)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
