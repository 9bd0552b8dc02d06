"""Annotations of people as later evidence on a run's labels: how often they agree, by how sure the labels were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from factory.annotations.agreement import agreement
from factory.annotations.annotation import by_run, in_order
from factory.annotations.kept import annotations_in
from factory.interfaces import Say
from factory.run_figures.confidence import calibration
from factory.storage.store import Store

NAME = "people's annotations"


def annotated(store: Store, parts: Iterable[str], say: Say) -> list[dict[str, Any]]:
    """Return the calibration of labels by the annotations beside the run and the runs within it; nothing without any.

    A label counts as the person saw it, with the confidence it had then.

    Args:
      store: the folder as it was named; what lies there counts for all runs within it.
      parts: folders of records within it, "" for its own: people's judgements lie in the run that they are of.
      say: hears of each object that is no annotation, and is left out.
    """
    everything = {
        part: [one for _, one in annotations_in(f"{store.url}/{part}".rstrip("/"), broken=say)]
        for part in dict.fromkeys(["", *parts])
    }
    kept = in_order(by_run(everything))
    judged = [
        (one.run_confidence, one.agrees) for one in kept if one.agrees is not None and one.run_confidence is not None
    ]
    if not judged:
        return []
    return [{"evidence": NAME, "said": agreement(kept).sentence, **calibration(judged)}]
