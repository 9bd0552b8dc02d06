"""Requests on their way to engines and back, over generators in this process."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from support.engines.local_actors import LocalActor, local_actor
from support.plugins.gate import close

from actors.engine_calls import desk, link, outbox, revival
from actors.generator import Generator
from actors.remote_models import CallPatience, RemoteModels
from factory.errors import BadInput, EngineFailed, FactoryError
from factory.types import GenerateRequest, Sampling

ENGINES = "tests.support.plugins.engines"


def request(number: int, n: int = 1, max_tokens: int = 256) -> GenerateRequest:
    prompt = f"question {number} gold answer 7"
    return GenerateRequest(
        question_id=f"q{number}", prompt=prompt, n=n, seed=number, sampling=Sampling(max_tokens=max_tokens)
    )


def models_over(*actors: LocalActor, attempts: int = 4, **patience: float) -> RemoteModels:
    return RemoteModels(actors, [], CallPatience(attempts=attempts, **patience))


async def outcomes(models: RemoteModels, requests: list[GenerateRequest]) -> list[Any]:
    """Answers or errors of requests that are made at once."""
    return await asyncio.gather(*(models.generate(one) for one in requests), return_exceptions=True)


def failed(results: list[Any]) -> list[int]:
    """Places of the requests without an answer."""
    return [place for place, result in enumerate(results) if isinstance(result, BaseException)]


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.005)


async def test_an_answer_waits_for_nobody_who_left_with_it(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question 1 ")
    models = models_over(local_actor(ENGINES, {"gate": str(gate)}))
    long, *others = [asyncio.create_task(models.generate(request(number))) for number in range(1, 9)]
    await asyncio.gather(*others)
    assert not long.done()
    gate.unlink()
    await long


async def test_what_a_dead_engine_had_goes_to_the_others_at_once(mortal: None, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    close(gate, "question")
    first, second = (local_actor(ENGINES, {"gate": str(gate)}) for _ in range(2))
    models = models_over(first, second)
    asking = [asyncio.create_task(models.generate(request(number))) for number in range(20)]
    await until(lambda: first.generator._desk.open_jobs + second.generator._desk.open_jobs == 20)
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
    await until(lambda: all(link.open for link in models._links))


class Stuck(Generator):
    """Generator that starts a number of times, and never again."""

    starts = 0

    async def _start(self) -> None:
        type(self).starts -= 1
        if type(self).starts < 0:
            raise BadInput("no memory left")
        await super()._start()


def stuck(starts: int) -> LocalActor:
    """An actor whose engine starts so many times."""
    kind = type("StuckOnce", (Stuck,), {"starts": starts})
    return LocalActor(lambda: kind("simulated", {}, "none"))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the tries of a start follow each other quickly."""
    real = asyncio.sleep
    monkeypatch.setattr(revival.asyncio, "sleep", lambda seconds: real(min(seconds, 0.01)))
    monkeypatch.setattr("actors.engine_calls.startup.PAUSE_S", 0.0)


async def test_an_engine_that_cannot_restart_is_taken_out_and_the_others_go_on(mortal: None, hurried: None) -> None:
    broken, sound, said = stuck(1), local_actor("simulated", {}), []
    models = RemoteModels([broken, sound], [], CallPatience(), tell=said.append)
    assert not failed(await outcomes(models, [request(number) for number in range(10)]))
    broken.die()
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    await until(models.troubles)
    [trouble] = models.troubles()
    assert said == [trouble]
    assert "engine 1 of 2 is taken out: it does not start, tried" in trouble
    assert "no memory left" in trouble
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))


async def test_a_run_ends_when_no_engine_is_left(mortal: None, hurried: None) -> None:
    models = models_over(stuck(0), stuck(0))
    results = await outcomes(models, [request(number) for number in range(4)])
    assert {type(result) for result in results} == {FactoryError}
    assert "no engine is left" in str(results[0])
    assert "no memory left" in str(results[0])


async def test_an_engine_that_starts_at_last_is_taken_in_again(mortal: None, hurried: None) -> None:
    broken, sound = stuck(0), local_actor("simulated", {})
    models = models_over(broken, sound)
    assert not failed(await outcomes(models, [request(number) for number in range(20)]))
    await until(models.troubles)
    type(broken.generator).starts = 10
    await until(lambda: not models.troubles())
    await outcomes(models, [request(number) for number in range(20)])
    assert broken.generator._counts["requests"]


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


async def test_long_samples_on_few_slots_run_into_no_time_out() -> None:
    # 8 requests of 64 samples on 4 slots are 128 waves: a time-out from sending, or of one wave, would end them.
    actor = local_actor("scripted", {"slots": 4, "sample_s": 0.005})
    models = models_over(actor, request_s=0.02)
    results = await outcomes(models, [request(number, n=64, max_tokens=30_000) for number in range(8)])
    assert [len(result) for result in results] == [64] * 8
    assert actor.generator._counts["requests"] == 8


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
    await until(lambda: models._links[0].figures.slots)
    assert (models.room("q1"), models.room("q3")) == (8, 5)
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
    models = RemoteModels(actors, [], CallPatience(), affinity=False)
    await outcomes(models, [request(1) for _ in range(30)])
    assert [actor.generator._counts["requests"] for actor in actors] == [10, 10, 10]
