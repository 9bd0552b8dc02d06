"""Annotations of people as later evidence on a run's labels: how often they agree, by how sure the labels were."""

from __future__ import annotations

from typing import Any

from factory.annotations.agreement import agreement
from factory.annotations.annotation import latest
from factory.annotations.kept import annotations_in
from factory.run_figures.confidence import calibration
from factory.storage.store import Store

NAME = "people's annotations"


def annotated(store: Store, parts: list[str]) -> list[dict[str, Any]]:
    """Return the calibration of labels by the annotations beside the run and the runs within it; nothing without any.

    A label counts as the person saw it, with the confidence it had then. Raises `BadInput` for an object there that is
    no annotation.
    """
    kept = latest(one for part in parts for _, one in annotations_in(_folder(store, part)))
    judged = [
        (one.run_confidence, one.agrees) for one in kept if one.agrees is not None and one.run_confidence is not None
    ]
    if not judged:
        return []
    return [{"evidence": NAME, "said": agreement(kept).sentence, **calibration(judged)}]


def _folder(store: Store, part: str) -> str:
    return f"{store.url}/{part}" if part else store.url
