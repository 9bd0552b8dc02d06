"""Annotations that go into an export: what people said beside its runs, for the formats that hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from factory.annotations.annotation import Annotation, latest
from factory.annotations.kept import annotations_in
from factory.contracts.formats import FORMATS
from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store

Said = Mapping[str, Sequence[Mapping[str, Any]]]
"""Annotations as plain values, by the id of their question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotations:
    """Annotations of all runs of an export that count.

    Attributes:
      said: by the id of their question; people write so few of them that every task is sent all.
      digest: hash of them, "" where no format asks for them.
    """

    said: Said = field(default_factory=dict)
    digest: str = ""


def annotations_for(formats: Iterable[str], folders: Iterable[str], access: Access) -> Annotations:
    """Return what people said beside some folders, where a format holds it.

    An export holds each text once, whichever runs it comes from. So of all that a person said of a step of it, in any
    of them, the last word counts, beside the label that it was said of.

    Args:
      formats: names of the formats of the export.
      folders: runs, and folders of several runs as they were named: what lies there counts for all runs within.
      access: credentials and limits of their stores.

    Raises:
      BadInput: a format asks for annotations, and there are none.
    """
    if not any(FORMATS.load(name).ANNOTATED for name in formats):
        return Annotations()
    asked = list(dict.fromkeys(folder.rstrip("/") for folder in folders))
    everything: dict[str, Annotation] = {}
    for folder in asked:
        everything |= dict(annotations_in(open_store(folder, access)))
    counting = latest(everything.values())
    if not counting:
        raise BadInput(
            f"nobody has annotated {', '.join(asked[:5])}. Expected what `factory view {asked[0]} --annotate` keeps."
        )
    digest = hashlib.sha256(b"".join(sorted(one.encoded() for one in counting))).hexdigest()
    said: dict[str, list[Mapping[str, Any]]] = {}
    for one in counting:
        said.setdefault(one.question_id, []).append(asdict(one))
    return Annotations(said=said, digest=digest)
