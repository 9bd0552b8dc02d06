"""Lessons that a run has learnt of its policy: collected from all workers, told to each, and kept in the run folder.

`experience.json` is a convenience: a run without it learns anew, and labels never depend on it alone. It belongs to one
set of weights. Amounts that were raised change nothing in it, as it is about the policy, not about how much is asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress

from factory.errors import BadInput, StorageFailed
from factory.interfaces import Say
from factory.labelling.experience import Lessons
from factory.labelling.ledger import Ledger
from factory.storage.store import Store

FILE = "experience.json"
# Seconds between two writes, and bytes of the largest file that is read: one of ours has ten thousand.
KEEP_EVERY_S, MOST_BYTES = 10.0, 1_000_000
# Rounds of reports from which on they are added up: a part of one, so that news is not old.
SUM_EVERY = 0.25


class RunExperience:
    """Ledger of a run's workers, who are known by their number: a worker that was restarted has a new experience."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        """Begin with what earlier attempts have learnt, or with nothing."""
        self._ledger = ledger or Ledger()
        # Id of the experience of each worker, as it last said; and of those that died since.
        self._ids: dict[int, str] = {}
        self._before: dict[int, str] = {}
        # Last report of each, and all reports as they were when the sum over them was last made.
        self._reports: dict[str, Lessons] = {}
        self._summed: dict[str, Lessons] = {}
        self._total = self._ledger.total
        self._news = 0

    @property
    def questions(self) -> int:
        """Finished questions that have taught something, over all attempts."""
        return self._ledger.total.finished.questions

    def hear(self, worker: int, experience_id: str, lessons: Lessons) -> None:
        """Take what a worker's own questions have taught it so far."""
        before = self._before.pop(worker, None) or self._ids.get(worker)
        if before is not None and before != experience_id:
            self._ledger.retire(before)
            self._reports.pop(before, None)
            self._sum()
        self._ids[worker] = experience_id
        self._ledger.report(experience_id, lessons)
        self._reports[experience_id] = lessons
        # Once per round of reports: a thousand workers would cost a million additions otherwise.
        self._news += 1
        if self._news >= len(self._ids) * SUM_EVERY:
            self._sum()

    def lost(self, worker: int) -> None:
        """Note that a worker died: the one in its place knows nothing, what the dead one has finished included.

        What it had under way is begun anew by others. It may have been taken for dead, and is heard again then.
        """
        if worker not in self._ids:
            return
        gone = self._before[worker] = self._ids.pop(worker)
        self._reports[gone] = Lessons(finished=self._reports[gone].finished)
        self._ledger.report(gone, self._reports[gone])
        self._sum()

    def left(self, worker: int) -> None:
        """Keep what a worker that is gone for good has finished; nobody takes its place."""
        self.lost(worker)
        gone = self._before.pop(worker, None)
        if gone is not None:
            self._ledger.retire(gone)
            self._reports.pop(gone, None)
            self._sum()

    def others(self, worker: int) -> Lessons:
        """Return what everybody but this worker has learnt, earlier attempts included."""
        own = self._summed.get(self._ids.get(worker, ""))
        if own is None:
            return self._total
        return Lessons(finished=self._total.finished - own.finished, underway=self._total.underway - own.underway)

    def _sum(self) -> None:
        """Add up what is known now."""
        self._news = 0
        self._total = self._ledger.total
        self._summed = dict(self._reports)

    def to_json(self) -> str:
        """Return what is worth keeping, as JSON of one line."""
        return self._ledger.to_json()


class ExperienceFile:
    """`experience.json` of a run folder, for one set of weights.

    Args:
      store: the run folder, one that does not wait long for its storage: this file is not worth it.
      weights: name of the weights that answer in this run (the engine's revision).
      clock: monotonic seconds.
    """

    def __init__(self, store: Store, weights: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._weights = weights
        self._clock = clock
        self._written = clock()
        self._last = ""

    def read(self, say: Say) -> RunExperience:
        """Return what earlier attempts have learnt; what of it cannot be used is left out, and `say` hears why."""
        try:
            ledger = self._ledger()
        except FileNotFoundError:
            return RunExperience()
        except (BadInput, StorageFailed) as error:
            say(f"{FILE}: {error}")
            return RunExperience()
        if ledger.unread:
            say(f"{FILE}: {ledger.unread}")
        return RunExperience(ledger)

    def _ledger(self) -> Ledger:
        """Return the ledger that is kept. Raises `FileNotFoundError`, `StorageFailed`, or `BadInput` for a bad one."""
        if (self._store.size(FILE) or 0) > MOST_BYTES:
            raise BadInput("what the run has learnt is damaged: the file is too large; it is learnt anew.")
        # A link may lead to something without a size.
        text = self._store.read(FILE, 0, MOST_BYTES).decode(errors="replace")
        ledger = Ledger.from_json(text)
        if (weights := json.loads(text).get("weights")) != self._weights:
            raise BadInput(
                f"what the run has learnt is about the weights {weights!r:.80}, now {self._weights!r} answer; "
                "it is learnt anew."
            )
        return ledger

    def keep(self, experience: RunExperience) -> None:
        """Write what was learnt, if the last time was a while ago."""
        if self._clock() - self._written > KEEP_EVERY_S:
            self.write(experience)

    def write(self, experience: RunExperience) -> None:
        """Write what was learnt, if that is news; a storage that does not answer is none."""
        self._written = self._clock()
        text = json.dumps(json.loads(experience.to_json()) | {"weights": self._weights}) + "\n"
        if text != self._last and experience.questions:
            with suppress(StorageFailed):
                self._store.replace(FILE, text.encode())
                self._last = text
