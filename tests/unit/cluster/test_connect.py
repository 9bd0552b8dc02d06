"""Starts of a local Ray on a machine that is too busy for Ray's own time limit."""

from __future__ import annotations

import pytest

from cluster import connect
from cluster.connect import LOCAL_STARTS, connected
from factory.errors import BadInput

TIMED_OUT = Exception("The current node timed out during startup. This could happen because …")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    """Outcomes of the next calls of `ray.init`, in order; what is left over was not called."""
    outcomes: list[Exception | None] = []

    def init(**_: object) -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    monkeypatch.setattr(connect.ray, "init", init)
    monkeypatch.setattr(connect.ray, "shutdown", lambda: None)
    monkeypatch.setattr(connect.ray, "is_initialized", lambda: False)
    monkeypatch.setattr(connect, "named_descendants", lambda pid: set())
    return outcomes


def test_a_start_that_timed_out_is_tried_again(starts: list[Exception | None]) -> None:
    starts += [TIMED_OUT, TIMED_OUT, None]
    with connected("local"):
        assert not starts


def test_a_machine_that_stays_too_busy_is_one_clear_error(starts: list[Exception | None]) -> None:
    starts += [TIMED_OUT] * (LOCAL_STARTS + 1)
    with pytest.raises(BadInput, match="too busy"), connected("local"):
        pass
    assert len(starts) == 1


def test_any_other_error_of_ray_is_raised_as_it_is(starts: list[Exception | None]) -> None:
    starts += [Exception("a bug")]
    with pytest.raises(Exception, match="a bug"), connected("local"):
        pass
