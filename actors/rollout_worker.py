"""The rollout worker: takes units of questions from start to committed shard.

The questions of all its units run as coroutines side by side, so their requests meet in the engines' batches. This is
the one place where an error becomes data: a question that fails gets a row that says so, and its siblings go on. Bugs
are not data; they end the unit with a traceback, and with it the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import ray

from actors.remote_models import GONE, CheckFlow, Patience, RemoteModels, brief, wait_until_ready, within
from factory.errors import CommitFailed, QuestionFailed
from factory.experience import Experience
from factory.recipe import Attempt, Recipe, begin, work
from factory.records import Failure, Provenance, question_row, to_batch
from factory.shards import Receipt
from factory.tally import Tally, tally
from factory.units import Unit


class RolloutWorker:
    """One per few CPU cores; `run` may be called for several units at a time.

    `generators`, `checkers` and `writers` are names of actors, not handles: Ray keeps no handle for the constructor of
    an actor that it restarts (ray-project/ray issue 53727).
    """

    def __init__(
        self,
        recipe: Recipe,
        provenance: Provenance,
        patience: Patience,
        generators: Sequence[str],
        checkers: Sequence[str],
        writers: Sequence[str],
        checking: CheckFlow,
    ) -> None:
        self._recipe = recipe
        self._provenance = provenance
        self._patience = patience
        self._writers = [ray.get_actor(name) for name in writers]
        self._models = RemoteModels(
            [ray.get_actor(name) for name in generators],
            [ray.get_actor(name) for name in checkers],
            patience,
            checking=checking,
        )
        self._attempts: dict[str, list[Attempt]] = {}  # of the units not yet committed
        self._experience = Experience()

    async def ready(self) -> str:
        """Answers once the worker is up: where its `factory` package was imported from."""
        import factory

        return str(factory.__file__)

    async def run(self, unit: Unit) -> Receipt:
        """Work on every question of `unit`, then commit its rows as one shard."""
        self._attempts[unit.id] = [
            begin(self._recipe, question, self._models, self._experience) for question in unit.questions
        ]
        try:
            rows = await asyncio.gather(*(self._row(attempt, unit.id) for attempt in self._attempts[unit.id]))
            return await self._commit(unit.id, rows)
        finally:
            del self._attempts[unit.id]

    async def underway(self) -> Tally:
        """What the units not yet committed have cost so far, for a progress display between receipts."""
        total = Tally()
        for attempt in chain.from_iterable(self._attempts.values()):
            total.policy_calls += attempt.policy.cost.policy_calls
            total.completion_tokens += attempt.policy.cost.completion_tokens
            for solution in attempt.tree.solutions:
                total.correct += solution.outcome is True
                total.incorrect += solution.outcome is False
        return total

    async def _row(self, attempt: Attempt, unit_id: str) -> dict[str, Any]:
        started = time.monotonic()
        failure = None
        try:
            await work(self._recipe, attempt)
        except QuestionFailed as error:
            failure = Failure(stage=error.stage, type=type(error).__name__, message=str(error), attempts=error.attempts)
        return question_row(
            attempt.tree,
            attempt.labels,
            attempt.policy.cost,
            self._provenance,
            failure=failure,
            unit_id=unit_id,
            seconds=time.monotonic() - started,
            created_at=datetime.now(UTC),
        )

    async def _commit(self, unit_id: str, rows: list[dict[str, Any]]) -> Receipt:
        batch, counted = to_batch(rows), tally(rows)
        writer = self._writers[int(unit_id[:8], 16) % len(self._writers)]
        reason = ""
        for _ in range(self._patience.attempts):
            try:
                return await within(writer.commit.remote(unit_id, batch, counted), self._patience.request_s)
            except GONE as error:  # committing twice is safe: the object's name is taken once
                reason = brief(error)
            if not await wait_until_ready(writer.__ray_ready__.remote, self._patience.restart_s):
                break
        raise CommitFailed(f"shard writer gave no answer for unit {unit_id}: {reason}. Run `factory resume`.")
