"""Rollout worker: takes units of questions from start to committed shard.

The questions of all its units run as coroutines side by side, so their requests meet in the engines' batches.

Invariants:
* An error becomes data in this one place: a question that fails gets a row that says so, and its siblings go on.
* Bugs are not data; they end the unit with a traceback, and with it the run.
* A unit is committed whole or not at all, and committing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from factory.storage.opening import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerNames:
    """Names of the actors that a rollout worker calls.

    Names, not handles, so that an assignment is plain data. A restarted actor keeps its name.
    """

    generators: Sequence[str]
    checkers: Sequence[str]
    writers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Run that a rollout worker does units of; sent with every unit, so that a worker belongs to no run.

    Attributes:
      id: name that no other assignment has; a worker learns from one question to the next while it stays the same.
      recipe: how questions are worked on.
      provenance: what the records say about the run.
      patience: time-outs and attempts of calls to other actors.
      peers: actors that the worker calls.
      checking: how checks are sent to a checker.
      folder: run folder.
      weights: folder of the weights that shall answer; None for the generators' own model.
    """

    id: str
    recipe: Recipe
    provenance: Provenance
    patience: CallPatience
    peers: PeerNames
    checking: CheckFlow
    folder: Location
    weights: str | None = None


class RolloutWorker:
    """Actor that works on units of questions; one per few CPU cores. `run` may be called for several units at a time.

    A worker that Ray has started anew needs nothing but its next unit.
    """

    def __init__(self) -> None:
        self._work: _AssignedWork | None = None

    async def ready(self) -> str:
        """Return the path that the worker's `factory` package was imported from, once the worker is up."""
        import factory

        return str(factory.__file__)

    async def run(self, unit: Unit, assignment: Assignment) -> Receipt:
        """Work on every question of `unit`, commit its rows and return the receipt, as `_AssignedWork.run` does."""
        if self._work is None or self._work.id != assignment.id:
            self._work = _AssignedWork(assignment)
        return await self._work.run(unit)

    async def underway(self) -> Tally:
        """Return what the units not yet committed have cost so far, for a progress display between receipts."""
        return self._work.underway() if self._work else Tally()


class _AssignedWork:
    """Units that one worker does of one run, and what it has learned from those before."""

    def __init__(self, assignment: Assignment) -> None:
        peers = assignment.peers
        self.id = assignment.id
        self._recipe = assignment.recipe
        self._effort = assignment.recipe.effort
        self._store = assignment.folder.open()
        self._folder = assignment.folder
        self._provenance = assignment.provenance
        self._patience = assignment.patience
        self._writers = [ray.get_actor(name) for name in peers.writers]
        self._models = RemoteModels(
            [ray.get_actor(name) for name in peers.generators],
            [ray.get_actor(name) for name in peers.checkers],
            assignment.patience,
            checking=assignment.checking,
            weights=assignment.weights,
        )
        # Questions of the units that are not yet committed, by unit.
        self._attempts: dict[str, list[QuestionWork]] = {}
        self._experience = Experience()

    async def run(self, unit: Unit) -> Receipt:
        """Work on every question of `unit`, then commit its rows as one shard and return the receipt.

        A later revision of a unit keeps the rows of the one before, but for those that failed (if they shall be tried
        anew) or that more is asked for: these are taken up where they ended. Raises `CommitFailed` when no writer
        answers.
        """
        try:
            # Phase 1: what the revision before has left, where there is one.
            kept, begun = await asyncio.to_thread(self._kept_and_begun, unit) if unit.revision else ({}, {})
        except FileNotFoundError:
            return await asyncio.to_thread(self._committed_before, unit)
        attempts = {
            index: begin(self._recipe, question, self._models, self._experience, begun.get(index))
            for index, question in enumerate(unit.questions)
            if index not in kept
        }
        # `underway` reads the attempts of units that are not committed yet.
        self._attempts[unit.id] = list(attempts.values())
        troubles: list[str] = []
        try:
            made = await asyncio.gather(*(self._row(attempt, unit.id, troubles) for attempt in attempts.values()))
            rows = kept | dict(zip(attempts, made, strict=True))
            # Phase 3: one shard for the whole unit, rows in the order of its questions.
            receipt = await self._commit(unit, [rows[index] for index in sorted(rows)])
            # What rows had cost before they were taken up again was counted with the earlier revision.
            added = replace(tally(made).without(tally(begun.values())), questions=len(made), failed=len(troubles))
            return replace(receipt, added=added, trouble=troubles[-1] if troubles else "")
        finally:
            del self._attempts[unit.id]

    def _kept_and_begun(self, unit: Unit) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
        """Return the rows of the revision before that stay, and those to be taken up again, by place in the unit.

        Raises `FileNotFoundError` when it was superseded already.
        """
        with open_shard(self._store, _superseded(unit)) as file:
            rows = file.read().to_pylist()
        kept: dict[int, dict[str, Any]] = {}
        begun: dict[int, dict[str, Any]] = {}
        for index, row in enumerate(rows):
            # A row that more is asked for is taken up; others stay, but failed ones may be tried anew.
            if can_be_continued(row) is None and raised(dict(row["effort"]), self._effort):
                begun[index] = row
            elif row["status"] == "ok" or not unit.retry_failed:
                kept[index] = row
        return kept, begun

    def _committed_before(self, unit: Unit) -> Receipt:
        """Return the receipt of a unit that was committed before, without anybody hearing of it.

        Its worker, or an earlier attempt's writer, died between the commit and the news of it. Raises
        `FileNotFoundError` where the unit is gone altogether.
        """
        shard = later_revision(self._store, _superseded(unit))
        if shard is None:
            raise FileNotFoundError(f"no shard of unit {unit.id} in {self._store.url}: it was there a moment ago")
        return receipt_of(shard, read_footer(self._store, shard))

    def underway(self) -> Tally:
        """Return what the units not yet committed have cost so far."""
        total = Tally()
        # What an earlier revision has cost was reported with its receipt.
        for attempt in chain.from_iterable(self._attempts.values()):
            before = attempt.before.cost if attempt.before else Cost()
            total.policy_calls += attempt.policy.cost.policy_calls - before.policy_calls
            total.completion_tokens += attempt.policy.cost.completion_tokens - before.completion_tokens
            for solution in attempt.tree.solutions:
                total.correct += solution.outcome is True
                total.incorrect += solution.outcome is False
        return total

    async def _row(self, attempt: QuestionWork, unit_id: str, troubles: list[str]) -> dict[str, Any]:
        """Work on one question and return its row; one that fails adds to `troubles`."""
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
        """Send the rows to the unit's writer until it answers. Raises `CommitFailed` when it never does."""
        batch, counted, effort = to_batch(rows), tally(rows), least(rows)
        # By its id: units spread evenly, and a unit has one writer.
        writer = self._writers[int(unit.id[:8], 16) % len(self._writers)]
        reason = ""
        # Not tenacity: what is between two attempts is no pause, but the restarted writer's answer.
        for _ in range(self._patience.attempts):
            try:
                committing = writer.commit.remote(self._folder, unit.id, batch, counted, unit.revision, effort)
                return await within(committing, self._patience.commit_s)
            except GONE as error:
                # Committing twice is safe: the object's name is taken once.
                reason = brief(error)
            if not await wait_until_ready(writer.__ray_ready__.remote, self._patience.restart_s):
                break
        raise CommitFailed(f"shard writer gave no answer for unit {unit.id}: {reason}. Run `factory resume`.")


def _superseded(unit: Unit) -> Shard:
    """Return the shard that a revision of `unit` supersedes."""
    revision = unit.revision - 1
    return Shard(name=shard_name(unit.id, revision), unit_id=unit.id, revision=revision)
