"""Annotations as a viewer has them: those of all people, read again now and then, and those of its own person.

They lie in the run that the record is of, as two rounds of one folder may hold the same solution with other labels.
Others' are read in a thread of their own, so a store that is slow or down keeps no answer waiting: answers take what is
there. `said`, which is replaced and never changed, is all of it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from factory.annotations.agreement import Agreement, Share, agreement
from factory.annotations.annotation import LABELS, Annotation, by_run, checked, in_order
from factory.annotations.kept import annotations_in, keep
from factory.browsing.places import Place
from factory.errors import BadInput, FactoryError
from factory.storage.store import Store

AGAIN_S = 15.0  # seconds between two looks for those of other people
_KEYS = {"solution", "step", "label", "note", "seen"}
_SEEN = {"label", "confidence"}


_Name = tuple[str, str]
"""Run within the folder, and name of an object there."""


class Changed(BadInput):
    """Label that is another one than the person has seen: one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Annotations that are known by now.

    Attributes:
      by_name: annotations by the run that they lie in ("" is the folder itself) and the name of their object there.
      agreement: how far those that count agree with the run.
      of_questions: those that count in the order of their times, by run and by the id of the question.
    """

    by_name: Mapping[_Name, Annotation] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=Agreement)
    of_questions: Mapping[tuple[str, str], Sequence[Annotation]] = field(default_factory=dict)

    def of_record(self, folder: str, question_id: str) -> list[Annotation]:
        """Return those that count for the records of a question in a run: its own, and those of the folder itself."""
        return [one for run in dict.fromkeys(("", folder)) for one in self.of_questions.get((run, question_id), ())]


class Annotating:
    """Annotations of one run.

    Args:
      store: opens a run within the folder that is looked at, by its name; "" is the folder itself.
      folders: tells the names of those that hold records.
      person: who annotates; None where the viewer is read only.

    Attributes:
      person: as given.
      said: what people say, as far as it is known.
      trouble: why others' annotations cannot be read; "" where they can.
    """

    def __init__(self, store: Callable[[str], Store], folders: Callable[[], Iterable[str]], person: str | None) -> None:
        self.person = person
        self.said = Said()
        self.trouble = ""
        self._store, self._folders = store, folders
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="annotations", daemon=True)

    def start(self) -> None:
        """Begin to look for annotations, in a thread of its own."""
        self._thread.start()

    def stop(self, patience_s: float = 2.0) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(patience_s)

    def look_now(self) -> None:
        """Read what was added, in the caller's thread; what cannot be read is told."""
        before = self.said.by_name
        there: dict[_Name, Annotation] = {}
        troubles: list[str] = []
        try:
            for folder in sorted({"", *self._folders()}):
                known = {name: one for (run, name), one in before.items() if run == folder}
                for name, one in annotations_in(self._store(folder), known=known, broken=troubles.append):
                    there[folder, name] = one
        except FactoryError as error:
            # What is known stays; what was read until then is added.
            there = {**before, **there}
            troubles.append(str(error))
        self.trouble = troubles[0] if troubles else ""
        with self._lock:
            # What its own person has said meanwhile may not have been listed.
            own = {name: one for name, one in self.said.by_name.items() if name not in before}
            self._say({**there, **own})

    def of_record(self, place: Place) -> list[dict[str, Any]]:
        """Return the annotations of a record that count, as plain values."""
        return [asdict(one) for one in self.said.of_record(place.folder, place.question_id)]

    def add(self, folder: str, record: Mapping[str, Any], said: Any) -> dict[str, Any]:
        """Keep what the viewer's person says of a step, and return it as plain values.

        Args:
          folder: run within the folder that the record is of.
          record: record of the question.
          said: `solution` (its id), `step` (0-based), `label` (1, -1, 0, or None to take it back), `note`, and as
            `seen` the `label` and `confidence` of the run that the person has judged.

        Raises:
          Changed: the run says something else by now.
          BadInput: the viewer is read only, or what was said does not fit the record.
          StorageFailed: it cannot be written.
        """
        if self.person is None:
            raise BadInput("this viewer is read only. Start it with --annotate to say what is wrong.")
        if not isinstance(said, dict) or set(said) != _KEYS:
            raise BadInput(f"an annotation of other parts was got. Expected {', '.join(sorted(_KEYS))}.")
        step = _step(record, said)
        if step is None or (said["label"] is not None and said["label"] not in LABELS):
            raise BadInput("an annotation of a step was got that the record does not have, or of no label.")
        seen = {name: _as_shown(step[name]) for name in _SEEN}
        if said["seen"] != seen:
            raise Changed("this label has changed since it was shown: look again.")
        try:
            annotation = checked(
                {
                    "question_id": record["question_id"],
                    "solution_id": said["solution"],
                    "step": said["step"],
                    "label": said["label"],
                    "run_label": seen["label"],
                    "run_confidence": seen["confidence"],
                    "note": said["note"],
                    "person": self.person,
                    "at": datetime.now(UTC).isoformat(timespec="microseconds"),
                }
            )
        except ValueError as error:
            raise BadInput(f"the annotation cannot be kept: {error}.") from None
        name = keep(self._store(folder), annotation)
        with self._lock:
            self._say({**self.said.by_name, (folder, name): annotation})
        return asdict(annotation)

    def _work(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            self.look_now()
            # Listing many takes long: it is not done all the time.
            self._stop.wait(max(AGAIN_S, 20 * min(30.0, time.monotonic() - began)))

    def _say(self, by_name: Mapping[_Name, Annotation]) -> None:
        """Replace what is known; nothing changes where it is the same."""
        if by_name.keys() == self.said.by_name.keys():
            return
        said: defaultdict[str, list[Annotation]] = defaultdict(list)
        for (folder, _), one in by_name.items():
            said[folder].append(one)
        counting = by_run(said)
        of_questions: dict[tuple[str, str], list[Annotation]] = {}
        for folder, of_run in counting.items():
            for one in of_run:
                of_questions.setdefault((folder, one.question_id), []).append(one)
        self.said = Said(by_name=by_name, agreement=agreement(in_order(counting)), of_questions=of_questions)


def _step(record: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the step that is spoken of; None where the record has no such step."""
    for solution in record["solutions"] or ():
        steps = solution["steps"] or ()
        if solution["solution_id"] == said["solution"] and type(said["step"]) is int and 0 <= said["step"] < len(steps):
            one: Mapping[str, Any] = steps[said["step"]]
            return one
    return None


def _as_shown(value: Any) -> Any:
    """Return a label or a confidence as the page has it: a number that is none is nothing."""
    return None if isinstance(value, float) and not isfinite(value) else value


def in_numbers(total: Agreement) -> dict[str, Any]:
    """Return an agreement as plain values."""
    return {
        "annotations": total.annotations,
        "short": total.short,
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
