"""Requests whose engine dies, hangs or does not start, over generators in this process."""

from __future__ import annotations

import asyncio
import math
import random
from pathlib import Path

import pytest
from ray.exceptions import ActorDiedError
from support.engines.asking import ENGINES, failed, models_over, outcomes, quick, request, until
from support.engines.local_actors import local_actor, stuck
from support.plugins.gate import close

from actors.calls import CallPatience
from actors.engine_calls import desk, link, revival, suspects
from actors.remote_models import RemoteModels
from factory.errors import EngineFailed, FactoryError
from factory.types import POLICY


async def test_what_a_dead_engine_had_goes_to_the_others_at_once(mortal: None, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question")
    first, second = (local_actor(ENGINES, {"gate": str(gate)}) for _ in range(2))
    models = models_over(first, second)
    asking = [asyncio.create_task(models.generate(request(number))) for number in range(20)]
    await until(lambda: first.generator._desk.open_jobs + second.generator._desk.open_jobs == 20)
    await until(lambda: first.calls.count("collect") == 2)  # the first one is answered at once
    first.hangs = True  # it does not come back
    first.die()
    await until(lambda: second.generator._desk.open_jobs == 20)
    gate.unlink()
    assert all(await asyncio.gather(*asking))


async def test_a_lone_engine_is_waited_for(mortal: None, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question")
    actor = local_actor(ENGINES, {"gate": str(gate)})
    models = models_over(actor)
    asking = asyncio.create_task(models.generate(request(1)))
    await until(lambda: actor.generator._desk.open_jobs)
    actor.die()
    gate.unlink()
    assert len(await asking) == 1


async def test_an_engine_that_does_not_reply_gets_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "BLOCKED_S", 0.2)
    first, second = (local_actor(ENGINES, {}) for _ in range(2))
    models = models_over(first, second)
    first.hangs = True
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    before = first.calls.count("submit")
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    assert first.calls.count("submit") == before
    first.hangs = False
    await until(lambda: all(link.open for link in models.pools[POLICY]._links))


async def test_an_engine_that_cannot_restart_is_taken_out_and_the_others_go_on(mortal: None, hurried: None) -> None:
    broken, sound, said = stuck(1), local_actor("simulated", {}), []
    models = RemoteModels({POLICY: [broken, sound]}, [], CallPatience(), tell=said.append)
    assert not failed(await outcomes(models, [request(number) for number in range(10)]))
    broken.die()
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    await until(models.troubles)
    [trouble] = models.troubles()
    assert said == [trouble]
    assert "engine 1 is taken out: it does not start, tried" in trouble
    assert "no memory left" in trouble
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))


async def test_a_run_ends_when_no_engine_is_left(mortal: None, hurried: None) -> None:
    models = models_over(stuck(0), stuck(0))
    results = await outcomes(models, [request(number) for number in range(4)])
    assert {type(result) for result in results} == {FactoryError}
    assert "no engine is left" in str(results[0])
    assert "no memory left" in str(results[0])


async def test_a_role_without_an_engine_left_ends_what_asks_it_and_nothing_else(mortal: None, hurried: None) -> None:
    said: list[str] = []
    pools = {POLICY: [local_actor("simulated", {})], "critic": [stuck(0), stuck(0)]}
    models = RemoteModels(pools, [], CallPatience(), tell=said.append)
    with pytest.raises(FactoryError, match="no engine of critic is left: engine 1 of critic is taken out"):
        await models.generate(request(1), "critic")
    assert not failed(await outcomes(models, [request(number) for number in range(4)]))
    assert len(models.troubles()) == len(said) == 2


async def test_an_engine_that_a_bug_keeps_from_starting_again_is_taken_out(mortal: None, hurried: None) -> None:
    broken = stuck(1, OSError("no such device"))
    models = models_over(broken)
    assert not failed(await outcomes(models, [request(1)]))
    broken.die()
    models.pools[POLICY]._links[0]._lose(models.pools[POLICY]._links[0]._client, ActorDiedError(), died=True)
    [result] = await outcomes(models, [request(2)])
    assert isinstance(result, FactoryError)
    assert "no such device" in str(result)


async def test_engines_that_do_not_start_cost_a_request_no_try(mortal: None, hurried: None) -> None:
    for number in range(4):
        models = models_over(*(stuck(0) for _ in range(7)), local_actor("simulated", {}), attempts=1)
        await models.generate(request(number))


async def test_an_engine_that_starts_at_last_is_taken_in_again(mortal: None, hurried: None) -> None:
    broken, sound = stuck(0), local_actor("simulated", {})
    models = models_over(broken, sound)
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    await until(models.troubles)
    type(broken.generator).starts = 10
    await until(lambda: not models.troubles())
    await outcomes(models, [request(number) for number in range(20)])
    assert broken.generator._figures.requests


@pytest.mark.parametrize("engines", [1, 3])
async def test_a_request_that_kills_its_engine_fails_alone_after_few_deaths(mortal: None, engines: int) -> None:
    actors = [local_actor(ENGINES, {"dies_on": "question 3 ", "latency_s": 0.02}) for _ in range(engines)]
    models = models_over(*actors)
    results = await outcomes(models, [request(number) for number in range(64)])
    assert failed(results) == [3]
    assert isinstance(results[3], EngineFailed)
    assert sum(actor.deaths for actor in actors) <= 3 + math.log2(64)
    assert results[3].attempts == sum(actor.deaths for actor in actors)


async def test_two_requests_that_kill_fail_and_nobody_else(mortal: None) -> None:
    config = {"dies_on": "7 gold", "latency_s": 0.02}  # questions 7, 17, 27, 37
    actors = [local_actor(ENGINES, config) for _ in range(2)]
    models = models_over(*actors)
    assert failed(await outcomes(models, [request(number) for number in range(40)])) == [7, 17, 27, 37]
    assert not failed(await outcomes(models, [request(number) for number in range(7)]))


async def test_a_request_that_kills_only_after_it_has_left_the_ward_costs_its_question_not_the_run(
    mortal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspects, "MOST_STAY_S", 0.001)
    monkeypatch.setattr(revival.asyncio, "sleep", quick(0.02))
    actor = local_actor(ENGINES, {"dies_on": "question 3 ", "latency_s": 0.02})
    [result] = await outcomes(models_over(actor), [request(3)])
    assert isinstance(result, EngineFailed)
    assert actor.deaths <= suspects.MOST_DEATHS


@pytest.mark.parametrize("engines", [1, 2])
async def test_workers_that_share_engines_lose_only_the_requests_that_kill(mortal: None, engines: int) -> None:
    actors = [local_actor(ENGINES, {"dies_on": "3 gold", "latency_s": 0.02}) for _ in range(engines)]
    workers = [models_over(*actors) for _ in range(3)]
    results = await asyncio.gather(*(outcomes(models, [request(number) for number in range(12)]) for models in workers))
    assert [failed(result) for result in results] == [[3], [3], [3]]


async def test_a_request_that_never_ends_is_no_suspect(mortal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "SWEEP_S", 0.02)
    actor = local_actor(ENGINES, {"hangs_on": "question 3 "})
    models = models_over(actor, attempts=2, request_s=0.5)
    results = await outcomes(models, [request(number) for number in range(6)])
    assert failed(results) == [3]
    assert (results[3].attempts, actor.deaths) == (2, 0)
    assert "the engine had it for" in str(results[3])


async def test_an_engine_that_hangs_is_ended_and_the_run_goes_on(mortal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "SWEEP_S", 0.02)
    hung, sound = local_actor(ENGINES, {"hangs_on": "question"}), local_actor(ENGINES, {})
    models = models_over(hung, sound, request_s=0.5)
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    assert hung.deaths


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_every_request_ends_and_nothing_is_left(
    mortal: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(revival.asyncio, "sleep", quick(0.05))
    dice = random.Random(seed)
    actors = [local_actor(ENGINES, {"latency_s": 0.01, "slots": slots}) for slots in (0, 1, 16)]
    workers = [models_over(*actors, attempts=20) for _ in range(2)]
    asking = [asyncio.create_task(models.generate(request(n, n=n % 3 + 1))) for models in workers for n in range(60)]
    for _ in range(8):
        await asyncio.sleep(dice.random() / 20)
        actor = dice.choice(actors)
        dice.choice(asking).cancel()
        if dice.random() < 0.5:
            actor.die()
        else:
            for client in list(actor.generator._desk._boxes):
                actor.generator._desk.forget(client)
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(results[place]) for place in failed(results)} <= {asyncio.CancelledError}
    desks = [actor.generator._desk for actor in actors]
    await until(lambda: not any(one.open_jobs or one._held or one.queued or one.ward.taken for one in desks))
    assert [(round(one._weight, 6), one._bounds) for one in desks] == [(0, {})] * 3
    boxes = [link.outbox for models in workers for link in models.pools[POLICY]._links]
    assert not any(box.samples or box.questions or box.anything_sent or box.anything_to_send for box in boxes)
