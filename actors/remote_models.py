"""Models that an algorithm gets in a run: remote engines and checkers behind plain async callables.

A request goes to the engine that its question prefers and that can begin it soon (`factory/rollouts/routing.py`), and
its answer comes back as soon as it is there (`actors/engine_calls/`). When an engine dies, hangs or is restarted, what
it had goes to the others at once; with no other, it waits until the engine is back. Requests that were twice in an
engine when it died are tried in halves, so that one that kills its engine every time fails alone. A check goes to the
idlest checker, in micro-batches, and is tried again when that one died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.batching import Batcher
from actors.calls import CallPatience, call_with_retries
from actors.engine_calls.link import Link, Lost, Moved
from actors.engine_calls.suspects import MOST_DEATHS, Suspects, Trial
from actors.engine_calls.wire import Terms, TookTooLong
from factory.errors import CheckerFailed, EngineFailed, FactoryError
from factory.interfaces import Models
from factory.rollouts.routing import EngineLoad, route
from factory.types import POLICY, Completion, GenerateRequest, Question, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFlow:
    """Flow of checks to one checker. What is more waits with the caller, where no time-out runs.

    * `batch`: items of a call.
    * `in_flight`: calls at a time.
    * `request_s`: seconds for each call.
    """

    batch: int = 256
    in_flight: int = 4
    request_s: float = 600.0


class RemoteModels(Models):
    """`factory.interfaces.Models` over lists of Ray actor handles.

    Args:
      generators: handles of engines.
      checkers: handles of checkers.
      patience: time-outs and attempts of calls.
      weights: folder of the weights that shall answer; None for the generators' own model.
      checking: how checks are sent to a checker.
      affinity: False sends requests to the engines in turn, whatever is cached there, for comparison.
      tell: hears a sentence for the user when an engine is taken out.
    """

    def __init__(
        self,
        generators: Sequence[Any],
        checkers: Sequence[Any],
        patience: CallPatience,
        *,
        weights: str | None = None,
        checking: CheckFlow = CheckFlow(),
        affinity: bool = True,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._checkers = checkers
        self._patience = patience
        self._affinity = affinity
        self._suspects = Suspects(self._ward, self._changed)
        self._news = asyncio.Event()
        terms = Terms(weights=weights, request_s=patience.request_s)
        self._links = [
            Link(
                actor,
                f"{index + 1} of {len(generators)}",
                terms,
                patience,
                lost=self._suspects.lost,
                changed=self._changed,
                others=self._others_than,
                tell=tell,
            )
            for index, actor in enumerate(generators)
        ]
        self._turn = 0
        # Checks in flight on each checker.
        self._checks = [0] * len(checkers)
        self._judges = [Batcher(self._checker_call(i, checking), checking.batch) for i in range(len(checkers))]

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Answer as `Models.generate`. Raises `FactoryError` when no engine is left."""
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

    async def check(self, question: Question, text: str) -> Verdict:
        """Answer as `Models.check`, by the idlest checker."""
        index = min(range(len(self._checks)), key=self._checks.__getitem__)
        self._checks[index] += 1
        try:
            return await self._judges[index]((question, text))
        finally:
            self._checks[index] -= 1

    def room(self, question_id: str) -> int:
        """Return what `Models.room` says; 0 where an engine does not say how many samples it runs at once."""
        index = route(question_id, self._loads())
        if index is None:
            return 0
        link = self._links[index]
        free = link.figures.slots - link.outbox.samples - link.figures.others
        sharers = len(link.outbox.questions) + (question_id not in link.outbox.questions)
        return max(0, free) // (sharers * link.figures.clients)

    def troubles(self) -> list[str]:
        """Return a sentence for each engine that was taken out, and is not back."""
        return [link.revival.out for link in self._links if link.revival.out]

    async def _tried(self, trial: Trial) -> Sequence[Completion]:
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

    async def _open_for(self, request: GenerateRequest) -> Link:
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

    def _chosen(self, request: GenerateRequest) -> int | None:
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
            raise FactoryError("no engine is left: " + "; ".join(troubles))
        await self._news.wait()

    def _checker_call(
        self, index: int, checking: CheckFlow
    ) -> Callable[[list[tuple[Question, str]]], Awaitable[Sequence[Any]]]:
        """Return the function that sends a batch of items to one checker, a bounded number at a time."""
        actor, alone = self._checkers[index], asyncio.Lock()
        ready = actor.__ray_ready__.remote
        room = asyncio.Semaphore(checking.in_flight)
        patience = replace(self._patience, request_s=checking.request_s)

        async def send(batch: list[tuple[Question, str]]) -> Sequence[Any]:
            """Send a batch of items until it is answered; a call waits while too many are in flight."""
            async with room:
                return await call_with_retries(actor.check.remote, ready, batch, patience, CheckerFailed, alone)

        return send
