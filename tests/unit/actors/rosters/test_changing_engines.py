"""Engines that come and go while they are asked, over generators in this process."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from support.engines.asking import ENGINES, failed, outcomes, quick, request, until
from support.engines.local_actors import LocalActor, local_actor, stuck
from support.plugins.gate import close

from actors.calls import CallPatience
from actors.engine_calls import outbox, pool, revival
from actors.engine_calls.pool import EnginePool
from actors.remote_models import RemoteModels
from actors.roster import Roster
from factory.errors import FactoryError
from factory.types import POLICY

MANY = [request(number) for number in range(40)]


def over(engines: dict[str, LocalActor], **patience: float) -> RemoteModels:
    """Models of a policy with these engines."""
    return RemoteModels({POLICY: engines}, {}, CallPatience(**patience))


def tell(models: RemoteModels, engines: dict[str, LocalActor], *leaving: str) -> None:
    """Have the models hear of these engines, and which of them leave."""
    models.update(Roster(version=2, pools={POLICY: tuple(engines)}, leaving=frozenset(leaving)), engines)


def answered(actor: LocalActor) -> int:
    """Number of requests that an engine has answered since its last start."""
    return actor.generator._figures.requests


def gated(gate: Path) -> LocalActor:
    return local_actor(ENGINES, {"gate": str(gate)})


def pool_of(models: RemoteModels) -> EnginePool:
    return models.pools[POLICY]


def preferred(models: RemoteModels) -> list[str]:
    """Names of the idle engines that each of many questions goes to."""
    engines = pool_of(models)
    return [engines._links[engines._chosen(one)].revival._name for one in MANY]


async def test_an_engine_that_comes_gets_requests() -> None:
    first, second = (local_actor("simulated", {}) for _ in range(2))
    models = over({"a": first})
    await outcomes(models, MANY)
    tell(models, {"a": first, "b": second})
    assert not failed(await outcomes(models, MANY))
    assert answered(second)


async def test_an_engine_that_leaves_gets_nothing_new_and_ends_what_it_has(tmp_path: Path) -> None:
    close(tmp_path / "gate", "question 1 ")
    first, second = gated(tmp_path / "gate"), local_actor(ENGINES, {})
    models = over({"a": first})
    long = asyncio.create_task(models.generate(request(1)))
    await until(lambda: first.generator._desk.open_jobs)
    tell(models, {"a": first, "b": second}, "a")
    assert not failed(await outcomes(models, MANY[2:]))
    assert (answered(first), answered(second)) == (0, len(MANY) - 2)
    (tmp_path / "gate").unlink()
    assert len(await long) == 1
    assert (answered(first), models.moved) == (1, 0)


async def test_what_an_engine_has_that_is_gone_goes_to_the_others_as_if_it_had_never_had_it(tmp_path: Path) -> None:
    close(tmp_path / "gate", "question")
    first, second = gated(tmp_path / "gate"), local_actor(ENGINES, {})
    models = over({"a": first}, attempts=1)
    asking = [asyncio.create_task(models.generate(one)) for one in MANY]
    await until(lambda: first.generator._desk.open_jobs == len(MANY))
    tell(models, {"b": second})
    assert not failed(await asyncio.gather(*asking, return_exceptions=True))
    assert (answered(second), models.moved) == (len(MANY), len(MANY))
    # It lives, and shall not compute them all the same.
    await until(lambda: not first.generator._desk.open_jobs)


async def test_what_an_engine_that_leaves_has_not_got_yet_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEAST_WINDOW", 10)
    close(tmp_path / "gate", "question")
    first, second = gated(tmp_path / "gate"), local_actor(ENGINES, {})
    models = over({"a": first})
    asking = [asyncio.create_task(models.generate(one)) for one in MANY]
    await until(lambda: first.generator._desk.open_jobs == 10)
    tell(models, {"a": first, "b": second}, "a")
    await until(lambda: answered(second) == len(MANY) - 10)
    (tmp_path / "gate").unlink()
    assert not failed(await asyncio.gather(*asking, return_exceptions=True))
    assert (answered(first), models.moved) == (10, 0)


async def test_the_end_of_engines_that_leave_makes_nothing_a_suspect(mortal: None, tmp_path: Path) -> None:
    close(tmp_path / "gate", "question")
    engines = {name: gated(tmp_path / "gate") for name in "ab"} | {"c": local_actor(ENGINES, {})}
    models = over({"a": engines["a"]})
    asking = [asyncio.create_task(models.generate(one)) for one in MANY]
    for name, following in (("a", "b"), ("b", "c")):
        leaving = engines[name]
        await until(lambda leaving=leaving: leaving.generator._desk.open_jobs == len(MANY))
        await until(lambda leaving=leaving: leaving.calls.count("collect") == 2)  # the first one is answered at once
        tell(models, {name: leaving, following: engines[following]}, name)
        leaving.hangs = True  # it does not come back
        leaving.die()
    assert not failed(await asyncio.gather(*asking, return_exceptions=True))
    assert models.moved == 2 * len(MANY)
    assert not any("enter_ward" in actor.calls for actor in engines.values())


async def test_engines_that_all_leave_are_asked_until_they_are_gone() -> None:
    only, other = (local_actor("simulated", {}) for _ in range(2))
    models = over({"a": only})
    tell(models, {"a": only}, "a")
    assert not failed(await outcomes(models, MANY))
    tell(models, {"a": only, "b": other}, "a")
    assert not failed(await outcomes(models, MANY))
    assert (answered(only), answered(other)) == (len(MANY), len(MANY))


async def test_an_engine_that_stays_after_all_is_asked_again() -> None:
    engines = {name: local_actor("simulated", {}) for name in "ab"}
    models = over(engines)
    tell(models, engines, "a")
    tell(models, engines)
    assert not failed(await outcomes(models, MANY))
    assert answered(engines["a"])


async def test_one_that_was_taken_out_and_is_replaced_is_no_trouble_any_more(
    mortal: None, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = stuck(0), local_actor("simulated", {})
    models = over({"a": broken})
    monkeypatch.setattr(pool, "REPLACED_S", 60.0)
    asking = asyncio.create_task(models.generate(request(1)))
    await until(models.troubles)
    tell(models, {})  # its successor is still starting
    assert models.troubles() == []
    tell(models, {"b": sound})
    assert len(await asking) == 1
    calls = len(broken.calls)
    for _ in range(20):
        await asyncio.sleep(0.01)
    assert len(broken.calls) == calls  # nobody looks at it any more


async def test_a_role_that_gets_no_engine_in_time_ends_what_asks_it() -> None:
    with pytest.raises(FactoryError, match="no engine is left: none has come for 0 s"):
        await over({}, restart_s=0.05).generate(request(1))


async def test_questions_stay_with_the_engines_that_stay_and_places_do_not_grow_with_the_run() -> None:
    actors = {name: local_actor("simulated", {}) for name in "abc"}
    models = over(actors)
    before, stay = preferred(models), {"a", "c"}
    for number in range(20):
        actors = {name: actor for name, actor in actors.items() if name in stay}
        actors[f"d{number}"] = local_actor("simulated", {})
        tell(models, actors)
    assert [name if name in stay else "" for name in preferred(models)] == [n if n in stay else "" for n in before]
    assert len(pool_of(models)._links) == 3
    tell(models, {"a": actors["a"]})
    assert len(pool_of(models)._links) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_whoever_comes_goes_and_dies_every_request_ends(
    mortal: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(revival.asyncio, "sleep", quick(0.05))
    dice = random.Random(seed)
    everybody = {name: local_actor(ENGINES, {"latency_s": 0.01, "slots": 4}) for name in "abcdef"}
    workers = [over({"a": everybody["a"]}, attempts=20) for _ in range(2)]
    asking = [asyncio.create_task(models.generate(request(n))) for models in workers for n in range(60)]
    for _ in range(12):
        await asyncio.sleep(dice.random() / 20)
        engines = {name: everybody[name] for name in dice.sample("abcdef", dice.randrange(0, 5))}
        for models in workers:
            tell(models, engines, *(name for name in engines if dice.random() < 0.3))
        if dice.random() < 0.4:
            dice.choice([*everybody.values()]).die()
    for models in workers:
        tell(models, everybody)
    assert not failed(await asyncio.gather(*asking, return_exceptions=True))
    await until(lambda: not any(actor.generator._desk.open_jobs for actor in everybody.values()))
    boxes = [link.outbox for models in workers for link in pool_of(models)._links]
    assert not any(box.samples or box.questions or box.anything_sent or box.anything_to_send for box in boxes)
