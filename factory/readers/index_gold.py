"""Gold answers that are numbers of choices: `index` counts from 0, `index1` from 1."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from factory.answers.extraction.choices import read_choices
from factory.errors import BadInput
from factory.readers.gold import NoGold

FIRST: Mapping[str, int] = {"index": 0, "index1": 1}
"""Number of the first choice, by the name of the preset."""

_NUMBER = re.compile(r"-?\d{1,3}", re.ASCII)


def label_at(answer: str, preset: str, metadata: Mapping[str, str], where: str) -> str:
    """Return the label of the choice that an answer column names by its number.

    Args:
      answer: text of the column.
      preset: `index` or `index1`.
      metadata: metadata of the question, with the choices.
      where: place of the row, for errors.

    Raises:
      NoGold: this row has no choices that can be read, or no number of one.
      BadInput: the numbers are counted from the other end of one: not the row is wrong, but the preset.
    """
    try:
        labels = list(read_choices(metadata.get("choices", "")).texts)
    except ValueError as error:
        raise NoGold(f"{where}: {error}") from None
    if not labels:
        raise NoGold(f"{where}: gold={preset} needs the question's choices, and there are none")
    first = FIRST[preset]
    if _NUMBER.fullmatch(answer):
        place = int(answer) - first
        if 0 <= place < len(labels):
            return labels[place]
        other = next(name for name in FIRST if name != preset)
        if 0 <= int(answer) - FIRST[other] < len(labels):
            raise BadInput(
                f"{where}: the answer is {answer}, and gold={preset} counts the {len(labels)} choices from {first} to "
                f"{first + len(labels) - 1}; set source.gold={other}, which counts from {FIRST[other]}, or mend the row"
            )
    last = first + len(labels) - 1
    raise NoGold(f"{where}: the answer {answer[:60]!r} is no choice's number; expected {first} to {last}")


def check_choices(preset: str, metadata: Collection[str]) -> None:
    """Raise `BadInput` where none of the keys of the metadata is `choices`, which the preset needs."""
    if "choices" not in metadata:
        raise BadInput(
            f"gold={preset} needs the choices in the metadata; set source.metadata_columns=[choices], or "
            "source.metadata_columns=[choices=COLUMN] where the column has another name"
        )
