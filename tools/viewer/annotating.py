"""Annotations as a viewer has them: those of all people, read again now and then, and those of its own person."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from factory.annotations.agreement import Agreement, Share, agreement
from factory.annotations.annotation import LABELS, Annotation, checked, latest
from factory.annotations.kept import annotations_in, keep
from factory.errors import BadInput, FactoryError
from factory.storage.store import Store

AGAIN_S = 15.0  # seconds after which those of other people are looked for
# Labels of steps whose run has none.
_KEYS = {"solution", "step", "label", "note"}


class Annotating:
    """Annotations of one run. `person` is who annotates; None where the viewer is read only."""

    def __init__(self, store: Store, person: str | None) -> None:
        self.person = person
        self._store = store
        self._lock = threading.Lock()
        self._all: dict[str, Annotation] = {}
        self._looked = -AGAIN_S
        self.trouble = ""

    def of_question(self, question_id: str) -> list[dict[str, Any]]:
        """Return the annotations of a question that count, as plain values."""
        return [asdict(one) for one in self._counting() if one.question_id == question_id]

    def agreement(self) -> Agreement:
        """Return how far people agree with the run."""
        return agreement(self._counting())

    def add(self, record: Mapping[str, Any], said: Any) -> dict[str, Any]:
        """Keep what the viewer's person says of a step, and return it as plain values.

        Args:
          record: record of the question.
          said: `solution` (its id), `step` (0-based), `label` (1, -1, 0, or None to take it back), `note`.

        Raises:
          BadInput: the viewer is read only, or what was said does not fit the record.
          StorageFailed: it cannot be written.
        """
        if self.person is None:
            raise BadInput("this viewer is read only. Start it with --annotate to say what is wrong.")
        if not isinstance(said, dict) or set(said) != _KEYS:
            raise BadInput(f"an annotation of other parts was got. Expected {', '.join(sorted(_KEYS))}.")
        [step] = [
            solution["steps"][said["step"]]
            for solution in record["solutions"] or ()
            if solution["solution_id"] == said["solution"]
            and isinstance(said["step"], int)
            and 0 <= said["step"] < len(solution["steps"])
        ][:1] or [None]
        if step is None or (said["label"] is not None and said["label"] not in LABELS):
            raise BadInput("an annotation of a step was got that the record does not have, or of no label.")
        try:
            annotation = checked(
                {
                    "question_id": record["question_id"],
                    "solution_id": said["solution"],
                    "step": said["step"],
                    "label": said["label"],
                    "run_label": step["label"],
                    "run_confidence": step["confidence"],
                    "note": said["note"],
                    "person": self.person,
                    "at": datetime.now(UTC).isoformat(timespec="microseconds"),
                }
            )
        except ValueError as error:
            raise BadInput(f"the annotation cannot be kept: {error}.") from None
        name = keep(self._store, annotation)
        with self._lock:
            self._all[name] = annotation
        return asdict(annotation)

    def _counting(self) -> list[Annotation]:
        """Return the annotations that count; others' are read again when that was long ago."""
        with self._lock:
            if time.monotonic() - self._looked > AGAIN_S:
                self._looked = time.monotonic()
                try:
                    # Names begin with the time: those of the last minutes are listed again, as clocks differ.
                    known = sorted(self._all)
                    self._all |= dict(annotations_in(self._store, after=known[-200] if len(known) > 200 else ""))
                    self.trouble = ""
                except FactoryError as error:
                    self.trouble = str(error)
            return latest(self._all.values())


def in_numbers(total: Agreement) -> dict[str, Any]:
    """Return an agreement as plain values."""
    return {
        "annotations": total.annotations,
        "sentence": total.sentence,
        "whole": _share(total.whole),
        "right": _share(total.by_label[1]),
        "wrong": _share(total.by_label[-1]),
        "people": {name: _share(share) for name, share in total.by_person.items()},
        "cannot_tell": total.cannot_tell,
        "unlabelled": total.unlabelled,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"agreed": share.agreed, "compared": share.compared, "rate": share.rate, "interval": share.interval}
