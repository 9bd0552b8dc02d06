"""Index over the objects of a run: made in the background, kept in the cache, extended while the run goes on.

    kept parts ──▶ shown at once ──▶ listing ──▶ what is gone is masked, what is new is read ──▶ … every few seconds

Readers take `known`, which is replaced and never changed: what a reader has taken stays as it was. A question keeps its
number as long as the index lives: where a part is wholly gone, its numbers are not given again. Memory: parts that are
kept are mapped files; besides there is one unfinished part, and what two calls are reading.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """State of an index: `phase` is listing, reading, ready or waiting (for the store); counts; the last trouble.

    `objects` are those listed, `indexed` those of them that are in the index, `damaged` those that cannot be read;
    `unreadable` says why of the first ones. It is replaced and never changed.
    """

    phase: str = "listing"
    objects: int = 0
    indexed: int = 0
    damaged: int = 0
    trouble: str = ""
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Parts and counts of an index at one moment.

    Attributes:
      parts: facts of the records.
      version: number that grows with every change of `parts`.
      questions: number of questions in them that are not gone.
    """

    parts: tuple[Part, ...] = ()
    version: int = 0
    questions: int = 0


class Index:
    """Index of one run.

    Args:
      store: folder of the run.
      kept: where its parts are kept.

    Attributes:
      known: facts of the records that are known by now.
      progress: how far it is.
      first_look: set as soon as there is something to show, or it is known that there is nothing.
      failure: error of the last listing where nothing is known yet; else None.
    """

    def __init__(self, store: Store, kept: KeptParts) -> None:
        self._store, self._kept = store, kept
        self.known = Known()
        self.progress = Progress()
        self.first_look = threading.Event()
        self.failure: FactoryError | None = None
        self._sealed: list[Part] = []
        self._tail: list[Part] = []
        self._kept_tail: Part | None = None
        self._kept_at = -KEEP_S
        self._sealed_end = 0  # number behind all finished parts there ever were
        self._damaged: dict[str, str] = {}  # marks of objects that cannot be read, by name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="index", daemon=True)

    def folders(self) -> set[str]:
        """Return the runs within the folder whose records are known by now; "" is the folder itself."""
        return {folder for part in self.known.parts for folder in part.names("part")}

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
            self.failure = None if self.known.parts else error
            self._tell(phase="waiting", trouble=str(error))
        self.first_look.set()

    def _load(self) -> None:
        """Take the parts that are kept, unfinished ones as the beginning of the next."""
        for part in self._kept.load():
            if len(part) >= SEALED:
                self._seal(part)
            else:
                self._tail.append(part)
        if len(self._tail) == 1:
            self._kept_tail = self._tail[0]
        self._publish()

    def _pass(self) -> None:
        """List the objects, mask those that are gone, read those that are new."""
        now = listed(self._store)
        objects = len(now)
        self._mask(now)
        self._tell(objects=objects, indexed=objects - len(now), trouble="")
        # One that cannot be read is tried again when it is another one.
        self._damaged = {name: mark for name, mark in self._damaged.items() if name in now and now[name].mark == mark}
        self._tell_damaged({})
        missing = [now[name] for name in now if name not in self._damaged]
        if self.known.parts or not missing:
            self.first_look.set()
        self._tell(phase="reading" if missing else "ready")
        published = time.monotonic()
        width = min(self._store.width, 8) if self._store.width > 1 else _READERS
        for chunk in in_order(lambda some: read(self._store, some), chunks(missing), width):
            self._damaged |= {name: now[name].mark for name in chunk.unreadable}
            self._tell_damaged(chunk.unreadable)
            if chunk.part is not None:
                self._tail.append(chunk.part)
                self._tell(indexed=self.progress.indexed + len(chunk.part.objects))
            if not self.known.parts or time.monotonic() - published > PUBLISH_S:
                self._publish()
                self.first_look.set()
                published = time.monotonic()
            if self._stop.is_set():
                return
        if missing:
            self._publish()
            # What reading took is given back, as the process may run for days.
            pa.default_memory_pool().release_unused()
        self._tell(phase="ready")
        if time.monotonic() - self._kept_at > KEEP_S:
            self._keep_tail()

    def _tell(self, **more: Any) -> None:
        """Replace the progress by one in which something is otherwise."""
        self.progress = replace(self.progress, **more)

    def _tell_damaged(self, more: Mapping[str, str]) -> None:
        """Tell how many objects cannot be read, and why of the first ones."""
        told = {name: why for name, why in self.progress.unreadable.items() if name in self._damaged} | dict(more)
        self._tell(damaged=len(self._damaged), unreadable=dict(list(told.items())[:_UNREADABLE]))

    def _publish(self) -> None:
        """Give readers what is known by now; a part that is large enough is finished and kept."""
        self._join_tail()
        if self._tail and len(self._tail[0]) >= SEALED:
            self._seal(self._kept.keep(self._tail.pop(), instead_of=self._kept_tail))
            self._kept_tail = None
        self._give()

    def _give(self) -> None:
        parts = (*self._sealed, *self._tail)
        questions = sum(part.there for part in parts)
        self.known = Known(parts=parts, version=self.known.version + 1, questions=questions)

    def _seal(self, part: Part) -> None:
        """Put a part behind the finished ones."""
        part.first = self._sealed_end
        self._sealed.append(part)
        self._sealed_end += len(part)

    def _join_tail(self) -> None:
        """Make the unfinished part one part, which begins behind the finished ones."""
        if len(self._tail) > 1:
            self._tail = [together(self._tail)]
        for part in self._tail:
            part.first = self._sealed_end

    def _keep_tail(self) -> None:
        """Keep the unfinished part, in place of the one that it continues."""
        if self._tail and self._tail[0] is not self._kept_tail:
            self._tail = [self._kept.keep(self._tail[0], instead_of=self._kept_tail)]
            self._kept_tail = self._tail[0]
            self._kept_at = time.monotonic()
            self._give()

    def _mask(self, now: dict[str, Listed]) -> None:
        """Mark the questions of objects that are gone, or were replaced; take those that stay out of `now`."""
        self._join_tail()
        before = [*self._sealed, *self._tail]
        after = [_masked(part, now) for part in before]
        if all(new is old for new, old in zip(after, before, strict=True)):
            return
        if self._tail:
            # As it is kept, it is the same one.
            self._kept_tail = after[-1] if self._kept_tail is self._tail[0] else self._kept_tail
            self._tail = [after.pop()]
        self._sealed = after
        # Of what is wholly gone nothing is held any more. Its numbers are not given again.
        for part in (*self._sealed, *self._tail):
            if not part.there:
                self._kept.remove(part)
        self._sealed = [part for part in self._sealed if part.there]
        if self._tail and not self._tail[0].there:
            self._sealed_end += len(self._tail.pop())
            if self._kept_tail is not None:
                self._kept.remove(self._kept_tail)
                self._kept_tail = None
        self._publish()


def _masked(part: Part, now: dict[str, Listed]) -> Part:
    """Return a part with what is gone as it is now: the same one where nothing has changed.

    An object stays that is listed as it was read; it is taken out of `now`, so a second part with it is masked.
    """
    stays = []
    for one in part.objects:
        listed_ = now.get(one.name)
        stays.append(listed_ is not None and listed_.mark == one.mark)
        if stays[-1]:
            del now[one.name]
    if all(stays) and part.gone is None:
        return part
    gone = np.repeat(~np.array(stays, bool), [one.rows for one in part.objects])
    return part if part.gone is not None and np.array_equal(gone, part.gone) else replace(part, gone=gone)
