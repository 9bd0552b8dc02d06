"""Models that an algorithm gets in a run: remote engines and checkers behind plain async callables.

Each role has a pool of engines (`actors/engine_calls/pool.py`), which sends every request where it is answered soonest
and sends it again when an engine dies. A check goes to the idlest checker, in micro-batches, and is tried again when
that one died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.batching import Batcher
from actors.calls import CallPatience, call_with_retries
from actors.engine_calls.pool import EnginePool
from factory.errors import CheckerFailed, EngineFailed
from factory.interfaces import Models
from factory.types import POLICY, Completion, GenerateRequest, Question, ScoreRequest, Scores, Verdict


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
    """`factory.interfaces.Models` over Ray actor handles.

    Args:
      pools: handles of engines, by the role they fill; the policy's are always among them.
      checkers: handles of checkers.
      patience: time-outs and attempts of calls.
      weights: folder of the weights that the policy shall answer with; None for its engines' own model.
      checking: how checks are sent to a checker.
      affinity: False sends requests to the engines in turn, whatever is cached there, for comparison.
      tell: hears a sentence for the user when an engine is taken out.
    """

    def __init__(
        self,
        pools: Mapping[str, Sequence[Any]],
        checkers: Sequence[Any],
        patience: CallPatience,
        *,
        weights: str | None = None,
        checking: CheckFlow = CheckFlow(),
        affinity: bool = True,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._patience = patience
        self.pools = {
            role: EnginePool(
                engines,
                patience,
                role=role if len(pools) > 1 else "",
                weights=weights if role == POLICY else None,
                affinity=affinity,
                tell=tell,
            )
            for role, engines in pools.items()
        }
        self._checkers = checkers
        # Checks in flight on each checker.
        self._checks = [0] * len(checkers)
        self._judges = [Batcher(self._checker_call(i, checking), checking.batch) for i in range(len(checkers))]

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Answer as `Models.generate`. Raises `FactoryError` when no engine of that role is left."""
        return await self._pool(role).answer(request)

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Answer as `Models.score`. Raises `FactoryError` when no scorer of that role is left."""
        request = ScoreRequest(question_id=question.id, prompt=question.text, steps=tuple(steps))
        return await self._pool(role).answer(request)

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
        return self.pools[POLICY].room(question_id)

    def troubles(self) -> list[str]:
        """Return a sentence for each engine that was taken out, and is not back."""
        return [trouble for pool in self.pools.values() for trouble in pool.troubles()]

    def _pool(self, role: str) -> EnginePool:
        """Return the engines of a role. Raises `EngineFailed` where a plug-in asks one that it has not named."""
        if role not in self.pools:
            raise EngineFailed(f"nobody fills the role {role!r}; expected one of {', '.join(self.pools)}")
        return self.pools[role]

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
