"""Suspects: requests that were in flight when an engine died, twice. One of them may kill engines.

Group testing (Dorfman, 1943, with halving): a group of suspects is split into halves, each half is tried in an engine's
ward, where no other suspects are, and one that dies there is split again. So a request that kills its engine every time
costs O(log n) deaths beyond the second, and is known by dying alone. Those who survive long enough make room for the
next group while they go on, so that nobody waits for the answers of others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actors.calls import GONE
from actors.engine_calls.losses import Moved
from actors.engine_calls.wire import NotStarted, Request

if TYPE_CHECKING:
    from actors.engine_calls.link import Link

FREE_DEATHS = 1
"""Deaths after which a request is tried again at once: most engines die of something else."""
MOST_DEATHS = 16
"""Deaths after which a request fails, whoever was there with it: one that kills late is never known by dying alone."""
LEAST_STAY_S, MOST_STAY_S = 5.0, 600.0
"""Bounds on the seconds that a group has its ward for itself."""


@dataclass(slots=True, eq=False)
class Trial:
    """Request on its way to an answer.

    Attributes:
      request: what is asked.
      attempts: how often it was sent to an engine.
      late: attempts that took too long, or were lost with an engine that did not die.
      deaths: engines that died while they had it.
      survived_s: longest that an engine lived with it before it died.
      alone: True when the last of them died with no other suspect in it.
      cell: group that it is tried with; None for no suspect.
    """

    request: Request
    attempts: int = 0
    late: int = 0
    deaths: int = 0
    survived_s: float = 0.0
    alone: bool = False
    cell: Cell | None = None

    def clear(self) -> None:
        """Take it out of its group: it is no suspect any more."""
        if self.cell is not None:
            self.cell.left(self)
        self.cell, self.deaths = None, 0


@dataclass(slots=True, eq=False)
class Cell:
    """Group of suspects that are tried together.

    Attributes:
      members: those without an answer.
      link: engine whose ward they have, as soon as they have it; an error when no engine is left.
      inside: True while no other suspects are there.
      empty: set when no member is left.
    """

    members: set[Trial]
    link: asyncio.Future[Link]
    inside: bool = False
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def left(self, trial: Trial) -> None:
        """Count out a member that has its answer, or goes elsewhere."""
        self.members.discard(trial)
        if not self.members:
            self.empty.set()

    def stay_s(self) -> float:
        """Return for how long the members stay by themselves: a killer would have killed by then."""
        longest = max((trial.survived_s for trial in self.members), default=0.0)
        return min(MOST_STAY_S, 2 * longest + LEAST_STAY_S)


def halves(group: Sequence[Trial]) -> list[Sequence[Trial]]:
    """Return a group as its two halves; one or none for a group of one or none."""
    middle = (len(group) + 1) // 2
    return [half for half in (group[:middle], group[middle:]) if half]


class Suspects:
    """Suspects of one worker.

    Args:
      choose: waits for the engine to try some in, and raises when none is left.
      changed: hears when no group needs an engine for itself any more.
    """

    def __init__(self, choose: Callable[[], Awaitable[Link]], changed: Callable[[], None]) -> None:
        self._choose = choose
        self._changed = changed
        self._running: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> bool:
        """True while a group needs an engine for itself, or has one."""
        return bool(self._running)

    def lost(self, link: Link, sent: Iterable[Trial], unsent: Iterable[Trial], died: bool) -> None:
        """Take in what an engine had, or should have had, when it was lost; `died` says whether it died of something.

        Suspects among those it had are halved. Those it had not yet stay together.
        """
        suspects = [trial for trial in sent if trial.deaths > FREE_DEATHS]
        if died and len(suspects) == 1:
            [trial] = suspects
            trial.alone = trial.cell is not None and trial.cell.inside
        for group in halves(suspects) if died else [suspects]:
            self.isolate(group)
        self.isolate([trial for trial in unsent if trial.cell is not None])

    def isolate(self, group: Sequence[Trial]) -> None:
        """Have a group tried by itself."""
        if not group:
            return
        cell = Cell(set(group), asyncio.get_running_loop().create_future())
        for trial in group:
            if trial.cell is not None:
                trial.cell.left(trial)
            trial.cell = cell
        task = asyncio.ensure_future(self._try(cell))
        self._running.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        """Note that a group is through, or has shown that it takes no engine along soon."""
        self._running.discard(task)
        if not self._running:
            self._changed()

    async def _try(self, cell: Cell) -> None:
        """Find a ward for a group, and leave it when the group is through, or has survived long enough."""
        while cell.members:
            try:
                link = await self._choose()
            except Exception as error:
                cell.link.set_exception(error)
                # Members that have gone meanwhile would leave it unheard.
                cell.link.exception()
                return
            try:
                async with link.ward():
                    cell.inside = True
                    cell.link.set_result(link)
                    await _first(cell.empty, cell.stay_s())
                    cell.inside = False
                return
            except (*GONE, NotStarted, Moved):
                if cell.link.done():
                    return
                await asyncio.sleep(0.5)


async def _first(event: asyncio.Event, limit_s: float) -> None:
    """Wait for an event, or for some seconds."""
    try:
        await asyncio.wait_for(event.wait(), limit_s)
    except TimeoutError:
        return
