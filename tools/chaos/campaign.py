"""Campaign of a chaos run: kills by schedule, seconds until each was recovered from, every object seen on the way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from factory.errors import StorageFailed
from tools.chaos.cluster import Nodes
from tools.chaos.drivers import Drivers
from tools.chaos.kills import Server, Wound, back, strike
from tools.chaos.ledger import Ledger, latest, unit_of
from tools.chaos.processes import reap
from tools.chaos.schedule import DRIVER, Kill

POLL_S = 0.2
SHOW_S = 5.0
RECOVERY_S = 180.0  # a kill that was not recovered from by then never will be
STALL_S = 300.0  # without a new unit: the run hangs
HOPELESS_ERRORS = 10  # drivers that ended with an error, one after the other, without a new unit in between


class Objects(Protocol):
    """Storage of the run folder, as the campaign needs it."""

    def names(self) -> list[str]:
        """Return the names of all objects of the run's data folder."""

    def read(self, name: str) -> bytes:
        """Return a whole object."""


@dataclass
class Campaign:
    """Chaos run. `units`: how many it has in all."""

    units: int
    kills: Sequence[Kill]
    nodes: Nodes
    drivers: Drivers
    objects: Objects
    ledger: Ledger
    server: Server | None
    say: Callable[[str], None]
    wounds: list[Wound] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    committed: int = 0

    def run(self) -> None:
        """Run until the run is complete, or hopeless."""
        waiting, wound = deque(self.kills), None
        began = shown = self._grew = time.monotonic()
        errors = 0
        while not self.drivers.complete:
            looked = time.monotonic()
            if self._look():
                errors = len(self.drivers.errors)
            # Looking is never more than half of the time.
            time.sleep(max(POLL_S, time.monotonic() - looked))
            self._drive()
            if wound is not None and self._closed(wound):
                wound = None
            if wound is None and waiting and self.committed >= waiting[0].threshold * self.units:
                wound = strike(waiting[0], self.nodes, self.drivers, self.server)
                if wound is not None:
                    wound.units = self.committed
                    self.wounds.append(wound)
                    waiting.popleft()
            if time.monotonic() - self._grew > STALL_S:
                self.hangs.append(f"no new unit within {STALL_S:.0f} s at {self.committed} of {self.units} units")
                return
            if len(self.drivers.errors) - errors >= HOPELESS_ERRORS:
                self.hangs.append(f"{HOPELESS_ERRORS} drivers in a row ended with an error")
                return
            if time.monotonic() - shown > SHOW_S:
                shown = time.monotonic()
                self.say(
                    f"{shown - began:6.0f} s  {self.committed:,} of {self.units:,} units, "
                    f"{len(self.wounds)} of {len(self.kills)} kills, driver {self.drivers.started}"
                    + (f", recovering from: {wound.kill.role}" if wound else "")
                )
        self._look()
        if wound is not None:
            self._closed(wound)

    @property
    def recoveries(self) -> list[tuple[str, float | None]]:
        """Return role and seconds until recovery of each kill that was made."""
        return [(wound.kill.role, wound.seconds) for wound in self.wounds]

    @property
    def faults(self) -> dict[str, list[str]]:
        """Return one line per fault, by kind: kills without recovery, kills that were never made."""
        open_wounds = [wound.kill for wound in self.wounds if wound.seconds is None]
        return {
            "not_recovered": self.hangs + [f"{kill.role} at {kill.threshold:.3f}" for kill in open_wounds],
            "not_made": [f"{kill.role} at {kill.threshold:.3f}" for kill in self.kills[len(self.wounds) :]],
        }

    def _look(self) -> bool:
        """Record new objects; return True when there were any."""
        if not see_new(self.objects, self.ledger, self.say):
            return False
        self.committed = len(latest(self.ledger.seen))
        self.drivers.begun = True
        self._grew = time.monotonic()
        return True

    def _drive(self) -> None:
        before = self.drivers.started, len(self.drivers.errors)
        self.drivers.keep_going()
        if self.drivers.started != before[0]:
            self.nodes.guard()
        for error in self.drivers.errors[before[1] :]:
            self.say(error)

    def _closed(self, wound: Wound) -> bool:
        """Return True when a kill needs no more watching; its `seconds` are set when it was recovered from."""
        now = time.monotonic()
        reap({self.drivers.pid, self.server.pid if self.server else None})
        if wound.back_at is None and self.drivers.pid is not None and back(wound):
            wound.back_at = now
            # The last units of the old one's actors are not its merit.
            if wound.kill.role == DRIVER:
                wound.units = self.committed
        if self.drivers.complete or (wound.back_at is not None and self.committed > wound.units):
            wound.seconds = now - wound.at
            return True
        return now - wound.at > RECOVERY_S


def see_new(objects: Objects, ledger: Ledger, say: Callable[[str], None]) -> bool:
    """Record in the ledger the objects that are new; return True when there were any.

    Args:
      objects: storage of the run folder.
      ledger: what was seen so far.
      say: hears when the storage does not answer.
    """
    try:
        new = [name for name in objects.names() if name not in ledger.seen and unit_of(name)]
        for name in new:
            ledger.see(name, objects.read(name))
    except (OSError, StorageFailed) as error:  # a server under faults may refuse; the next look is soon
        say(f"the storage does not answer us: {type(error).__name__}: {str(error)[:100]}")
        return False
    return bool(new)
