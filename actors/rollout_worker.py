"""The rollout worker: takes units of questions from start to committed shard.

The questions of all its units run as coroutines side by side, so their requests meet in the engines' batches. This is
the one place where an error becomes data: a question that fails gets a row that says so, and its siblings go on. Bugs
are not data; they end the unit with a traceback, and with it the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import ray

from actors.remote_models import GONE, CallPatience, CheckFlow, RemoteModels, brief, wait_until_ready, within
from factory.errors import CommitFailed, QuestionFailed
from factory.labelling.experience import Experience
from factory.question_pipeline.effort import least, raised
from factory.question_pipeline.recipe import QuestionWork, Recipe, begin, finished_row, work
from factory.question_pipeline.restored import can_be_continued
from factory.records.record import Failure, Provenance, to_batch
from factory.records.tally import Tally, tally
from factory.rollouts.policy import Cost
from factory.shards.commits import Receipt, Shard, later_revision, open_shard, read_footer, receipt_of, shard_name
from factory.shards.units import Unit
from factory.storage.access import Access
from factory.storage.opening import open_store


class RolloutWorker:
    """One per few CPU cores; `run` may be called for several units at a time.

    `weights`: the folder of those that shall answer, None for the generators' own model. `generators`, `checkers` and
    `writers` are names of actors, not handles: Ray keeps no handle for the constructor of
    an actor that it restarts (ray-project/ray issue 53727).
    """

    def __init__(
        self,
        recipe: Recipe,
        provenance: Provenance,
        patience: CallPatience,
        generators: Sequence[str],
        checkers: Sequence[str],
        writers: Sequence[str],
        checking: CheckFlow,
        run_dir: str,
        access: Access,
        weights: str | None = None,
    ) -> None:
        self._recipe = recipe
        self._effort = recipe.effort
        self._store = open_store(run_dir, access)
        self._provenance = provenance
        self._patience = patience
        self._writers = [ray.get_actor(name) for name in writers]
        self._models = RemoteModels(
            [ray.get_actor(name) for name in generators],
            [ray.get_actor(name) for name in checkers],
            patience,
            checking=checking,
            weights=weights,
        )
        self._attempts: dict[str, list[QuestionWork]] = {}  # of the units not yet committed
        self._experience = Experience()

    async def ready(self) -> str:
        """Answers once the worker is up: where its `factory` package was imported from."""
        import factory

        return str(factory.__file__)

    async def run(self, unit: Unit) -> Receipt:
        """Work on every question of `unit`, then commit its rows as one shard.

        A later revision of a unit keeps the rows of the one before, but for those that failed (if they shall be tried
        anew) or that more is asked for: these are taken up where they ended.
        """
        try:
            kept, begun = await asyncio.to_thread(self._kept_and_begun, unit) if unit.revision else ({}, {})
        except FileNotFoundError:
            return await asyncio.to_thread(self._committed_before, unit)
        attempts = {
            index: begin(self._recipe, question, self._models, self._experience, begun.get(index))
            for index, question in enumerate(unit.questions)
            if index not in kept
        }
        self._attempts[unit.id] = list(attempts.values())
        troubles: list[str] = []
        try:
            made = await asyncio.gather(*(self._row(attempt, unit.id, troubles) for attempt in attempts.values()))
            rows = kept | dict(zip(attempts, made, strict=True))
            receipt = await self._commit(unit, [rows[index] for index in sorted(rows)])
            added = replace(tally(made).without(tally(begun.values())), questions=len(made), failed=len(troubles))
            return replace(receipt, added=added, trouble=troubles[-1] if troubles else "")
        finally:
            del self._attempts[unit.id]

    def _kept_and_begun(self, unit: Unit) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
        """Of the revision before, by place in the unit: the rows that stay as they are, those to be taken up again.

        Raises `FileNotFoundError` when it was superseded already.
        """
        with open_shard(self._store, _superseded(unit)) as file:
            rows = file.read().to_pylist()
        kept: dict[int, dict[str, Any]] = {}
        begun: dict[int, dict[str, Any]] = {}
        for index, row in enumerate(rows):
            if can_be_continued(row) is None and raised(dict(row["effort"]), self._effort):
                begun[index] = row
            elif row["status"] == "ok" or not unit.retry_failed:
                kept[index] = row
        return kept, begun

    def _committed_before(self, unit: Unit) -> Receipt:
        """The receipt of a unit whose worker, or an earlier attempt's writer, died between its commit and the news of
        it. Raises `FileNotFoundError` where the unit is gone altogether."""
        shard = later_revision(self._store, _superseded(unit))
        if shard is None:
            raise FileNotFoundError(f"no shard of unit {unit.id} in {self._store.url}: it was there a moment ago")
        return receipt_of(shard, read_footer(self._store, shard))

    async def underway(self) -> Tally:
        """What the units not yet committed have cost so far, for a progress display between receipts."""
        total = Tally()
        for attempt in chain.from_iterable(self._attempts.values()):
            before = attempt.before.cost if attempt.before else Cost()
            total.policy_calls += attempt.policy.cost.policy_calls - before.policy_calls
            total.completion_tokens += attempt.policy.cost.completion_tokens - before.completion_tokens
            for solution in attempt.tree.solutions:
                total.correct += solution.outcome is True
                total.incorrect += solution.outcome is False
        return total

    async def _row(self, attempt: QuestionWork, unit_id: str, troubles: list[str]) -> dict[str, Any]:
        started = time.monotonic()
        failure = None
        try:
            await work(self._recipe, attempt)
        except QuestionFailed as error:
            failure = Failure(stage=error.stage, type=type(error).__name__, message=str(error), attempts=error.attempts)
            troubles.append(f"{failure.type}: {failure.message}")
        return finished_row(
            attempt,
            self._provenance,
            failure=failure,
            unit_id=unit_id,
            seconds=time.monotonic() - started,
            created_at=datetime.now(UTC),
        )

    async def _commit(self, unit: Unit, rows: list[dict[str, Any]]) -> Receipt:
        batch, counted, effort = to_batch(rows), tally(rows), least(rows)
        writer = self._writers[int(unit.id[:8], 16) % len(self._writers)]
        reason = ""
        for _ in range(self._patience.attempts):
            try:
                committing = writer.commit.remote(unit.id, batch, counted, unit.revision, effort)
                return await within(committing, self._patience.commit_s)
            except GONE as error:  # committing twice is safe: the object's name is taken once
                reason = brief(error)
            if not await wait_until_ready(writer.__ray_ready__.remote, self._patience.restart_s):
                break
        raise CommitFailed(f"shard writer gave no answer for unit {unit.id}: {reason}. Run `factory resume`.")


def _superseded(unit: Unit) -> Shard:
    """The shard that a revision of `unit` supersedes."""
    revision = unit.revision - 1
    return Shard(name=shard_name(unit.id, revision), unit_id=unit.id, revision=revision)
