"""Splits of an exported data set: a question's text and a seed decide its split, never a row.

* All rows of a question are in the same split, whatever their run and format.
* Two spellings of one question (`factory.text.wording.question_key`) are in the same split.
* A question's split never changes when a run grows or another run is added.
* The test split of a share and a seed is what `source.kind=split` holds out of the same questions with that share and
  seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from factory.errors import BadInput
from factory.text.wording import question_key

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Shares of the questions, 0 to 1, for `validation` and `test`; the others are for training.

    `seed`: another seed draws other questions. Raises `BadInput` for shares that sum to more than 1.
    """

    validation: float = 0.0
    test: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.validation <= 1 and 0 <= self.test <= 1 and self.validation + self.test <= 1):
            raise BadInput(
                f"--validation is {self.validation:g}, --test is {self.test:g}. Expected shares of the questions, "
                "0 to 1, together at most 1."
            )

    def of(self, question: str) -> str:
        """Return the name of the split that a question, given by its text, is in."""
        if not self.validation and not self.test:
            return TRAIN
        text = f"{self.seed}\x1f{question_key(question)}".encode("utf-8", "surrogatepass")
        # Uniform in [0, 1), the same on every machine. A larger test share keeps the questions of a smaller one.
        place = int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / 2**64
        if place < self.test:
            return TEST
        return VALIDATION if place < self.test + self.validation else TRAIN
