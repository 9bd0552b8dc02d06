"""Requests on their way to engines and back, over generators in this process."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from support.engines.asking import ENGINES, models_over, outcomes, request, until
from support.engines.local_actors import local_actor
from support.plugins.gate import close

from actors.calls import CallPatience
from actors.engine_calls import desk, link, mailbox, outbox, pause
from actors.remote_models import RemoteModels
from factory.errors import EngineFailed
from factory.types import POLICY


async def test_an_answer_waits_for_nobody_who_left_with_it(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question 1 ")
    models = models_over(local_actor(ENGINES, {"gate": str(gate)}))
    long, *others = [asyncio.create_task(models.generate(request(number))) for number in range(1, 9)]
    await asyncio.gather(*others)
    assert not long.done()
    gate.unlink()
    await long


async def test_a_worker_that_had_nothing_to_ask_for_long_is_as_welcome_as_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "SWEEP_S", 0.01)
    monkeypatch.setattr(desk, "FORGET_S", 0.02)
    actor = local_actor("simulated", {})
    models = models_over(actor, attempts=1)
    await models.generate(request(1))
    await until(lambda: not actor.generator._desk._boxes)
    await models.generate(request(2))
    assert actor.generator._figures.requests == 2
    assert models.pools[POLICY]._links[0].open


async def test_old_news_of_a_full_engine_keep_nobody_from_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    models = models_over(*(local_actor("simulated", {}) for _ in range(2)))
    await outcomes(models, [request(number) for number in range(20)])
    for full in models.pools[POLICY]._links:
        full.figures = replace(full.figures, others=1000)
    assert [link.load for link in models.pools[POLICY]._links] == [1000, 1000]
    monkeypatch.setattr(link, "STALE_S", -1.0)
    assert [link.load for link in models.pools[POLICY]._links] == [0, 0]


async def test_while_one_engine_tries_suspects_the_others_go_on_though_they_try_some_of_others() -> None:
    models = models_over(*(local_actor("simulated", {}) for _ in range(2)))
    await outcomes(models, [request(number) for number in range(20)])
    first, second = models.pools[POLICY]._links
    first.died_at = 1.0
    second.figures = replace(second.figures, warded=True)
    models.pools[POLICY]._suspects._running.add(asyncio.create_task(asyncio.sleep(60)))
    assert [load.open for load in models.pools[POLICY]._loads()] == [False, True]


async def test_the_next_call_leaves_when_those_who_were_answered_have_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pause, "PAUSE_S", 60.0)
    gate = tmp_path / "gate"
    close(gate, "question 1 ")
    models = models_over(local_actor(ENGINES, {"gate": str(gate)}))
    long = asyncio.create_task(models.generate(request(1)))
    for _ in range(3):
        await asyncio.wait_for(asyncio.gather(*(models.generate(request(number)) for number in (2, 3))), 10)
    long.cancel()


async def test_more_requests_than_a_call_carries_wait_for_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_JOBS", 2)
    monkeypatch.setattr(mailbox, "POLL_S", 30.0)
    gate = tmp_path / "gate"
    close(gate, "question")
    actor = local_actor(ENGINES, {"gate": str(gate)})
    models = models_over(actor)
    asking = [asyncio.create_task(models.generate(request(number))) for number in range(20)]
    await asyncio.wait_for(until(lambda: actor.generator._desk.open_jobs == 20), 10)
    gate.unlink()
    await asyncio.gather(*asking)


async def test_long_samples_on_few_slots_run_into_no_time_out() -> None:
    # 8 requests of 64 samples on 4 slots are 128 waves: a time-out from sending, or of one wave, would end them.
    actor = local_actor("scripted", {"slots": 4, "sample_s": 0.005})
    models = models_over(actor, request_s=0.02)
    results = await outcomes(models, [request(number, n=64, max_tokens=30_000) for number in range(8)])
    assert [len(result) for result in results] == [64] * 8
    assert actor.generator._figures.requests == 8


async def test_a_request_that_nobody_waits_for_leaves_the_engine(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question")
    actor = local_actor(ENGINES, {"gate": str(gate)})
    asking = asyncio.create_task(models_over(actor).generate(request(1)))
    await until(lambda: actor.generator._desk.open_jobs)
    asking.cancel()
    await until(lambda: not actor.generator._desk.open_jobs)


async def test_room_is_what_is_free_shared_by_the_questions_under_way(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question")
    models = models_over(local_actor(ENGINES, {"gate": str(gate), "slots": 20}))
    assert models.room("q1") == 0  # nothing is known yet
    asking = [asyncio.create_task(models.generate(request(number, n=2))) for number in (1, 2)]
    await until(lambda: models.pools[POLICY]._links[0].figures.slots)
    assert (models.room("q1"), models.room("q3")) == (8, 5)
    # On a CPU a free slot costs time long before all are taken.
    link = models.pools[POLICY]._links[0]
    told, link.figures = link.figures, replace(link.figures, free=8)
    assert (models.room("q1"), models.room("q3")) == (2, 1)
    link.figures = told
    asking[0].cancel()
    await asyncio.gather(asking[0], return_exceptions=True)
    assert models.room("q2") == 18
    asking[1].cancel()


async def test_more_samples_than_an_engine_may_hold_wait_at_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEAST_WINDOW", 10)
    gate = tmp_path / "gate"
    close(gate, "question 1 ")
    actor = local_actor(ENGINES, {"gate": str(gate)})
    models = models_over(actor)
    asking = [asyncio.create_task(models.generate(request(1))) for _ in range(50)]
    await until(lambda: actor.generator._desk.open_jobs == 10)
    await asyncio.sleep(0.05)
    assert actor.generator._desk.open_jobs == 10
    gate.unlink()
    assert len(await asyncio.gather(*asking)) == 50


async def test_in_turn_every_engine_gets_as_many() -> None:
    actors = [local_actor("simulated", {}) for _ in range(3)]
    models = RemoteModels({POLICY: actors}, [], CallPatience(), affinity=False)
    await outcomes(models, [request(1) for _ in range(30)])
    assert [actor.generator._figures.requests for actor in actors] == [10, 10, 10]


async def test_every_role_has_engines_of_its_own_and_only_the_policy_takes_other_weights(tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text('{"question": ["trained"]}')
    policy, critic = (local_actor("scripted", {"fallback": [text]}) for text in ("policy", "critic"))
    models = RemoteModels({POLICY: [policy], "critic": [critic]}, [], CallPatience(), weights=str(tmp_path))
    answers = [await models.generate(request(1), role) for role in (POLICY, "critic")]
    assert [answer.text for [answer] in answers] == ["trained", "critic"]
    with pytest.raises(EngineFailed, match="nobody fills the role 'judge'; expected one of policy, critic"):
        await models.generate(request(1), "judge")
