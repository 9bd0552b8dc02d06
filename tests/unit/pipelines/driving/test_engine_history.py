from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.engine_history import POINTS, EngineHistory, rates, thinned


def an_engine(seconds: float, used: float, **more: float) -> EngineFigures:
    return EngineFigures(slots=10, seconds=seconds, slot_seconds=used, output_tokens=used * 2, **more)  # type: ignore[arg-type]


def test_rates_are_those_between_two_points() -> None:
    history = EngineHistory()
    history.add(100.0, [an_engine(10, 50)])
    history.add(110.0, [an_engine(20, 130, waiting=3)])
    [rate] = rates(history.as_dict()["policy"])
    assert rate == {"at": 110.0, "seconds": 10.0, "busy": 0.8, "tokens_per_s": 16.0, "waiting": 3}


def test_an_engine_that_has_gone_keeps_its_share() -> None:
    history = EngineHistory()
    history.add(0.0, [an_engine(10, 50), an_engine(10, 50)])
    history.add(10.0, [an_engine(20, 100)], [an_engine(10, 50)])
    [rate] = rates(history.as_dict()["policy"])
    assert rate["busy"] == 0.5


def test_a_long_run_has_few_points_the_first_and_the_newest_among_them() -> None:
    history = EngineHistory()
    for minute in range(20_000):
        history.add(60.0 * minute, [an_engine(60 * minute, 300 * minute)])
    points = history.as_dict()["policy"]
    assert len(points) <= POINTS
    assert points[-1][0] > 60.0 * 19_000
    assert all(rate["busy"] == 0.5 for rate in rates(points))


def test_each_role_has_points_of_its_own() -> None:
    history = EngineHistory()
    history.add(0.0, [EngineFigures(role="policy"), EngineFigures(role="judge")])
    assert list(history.as_dict()) == ["policy", "judge"]


def test_each_role_has_its_own_queue() -> None:
    history = EngineHistory()
    for at in (10.0, 20.0):
        queues = {"policy": 3, "judge": 40}
        history.add(at, [EngineFigures(role=role, seconds=at, waiting=long) for role, long in queues.items()])
    waiting = {role: rates(points)[-1]["waiting"] for role, points in history.as_dict().items()}
    assert waiting == {"policy": 3, "judge": 40}


def test_many_rates_become_few_that_are_means_over_their_time() -> None:
    slow = {"at": 30.0, "seconds": 30.0, "busy": 0.1, "tokens_per_s": 10.0, "waiting": 1}
    fast = {"at": 40.0, "seconds": 10.0, "busy": 0.5, "tokens_per_s": 50.0, "waiting": 2}
    silent = {"at": 50.0, "seconds": 20.0, "busy": None, "tokens_per_s": 20.0, "waiting": 3}
    assert thinned([slow, fast, silent], 3) == [slow, fast, silent]
    [mean, last] = thinned([slow, fast, silent], 2)
    assert mean == {"at": 40.0, "seconds": 40.0, "busy": 0.2, "tokens_per_s": 20.0, "waiting": 2}
    assert last == silent
    assert thinned([slow, fast, silent], 1)[0]["busy"] == 0.2
    assert len(thinned([slow] * 12_001)) <= POINTS
