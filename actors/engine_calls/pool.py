"""Pool of engines that fill one role, as one worker sees them: links, routing, and what is tried again elsewhere.

A request goes to the engine that its question prefers and that can begin it soon (`factory/rollouts/routing.py`), and
its answer comes back by itself (`link.py`). When an engine dies, hangs or is restarted, what it had goes
to the others at once; with no other, it waits until the engine is back. Requests that were twice in an engine when it
died are tried in halves (`suspects.py`), so that one that kills its engine every time fails alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from actors.calls import CallPatience
from actors.engine_calls.link import Link, Lost, Moved
from actors.engine_calls.suspects import MOST_DEATHS, Suspects, Trial
from actors.engine_calls.wire import Request, Terms, TookTooLong
from factory.errors import EngineFailed, FactoryError
from factory.rollouts.routing import EngineLoad, route


class EnginePool:
    """Engines of one role.

    Args:
      engines: handles of their actors (`actors/generator.py`).
      patience: time-outs and attempts of calls.
      role: what messages call them; "" where there is no other pool.
      weights: folder of the weights that shall answer; None for the engines' own model.
      affinity: False sends requests to the engines in turn, whatever is cached there, for comparison.
      tell: hears a sentence for the user when an engine is taken out.
    """

    def __init__(
        self,
        engines: Sequence[Any],
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
        self._suspects = Suspects(self._ward, self._changed)
        self._news = asyncio.Event()
        terms = Terms(weights=weights, request_s=patience.request_s)
        self._links = [
            Link(
                actor,
                f"{index + 1} of {len(engines)}{f' of {role}' * bool(role)}",
                terms,
                patience,
                lost=self._suspects.lost,
                changed=self._changed,
                others=self._others_than,
                tell=tell,
            )
            for index, actor in enumerate(engines)
        ]
        self._turn = 0

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
        """Return a sentence for each engine that was taken out, and is not back."""
        return [link.revival.out for link in self._links if link.revival.out]

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
        self._news.set()
        self._news = asyncio.Event()

    async def _change(self) -> None:
        """Wait until something changes. Raises `FactoryError` when no engine is left."""
        if all(troubles := [link.revival.out for link in self._links]):
            raise FactoryError(f"no engine{f' of {self._role}' * bool(self._role)} is left: " + "; ".join(troubles))
        await self._news.wait()
