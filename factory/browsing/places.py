"""Places of records in an index: by the question, the run within the folder, and which of several records it is.

A question may have several records: in each round of a folder one, in an import one per given line. A number in the
index serves as long as a viewer runs; question, folder and copy name a record for good, as copies are counted in the
order of the objects' names, in which later revisions take the place of earlier ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from factory.browsing.parts import Part, folder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Place of a record.

    Attributes:
      at: its number in the index.
      question_id: id of its question.
      folder: run within the folder that it belongs to; "" for the folder's own.
      name: object that it lay in when the index was made.
      in_object: its number among the records of the same question in this object, from 0.
      copy: its number among the records of the same question in the same folder, from 0.
    """

    at: int
    question_id: str
    folder: str
    name: str
    in_object: int
    copy: int


def places_of(
    parts: Sequence[Part], ids: Sequence[str], *, begins: bool = False, most: int | None = None
) -> list[Place]:
    """Return the places of all records of some questions that are not gone, folder after folder.

    Args:
      parts: the index.
      ids: ids of the questions.
      begins: whether `ids` is one beginning of ids instead.
      most: places of a part after which the rest of it is left out; None for all.
    """
    rows: list[tuple[str, str, int, int, str]] = []
    for part in parts:
        there = part.rows_with(ids, begins=begins)
        there = there if part.gone is None else there[~part.gone[there]]
        there = there[:most]
        if not len(there):
            continue
        names = part.question_ids(there)
        for row, question_id, (name, row_there) in zip(there.tolist(), names, part.places_of(there), strict=True):
            rows.append((folder_of(name), name, row_there, part.first + row, question_id))
    in_objects: Counter[tuple[str, str]] = Counter()
    copies: Counter[tuple[str, str]] = Counter()
    places = []
    for folder, name, _, at, question_id in sorted(rows):
        in_object, copy = in_objects[name, question_id], copies[folder, question_id]
        places.append(Place(at=at, question_id=question_id, folder=folder, name=name, in_object=in_object, copy=copy))
        in_objects[name, question_id] += 1
        copies[folder, question_id] += 1
    return places
