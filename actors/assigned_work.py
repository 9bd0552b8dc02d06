"""Units that a rollout worker does of one run: their questions as coroutines side by side, to committed shards.

Their requests meet in the engines' batches.

Invariants:
* An error becomes data in this one place: a question that fails gets a row that says so, and its siblings go on.
* Bugs are not data; they end the unit with a traceback, and with it the run.
* A unit is committed whole or not at all, and committing it twice changes nothing.
* Finished questions of a unit that takes long are kept meanwhile (`kept_rows.py`), and at once when the run stops.
  Questions that failed are not: whoever takes the unit up tries them again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from actors import json_log
from actors.calls import CallPatience, NamedActors
from actors.earlier_rows import earlier_rows
from actors.kept_rows import KeptRows
from actors.remote_models import CheckFlow, RemoteModels
from actors.roster import Roster
from actors.underway import FAILED, FailedQuestion, Underway, UnitUnderWay, cost_so_far
from actors.unit_commits import UnitCommits
from factory.errors import QuestionFailed
from factory.labelling.experience import Experience, Lessons
from factory.question_pipeline.recipe import QuestionWork, Recipe, begin, finished_row, work
from factory.question_pipeline.settled import SettledModels
from factory.records.batches import ROW_BYTES, most_bytes, text_bytes
from factory.records.example import Example, example_of
from factory.records.record import Failure, Provenance
from factory.rollouts.tree import Tree
from factory.shards.commits import Receipt
from factory.shards.spool import Unfinished
from factory.shards.units import Unit
from factory.storage.opening import Location

logger = logging.getLogger(__name__)

# Characters of an error in the news of a question that failed.
WHY = 500
# Seconds that the spool's store may take to answer.
SPOOL_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Run that a rollout worker does units of; sent with every unit, so that a worker belongs to no run.

    Attributes:
      id: name that no other assignment has; a worker learns from one question to the next while it stays the same.
      recipe: how questions are worked on.
      provenance: what the records say about the run.
      patience: time-outs and attempts of calls to other actors.
      roster: actors that the worker calls. A later assignment of the same id may name others.
      checking: how checks are sent to a checker.
      folder: run folder.
      weights: folder of the weights that the policy shall answer with; None for its engines' own model.
      spool_s: seconds after which finished questions of an unfinished unit are kept in the run folder.
    """

    id: str
    recipe: Recipe
    provenance: Provenance
    patience: CallPatience
    roster: Roster
    checking: CheckFlow
    folder: Location
    weights: str | None = None
    spool_s: float = 60.0


class AssignedWork:
    """Units that one worker does of one run, and what it has learned from those before.

    * `id`: of the assignment; `run_id`: of the run.
    * `ends`: True from when it begins no unit any more, and gives back at once what it has not begun.

    Args:
      assignment: the run.
      failures: counter of questions that failed, by the type of their error.
    """

    def __init__(self, assignment: Assignment, failures: Counter[str]) -> None:
        self.id, self.run_id = assignment.id, assignment.provenance.run_id
        self.ends = False
        self._failures = failures
        # Those of this run; the latest by name.
        self._n_failed = 0
        self._failed: deque[FailedQuestion] = deque(maxlen=FAILED)
        self._recipe = assignment.recipe
        self._effort = assignment.recipe.effort
        self._store = assignment.folder.open()
        self._provenance = assignment.provenance
        # The roster comes later: engines of a role may come and go, the roles stay.
        self._commit = UnitCommits(assignment.folder, self._store, [], assignment.patience)
        self._remote = RemoteModels(
            {role: [] for role in assignment.roster.pools},
            [],
            assignment.patience,
            checking=assignment.checking,
            weights=assignment.weights,
            tell=self._remark,
        )
        self._models = SettledModels.of(self._remote, self._recipe.checker, self._recipe.checker_config)
        self._actors = NamedActors(self._call)
        self._actors.begin(assignment.roster)
        # The spool is of use only while nobody has to wait for it.
        access = assignment.folder.access
        brief = replace(access, timeout_s=min(SPOOL_S, access.timeout_s), patience_s=min(SPOOL_S, access.patience_s))
        self._spool = replace(assignment.folder, access=brief).open()
        self._spool_s = assignment.spool_s
        # Units that are not yet committed, by id.
        self._under_way: dict[str, UnitUnderWay] = {}
        self._experience = Experience(holds=True)
        self._example: Example | None = None
        self._stopped = False
        # What the user should know, such as trouble with the spool, by kind.
        self._remarks: dict[str, str] = {}

    async def run(self, unit: Unit) -> Receipt | Unfinished:
        """Work on every question of `unit`, then commit its rows as one shard and return the receipt.

        A later revision of a unit keeps the rows of the one before, but for those that failed (if they shall be tried
        anew) or that more is asked for: these are taken up where they ended. Questions that a worker before has
        finished and kept are not done again. Raises `CommitFailed` when no writer answers, `FactoryError` when memory
        ends. Returns what was kept when it was stopped.
        """
        kept = KeptRows(self._spool, unit, self._spool_s, self._remark)
        try:
            # Phase 1: what is there already.
            earlier = await asyncio.to_thread(lambda: earlier_rows(self._store, unit, kept.take_up(), self._effort))
        except FileNotFoundError:
            receipt = await asyncio.to_thread(self._commit.before, unit)
            await asyncio.to_thread(kept.remove)
            return receipt
        # Phase 2: the questions, side by side.
        start = partial(begin, self._recipe, models=self._models, experience=self._experience)
        attempts = {
            place: start(question, before=earlier.begun.get(place), failed=earlier.failed.get(place))
            for place, question in enumerate(unit.questions)
            if place not in earlier.kept
        }
        troubles: list[str] = []
        tasks = {
            place: asyncio.create_task(self._row(attempt, place, unit.id, kept, troubles))
            for place, attempt in attempts.items()
        }
        self._under_way[unit.id] = UnitUnderWay(list(attempts.values()), kept, list(tasks.values()))
        saving = asyncio.create_task(kept.save_regularly())
        try:
            if self._stopped or self.ends:
                self._under_way[unit.id].cancel()
            done = dict(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))
            kept.end()
            await saving
            # Phase 3: one shard for the whole unit, rows in the order of its questions.
            rows = {**earlier.kept, **done}
            receipt = await self._commit(unit, [rows[place] for place in sorted(rows)])
            self._experience.keep(question.key for question in unit.questions)
            await asyncio.to_thread(kept.remove)
            added = replace(earlier.added(rows), failed=len(troubles))
            return replace(
                receipt, added=added, trouble=troubles[-1] if troubles else "", remarks=tuple(self._remarks.values())
            )
        except asyncio.CancelledError:
            if not (self._stopped or self.ends):
                raise
            await asyncio.wait(tasks.values())
            kept.end()
            await saving
            await kept.save()
            self._experience.keep(kept.keys)
            left = len(unit.questions) - len(earlier.reported | kept.places)
            return Unfinished(unit_id=unit.id, kept=len(kept.places), left=left, remarks=tuple(self._remarks.values()))
        finally:
            kept.end()
            del self._under_way[unit.id]

    async def stop(self, grace_s: float) -> None:
        """Keep what is finished now; after `grace_s` seconds cancel the questions under way and keep what was finished.

        `run` then returns `Unfinished` for every unit that is not about to be committed.
        """
        # A store that does not answer costs nothing of the grace.
        await asyncio.gather(asyncio.sleep(grace_s), *(unit.kept.save() for unit in self._under_way.values()))
        self._stopped = True
        for unit in self._under_way.values():
            unit.cancel()

    async def close(self) -> None:
        """Write nothing any more, and wait for what is being written."""
        await asyncio.gather(self._commit.close(), *(unit.kept.close() for unit in self._under_way.values()))

    async def follow(self, roster: Roster) -> None:
        """Call the actors of a newer roster from now on, as `NamedActors.follow`; `underway` says which is followed."""
        await self._actors.follow(roster)

    def _call(self, roster: Roster, handles: Mapping[str, Any]) -> None:
        """Call these actors from now on: those of a roster that are there, by name."""
        self._remote.update(roster, handles)
        self._commit.update([handles[name] for name in roster.open_writers if name in handles])

    def _remark(self, what: str) -> None:
        """Note a sentence for the user; of one kind only the first."""
        self._remarks.setdefault(what.partition(":")[0], what)

    def hear(self, others: Lessons | None) -> None:
        """Take what everybody else has learnt, where there is news of it."""
        if others is not None:
            self._experience.hear(others)

    def underway(self, lessons: bool) -> Underway:
        """Return what the units not yet committed have cost so far, and what is unfinished of them."""
        for unit in self._under_way.values() if lessons else ():
            self._experience.keep(unit.kept.keys)
        attempts = chain.from_iterable(unit.attempts for unit in self._under_way.values())
        tally = cost_so_far(attempts, self._provenance.maker)
        unfinished = {unit_id: unit.unfinished for unit_id, unit in self._under_way.items()}
        tally.questions = sum(len(unit.tasks) for unit in self._under_way.values()) - sum(unfinished.values())
        return Underway(
            tally=tally,
            unfinished=unfinished,
            example=self._example,
            experience=self._experience.id,
            lessons=self._experience.lessons() if lessons else None,
            remarks=tuple(self._remarks.values()),
            roster=self._actors.version,
            failures=dict(self._failures),
            failed=tuple(self._failed),
            moved=self._remote.moved,
        )

    async def _row(
        self, attempt: QuestionWork, place: int, unit_id: str, kept: KeptRows, troubles: list[str]
    ) -> dict[str, Any]:
        """Work on one question and return its row; one that fails adds to `troubles`, any other to `kept`."""
        json_log.about(question=attempt.tree.question.id)
        started = time.monotonic()
        failure = None
        try:
            await work(self._recipe, attempt)
        except QuestionFailed as error:
            failure = Failure(stage=error.stage, type=type(error).__name__, message=str(error), attempts=error.attempts)
        finish = partial(finished_row, made_by=self._provenance, unit_id=unit_id, created_at=datetime.now(UTC))
        row = finish(attempt, failure=failure, seconds=time.monotonic() - started)
        # Exactly only where it matters.
        if most_bytes(row) > ROW_BYTES and (n_bytes := text_bytes(row)) > ROW_BYTES:
            failure = Failure(
                stage="record",
                type="RecordTooLarge",
                message=f"{n_bytes:,} bytes of text, expected at most {ROW_BYTES:,} per question; lower search.n, "
                "sampling.max_tokens, or the rollouts that label",
            )
            without = replace(attempt, tree=Tree(attempt.tree.question), labels={})
            row = finish(without, failure=failure, seconds=time.monotonic() - started)
        if failure is None:
            kept.add(place, row)
            self._example = self._example or example_of(row)
        else:
            troubles.append(f"{failure.type}: {failure.message}")
            logger.warning("question failed in its %s: %s", failure.stage, troubles[-1])
            self._failures[failure.type] += 1
            self._n_failed += 1
            about = {"unit": unit_id, "question": attempt.tree.question.id}
            self._failed.append(FailedQuestion(number=self._n_failed, why=troubles[-1][:WHY], **about))
        return row
