"""Rollout worker without Ray: what it keeps when it is stopped, what it commits, what becomes of trouble."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from support.engines.local_workers import (
    QUESTIONS,
    SLOW,
    UNIT,
    Gated,
    Start,
    all_but_the_slow_one,
    assignment,
    committed,
)
from support.top_ups import recipe
from support.waiting import HANGS_S

from actors import assigned_work, unit_commits
from actors.rollout_worker import RolloutWorker
from actors.shard_writer import ShardWriter
from factory.errors import FactoryError
from factory.records import batches
from factory.records.example import example_of
from factory.shards.commits import read_rows, shards
from factory.shards.spool import Unfinished, spooled
from factory.storage.opening import open_store


async def stopped(worker: RolloutWorker, models: Gated, folder: Path) -> Unfinished:
    """Stop the worker once all but the slow question are finished."""
    running = asyncio.create_task(worker.run(UNIT, assignment(folder)))
    await all_but_the_slow_one(models)
    assert spooled(open_store(folder)) == []
    await worker.stop(0)
    unfinished = await asyncio.wait_for(running, HANGS_S)
    assert isinstance(unfinished, Unfinished)
    return unfinished


async def test_a_stop_keeps_what_is_finished_and_who_takes_the_unit_up_asks_for_the_rest_only(
    tmp_path: Path, start: Start
) -> None:
    models = Gated()
    unfinished = await stopped(start(models), models, tmp_path)
    assert (unfinished.kept, unfinished.left) == (3, 1)
    assert shards(tmp_path) == []

    models = Gated()
    models.gate.set()
    receipt = await committed(start(models).run(UNIT, assignment(tmp_path)))
    assert set(models.asked) == {SLOW}
    assert (receipt.tally.questions, receipt.added.questions, receipt.added.policy_calls) == (4, 4, 16)
    assert [row["question_id"] for row in read_rows(tmp_path)] == [question.id for question in QUESTIONS]
    assert spooled(open_store(tmp_path)) == []


async def test_a_question_that_failed_is_not_kept_but_tried_again(tmp_path: Path, start: Start) -> None:
    models = Gated(failing=(QUESTIONS[0].id,))
    assert (await stopped(start(models), models, tmp_path)).kept == 2
    models = Gated()
    models.gate.set()
    receipt = await committed(start(models).run(UNIT, assignment(tmp_path)))
    assert receipt.tally.failed == 0
    assert set(models.asked) == {QUESTIONS[0].id, SLOW}


async def test_more_samples_are_added_to_questions_that_were_kept(tmp_path: Path, start: Start) -> None:
    models = Gated()
    await stopped(start(models), models, tmp_path)
    models = Gated()
    models.gate.set()
    receipt = await committed(start(models).run(UNIT, assignment(tmp_path, n=6)))
    assert models.rollouts == 3 * 2 + 6
    assert (receipt.added.policy_calls, receipt.effort["search.n"]) == (24, 6)
    assert spooled(open_store(tmp_path)) == []


async def test_of_two_workers_on_one_unit_the_first_commit_counts_and_no_question_is_doubled(
    tmp_path: Path, start: Start
) -> None:
    """The first was taken for dead: it lives, and comes late with rows of its own."""
    late = Gated()
    running = asyncio.create_task(start(late).run(UNIT, assignment(tmp_path, spool_s=0.01)))
    async with asyncio.timeout(HANGS_S):
        while sum(item.rows for item in spooled(open_store(tmp_path))) < 3:
            await asyncio.sleep(0.01)
    other = Gated()
    other.gate.set()
    receipt = await committed(start(other).run(UNIT, assignment(tmp_path)))
    assert set(other.asked) == {SLOW}
    late.gate.set()
    again = await committed(running)
    assert (receipt.created, again.created, again.content) == (True, False, receipt.content)
    assert [row["question_id"] for row in read_rows(tmp_path)] == [question.id for question in QUESTIONS]
    assert spooled(open_store(tmp_path)) == []


async def test_questions_finish_and_units_commit_within_the_grace(tmp_path: Path, start: Start) -> None:
    models = Gated()
    worker = start(models)
    running = asyncio.create_task(worker.run(UNIT, assignment(tmp_path)))
    await all_but_the_slow_one(models)
    stopping = asyncio.create_task(worker.stop(3600.0))
    while not spooled(open_store(tmp_path)):  # at once, before the grace is over
        await asyncio.sleep(0.01)
    models.gate.set()
    assert (await committed(running)).tally.questions == 4
    assert spooled(open_store(tmp_path)) == []
    stopping.cancel()


async def test_a_unit_that_comes_behind_the_stop_is_not_begun(tmp_path: Path, start: Start) -> None:
    models = Gated()
    worker = start(models)
    await stopped(worker, models, tmp_path)
    asked = len(models.asked)
    answer = await asyncio.wait_for(worker.run(UNIT, assignment(tmp_path)), HANGS_S)
    assert isinstance(answer, Unfinished)
    assert (answer.kept, len(models.asked)) == (3, asked)


async def test_a_question_with_too_much_text_fails_alone_with_a_sentence(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Gated()
    models.gate.set()
    sizes = {question.id: 0 for question in QUESTIONS} | {SLOW: 3 * 2**30}
    for name in ("most_bytes", "text_bytes"):
        monkeypatch.setattr(assigned_work, name, lambda row: sizes[row["question_id"]] * bool(row["solutions"]))
    receipt = await committed(start(models).run(UNIT, assignment(tmp_path)))
    assert (receipt.tally.questions, receipt.tally.failed) == (4, 1)
    *_, failed = read_rows(tmp_path)
    assert (failed["failure"]["type"], failed["solutions"]) == ("RecordTooLarge", [])
    assert "3,221,225,472 bytes of text, expected at most 2,147,483,647 per question" in failed["failure"]["message"]
    assert failed["cost"]["policy_calls"] == 4


async def test_a_large_unit_is_committed_where_it_is_in_several_row_groups(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_commits, "SENT_BYTES", 100)
    monkeypatch.setattr(batches, "BATCH_BYTES", 100)
    models = Gated()
    models.gate.set()
    worker = start(models)
    monkeypatch.delattr(ShardWriter, "commit")
    receipt = await committed(worker.run(UNIT, assignment(tmp_path)))
    assert receipt.created
    assert [row["question_id"] for row in read_rows(tmp_path)] == [question.id for question in QUESTIONS]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_a_worker_that_is_closed_begins_no_write(tmp_path: Path, start: Start) -> None:
    models = Gated()
    worker = start(models)
    running = asyncio.create_task(worker.run(UNIT, assignment(tmp_path)))
    await all_but_the_slow_one(models)
    await asyncio.wait_for(worker.close(), HANGS_S)
    stopping = asyncio.create_task(worker.stop(0))
    await asyncio.wait([running, stopping], timeout=0.05)
    assert spooled(open_store(tmp_path)) == []
    running.cancel()
    stopping.cancel()


async def test_memory_that_ends_is_one_sentence(tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(rows: object) -> None:
        raise MemoryError

    monkeypatch.setattr(unit_commits, "to_batch", out_of_memory)
    models = Gated()
    models.gate.set()
    with pytest.raises(FactoryError, match=r"memory ended while unit .* of 4 questions was written"):
        await start(models).run(UNIT, assignment(tmp_path))
    assert shards(tmp_path) == []


async def test_finished_questions_and_a_labelled_one_are_told_before_their_unit_is_committed(
    tmp_path: Path, start: Start
) -> None:
    models = Gated()
    worker, labelling = start(models), recipe("omegaprm", k=4)
    running = asyncio.create_task(worker.run(UNIT, replace(assignment(tmp_path), recipe=labelling)))
    while not (said := await worker.underway("a")) or said.tally.questions < 3:
        await asyncio.sleep(0.01)
    assert said.unfinished == {UNIT.id: 1}
    assert shards(tmp_path) == []
    models.gate.set()
    await committed(running)
    # Which of the questions is finished first is nobody's promise; what is told of it is what is committed.
    [row] = [row for row in read_rows(tmp_path) if row["question"] == said.example.question]
    assert said.example == example_of(row)
    assert {1, -1} <= {step.label for step in said.example.steps}
    assert (await worker.underway("a")).tally.questions == 0


async def test_what_is_neither_committed_nor_kept_is_no_lesson_for_a_later_attempt(
    tmp_path: Path, start: Start
) -> None:
    models = Gated()
    worker, given = start(models), assignment(tmp_path)
    given = replace(given, recipe=replace(given.recipe, learn=True))

    async def learnt() -> tuple[int, int]:
        said = await worker.underway("a", lessons=True)
        return said.lessons.finished.questions, said.lessons.underway.questions

    running = asyncio.create_task(worker.run(UNIT, given))
    await all_but_the_slow_one(models)
    assert await learnt() == (0, 3)
    await worker._work._under_way[UNIT.id].kept.save()
    assert await learnt() == (3, 0)
    models.gate.set()
    await committed(running)
    assert await learnt() == (4, 0)


async def test_what_a_stop_keeps_is_a_lesson_for_a_later_attempt(tmp_path: Path, start: Start) -> None:
    models = Gated()
    worker, given = start(models), assignment(tmp_path)
    running = asyncio.create_task(worker.run(UNIT, replace(given, recipe=replace(given.recipe, learn=True))))
    await all_but_the_slow_one(models)
    await worker.stop(0)
    assert (await asyncio.wait_for(running, HANGS_S)).kept == 3
    said = await worker.underway("a", lessons=True)
    assert (said.lessons.finished.questions, said.lessons.underway.questions) == (3, 0)
