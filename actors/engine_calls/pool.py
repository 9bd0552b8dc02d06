"""Pool of engines that fill one role, as one worker sees them: links, routing, and what is tried again elsewhere.

A request goes to the engine that its question prefers and that can begin it soon (`factory/rollouts/routing.py`), and
its answer comes back by itself (`link.py`). When an engine dies, hangs or is restarted, what it had goes
to the others at once; with no other, it waits until the engine is back. Requests that were twice in an engine when it
died are tried in halves (`suspects.py`), so that one that kills its engine every time fails alone.

Engines come and go (`EnginePool.update`). One that leaves gets nothing new and goes on with what it has; what one has
that is gone goes to the others, and counts neither as a death nor as a try.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from actors.calls import CallPatience
from actors.engine_calls.link import Link
from actors.engine_calls.losses import Lost, Moved
from actors.engine_calls.suspects import MOST_DEATHS, Suspects, Trial
from actors.engine_calls.wire import Request, Terms, TookTooLong
from factory.errors import EngineFailed, FactoryError
from factory.rollouts.routing import EngineLoad, route

REPLACED_S = 30.0
"""Seconds that the driver gets to put another engine in the place of the last one that is left and does not start."""


class EnginePool:
    """Engines of one role.

    Args:
      engines: handles of their actors (`actors/generator.py`), by name; those without one are called 1, 2, ...
      patience: time-outs and attempts of calls.
      role: what messages call them; "" where there is no other pool.
      weights: folder of the weights that shall answer; None for the engines' own model.
      affinity: False sends requests to the engines in turn, whatever is cached there, for comparison.
      tell: hears a sentence for the user when an engine is taken out.
    """

    def __init__(
        self,
        engines: Mapping[str, Any] | Sequence[Any],
        patience: CallPatience,
        *,
        role: str = "",
        weights: str | None = None,
        affinity: bool = True,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._role = role
        self._patience = patience
        self._affinity = affinity
        self._tell = tell
        self._suspects = Suspects(self._ward, self._changed)
        self._news = asyncio.Event()
        self._terms = Terms(weights=weights, request_s=patience.request_s)
        # By place: an engine keeps its own, so that its questions stay with it. Whoever comes takes one that is free.
        self._links: list[Link] = []
        self._names: dict[str, Link] = {}
        # Time since when there is no engine that may come up; None while there is one.
        self._none_since: float | None = None
        self._moved = 0
        self._turn = 0
        self.update(named(engines))

    def update(self, engines: Mapping[str, Any], leaving: Collection[str] = ()) -> None:
        """Have these engines from now on. What others have goes to those that stay.

        Args:
          engines: handles by name; who is there already stays as it is.
          leaving: names of those that get nothing new. Where all of them leave, they are asked until they are gone.
        """
        for name in [name for name in self._names if name not in engines]:
            self._names.pop(name).retire()
        while self._links and self._links[-1].retired:
            self._moved += self._links.pop().moved
        for name, actor in engines.items():
            if name not in self._names:
                self._names[name] = self._placed(self._link(name, actor))
        staying = any(name not in leaving for name in engines)
        for name, link in self._names.items():
            link.announce(leaving=staying and name in leaving)
        # Those whose requests were given back look for another engine only behind all this.
        self._changed()

    def _link(self, name: str, actor: Any) -> Link:
        """Return a new link to an engine."""
        return Link(
            actor,
            f"{name}{f' of {self._role}' * bool(self._role)}",
            self._terms,
            self._patience,
            lost=self._suspects.lost,
            changed=self._changed,
            others=self._others_than,
            tell=self._tell,
        )

    def _placed(self, link: Link) -> Link:
        """Put a link in the place of one that is gone, else behind the others, and return it."""
        for place, other in enumerate(self._links):
            if other.retired:
                self._moved += other.moved
                self._links[place] = link
                return link
        self._links.append(link)
        return link

    async def answer(self, request: Request) -> Any:
        """Return what an engine answers: completions, or scores where the request is for these.

        Raises what that says of the request, `EngineFailed` for a request that no engine answers, and `FactoryError`
        when no engine is left.
        """
        trial = Trial(request)
        try:
            while True:
                try:
                    return await self._tried(trial)
                except Moved:
                    continue
                except TookTooLong as slow:
                    trial.late += 1
                    # Slow is not suspect: it has killed nobody.
                    trial.clear()
                    self._require_patience(trial, slow)
                except Lost as lost:
                    self._require_patience(trial, lost)
        finally:
            # Whatever the end, those it was tried with need not wait for it.
            trial.clear()

    def room(self, question_id: str) -> int:
        """Return what `Models.room` says; 0 where an engine does not say how many samples it runs at once."""
        index = route(question_id, self._loads())
        if index is None:
            return 0
        link = self._links[index]
        free = link.figures.free - link.outbox.samples - link.figures.others
        sharers = len(link.outbox.questions) + (question_id not in link.outbox.questions)
        return max(0, free) // (sharers * link.figures.clients)

    def troubles(self) -> list[str]:
        """Return a sentence for each engine that was taken out, and is neither back nor gone."""
        return [link.revival.out for link in self._links if link.revival.out]

    @property
    def moved(self) -> int:
        """Requests that engines had when they left, and that others got."""
        return self._moved + sum(link.moved for link in self._links)

    async def _tried(self, trial: Trial) -> Any:
        """Send a request to an engine and return what comes back; raises as `Link.ask` does."""
        cell = trial.cell
        if cell is None:
            return await (await self._open_for(trial.request)).ask(trial)
        # A member of a group may be cancelled; the others still need their engine.
        link = await asyncio.shield(cell.link)
        if cell is trial.cell and not link.open:
            self._suspects.isolate([trial])
            raise Moved
        return await link.ask(trial)

    def _require_patience(self, trial: Trial, error: Exception) -> None:
        """Raise `EngineFailed` for a request that was late too often, or kills its engine every time."""
        most = self._patience.attempts
        if trial.late >= most or (trial.attempts >= most and trial.alone) or trial.deaths >= MOST_DEATHS:
            failed = EngineFailed(f"no answer after {trial.attempts} attempts; the last one ended with {error}")
            failed.attempts = trial.attempts
            raise failed

    async def _open_for(self, request: Request) -> Link:
        """Return the link for a request, as soon as there is an open one."""
        while (index := self._chosen(request)) is None:
            await self._change()
        return self._links[index]

    async def _ward(self) -> Link:
        """Return the link to the engine that suspects are tried in: the one that died last, of those that are up."""
        while (link := self._warden()) is None:
            await self._change()
        return link

    def _warden(self) -> Link | None:
        """Return the link to that engine, None where none is up."""
        return max((link for link in self._links if link.open), key=lambda link: link.died_at, default=None)

    def _chosen(self, request: Request) -> int | None:
        """Return the index of the engine for a request, None where none is open."""
        loads = self._loads()
        if self._affinity:
            return route(request.question_id, loads)
        open_ones = [index for index, load in enumerate(loads) if load.open]
        self._turn += 1
        return open_ones[self._turn % len(open_ones)] if open_ones else None

    def _loads(self) -> list[EngineLoad]:
        """Return the loads of all engines. While one tries suspects, nothing else should be in it when it dies."""
        own = self._warden() if self._suspects.waiting else None
        spare = any(link.open and link is not own and not link.figures.warded for link in self._links)
        return [
            EngineLoad(
                samples=link.load,
                slots=link.figures.slots,
                pace=link.figures.pace,
                open=link.open and link is not own and not (spare and link.figures.warded),
            )
            for link in self._links
        ]

    def _others_than(self, link: Link) -> bool:
        """Return whether an engine but this one is up."""
        return any(other.open for other in self._links if other is not link)

    def _changed(self) -> None:
        """Have those look again who wait for an engine."""
        coming = any(not link.revival.out for link in self._links if not link.leaving)
        self._none_since = None if coming else self._none_since or time.monotonic()
        self._news.set()
        self._news = asyncio.Event()

    async def _change(self) -> None:
        """Wait until something changes. Raises `FactoryError` when no engine is left, and none comes."""
        if self._none_since is None:
            await self._news.wait()
            return
        limit_s = REPLACED_S if self._names else self._patience.restart_s
        left = self._none_since + limit_s - time.monotonic()
        if left <= 0:
            why = "; ".join(self.troubles()) or f"none has come for {limit_s:.0f} s"
            raise FactoryError(f"no engine{f' of {self._role}' * bool(self._role)} is left: {why}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), left)


def named(actors: Mapping[str, Any] | Sequence[Any]) -> Mapping[str, Any]:
    """Return handles by name; those without names are called 1, 2, ..."""
    return actors if isinstance(actors, Mapping) else {str(number): one for number, one in enumerate(actors, 1)}
