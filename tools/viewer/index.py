"""Index over the objects of a run: made in the background, kept in the cache, extended while the run goes on.

    kept parts ──▶ shown at once ──▶ listing ──▶ what is gone is masked, what is new is read ──▶ … every few seconds

Readers take `parts`, which is replaced and never changed: what a reader has taken stays as it was. Memory: parts that
are kept are mapped files; besides there is one unfinished part, and what two calls are reading.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from factory.browsing.parts import Part, together
from factory.errors import FactoryError
from factory.storage.ahead import in_order
from factory.storage.store import Store
from tools.viewer.kept_parts import KeptParts
from tools.viewer.objects import Listed, listed
from tools.viewer.reading import chunks, read

# Questions of a part that is finished and kept; seconds between listings, and between two times that readers hear.
SEALED, AGAIN_S, PUBLISH_S, KEEP_S = 65_536, 5.0, 0.4, 60.0
_READERS = 2  # calls that read a local folder at a time
_UNREADABLE = 20  # objects whose trouble is told


@dataclass(slots=True)
class Progress:
    """State of an index: `phase` is listing, reading, ready or waiting (for the store); counts; the last trouble.

    `objects` are those listed, `indexed` those of them that are in the index; `unreadable` says why of some.
    """

    phase: str = "listing"
    objects: int = 0
    indexed: int = 0
    trouble: str = ""
    unreadable: dict[str, str] = field(default_factory=dict)


class Index:
    """Index of one run.

    Args:
      store: folder of the run.
      kept: where its parts are kept.

    Attributes:
      parts: facts of the records that are known by now.
      version: number that grows with every change of `parts`.
      progress: how far it is.
      first_look: set as soon as there is something to show, or it is known that there is nothing.
      failure: error of the last listing where nothing is known yet; else None.
    """

    def __init__(self, store: Store, kept: KeptParts) -> None:
        self._store, self._kept = store, kept
        self.parts: tuple[Part, ...] = ()
        self.version = 0
        self.progress = Progress()
        self.first_look = threading.Event()
        self.failure: FactoryError | None = None
        self._sealed: list[Part] = []
        self._tail: list[Part] = []
        self._kept_tail: Part | None = None
        self._kept_at = -KEEP_S
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="index", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self, patience_s: float = 2.0) -> None:
        """End the thread, and keep what it has read."""
        self._stop.set()
        self._thread.join(patience_s)
        if not self._thread.is_alive():
            self._keep_tail()

    def look_now(self) -> None:
        """List and read once, in the caller's thread."""
        self._load()
        self._pass()

    @property
    def rows(self) -> int:
        """Number of questions in the index, those that are gone included."""
        return sum(map(len, self.parts))

    def _work(self) -> None:
        self._load()
        while not self._stop.is_set():
            began = time.monotonic()
            self._look()
            # Listing a large folder takes long: it is not done all the time.
            self._stop.wait(max(AGAIN_S, 20 * min(30.0, time.monotonic() - began)))

    def _look(self) -> None:
        """List and read once; a store that fails is told."""
        try:
            self._pass()
            self.failure = None
        except FactoryError as error:
            # The store is down, or permission was lost: what is known is shown, and it is tried again.
            self.failure = None if self.parts else error
            self.progress.phase, self.progress.trouble = "waiting", str(error)
        self.first_look.set()

    def _load(self) -> None:
        """Take the parts that are kept, unfinished ones as the beginning of the next."""
        for part in self._kept.load():
            if len(part) >= SEALED:
                self._sealed.append(part)
            else:
                self._tail.append(part)
        if len(self._tail) == 1:
            self._kept_tail = self._tail[0]
        self._publish()

    def _pass(self) -> None:
        """List the objects, mask those that are gone, read those that are new."""
        now = listed(self._store)
        self.progress.objects, self.progress.trouble = len(now), ""
        known = self._mask(now)
        missing = [one for name, one in now.items() if name not in known and name not in self.progress.unreadable]
        self.progress.indexed = len(known)
        if self.parts or not missing:
            self.first_look.set()
        self.progress.phase = "reading" if missing else "ready"
        published = time.monotonic()
        width = min(self._store.width, 8) if self._store.width > 1 else _READERS
        for chunk in in_order(lambda some: read(self._store, some), chunks(missing), width):
            self.progress.unreadable |= dict(list(chunk.unreadable.items())[:_UNREADABLE])
            if chunk.part is not None:
                self._tail.append(chunk.part)
                self.progress.indexed += len(chunk.part.objects)
            if not self.parts or time.monotonic() - published > PUBLISH_S:
                self._publish()
                self.first_look.set()
                published = time.monotonic()
            if self._stop.is_set():
                return
        if missing:
            self._publish()
            # What reading took is given back, as the process may run for days.
            pa.default_memory_pool().release_unused()
        self.progress.phase = "ready"
        if time.monotonic() - self._kept_at > KEEP_S:
            self._keep_tail()

    def _publish(self) -> None:
        """Give readers what is known by now; a part that is large enough is finished and kept."""
        if len(self._tail) > 1:
            self._tail = [together(self._tail)]
        if self._tail and len(self._tail[0]) >= SEALED:
            self._sealed.append(self._kept.keep(self._tail.pop(), instead_of=self._kept_tail))
            self._kept_tail = None
        self.parts = (*self._sealed, *self._tail)
        self.version += 1

    def _keep_tail(self) -> None:
        """Keep the unfinished part, in place of the one that it continues."""
        if self._tail and self._tail[0] is not self._kept_tail:
            self._tail = [self._kept.keep(self._tail[0], instead_of=self._kept_tail)]
            self._kept_tail = self._tail[0]
            self._kept_at = time.monotonic()
            self.parts = (*self._sealed, *self._tail)

    def _mask(self, now: Mapping[str, Listed]) -> set[str]:
        """Mark the questions of objects that are gone, or were replaced; return the names of those that stay."""
        known: set[str] = set()
        changed = False
        for part in (*self._sealed, *self._tail):
            stays = [_stays(one.name, one.mark, now, known) for one in part.objects]
            if all(stays) and part.gone is None:
                continue
            gone = np.repeat(~np.array(stays, bool), [one.rows for one in part.objects])
            if part.gone is None or not np.array_equal(gone, part.gone):
                part.gone = gone
                changed = True
        if changed:
            self._sealed, self._tail = self._without_gone(self._sealed), self._without_gone(self._tail)
            self._publish()
        return known

    def _without_gone(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts, without those of which nothing is left."""
        for part in parts:
            if part.gone is not None and part.gone.all():
                self._kept.remove(part)
        return [part for part in parts if part.gone is None or not part.gone.all()]


def _stays(name: str, mark: str, now: Mapping[str, Listed], known: set[str]) -> bool:
    """Return whether an object is listed as it was read, and not in an earlier part; add it to `known` then."""
    there = now.get(name)
    if there is None or there.mark != mark or name in known:
        return False
    known.add(name)
    return True


def parts_of(store: Store, kept: KeptParts) -> Iterable[Part]:
    """Return the index of a run, read to its end in the caller's thread."""
    index = Index(store, kept)
    index.look_now()
    return index.parts
