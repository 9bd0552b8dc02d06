"""Actors of a single run, pretend ones: started together, or refused before any is, and gone at the end."""

from __future__ import annotations

import pytest
from support.fleets.machine import Machine, installed, settings
from support.fleets.pretend_ray import LOADS

from factory.errors import BadInput
from pipelines.elastic import keeper as keepers
from pipelines.elastic import room as rooms
from pipelines.pools.hands import WORKER
from pipelines.run import engine_pools
from pipelines.run.engine_pools import launched


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = installed(monkeypatch)
    pools = made.pools()
    monkeypatch.setattr(engine_pools, "EnginePools", lambda say: pools)
    return made


def test_of_a_single_run_nobody_is_left_and_a_ctrl_c_hurries_its_end(machine: Machine) -> None:
    with launched(settings("base")) as made:
        assert (len(made.generators), len(made.workers), len(made.checkers), len(made.writers)) == (1, 1, 1, 1)
    assert not machine.world.running
    with pytest.raises(KeyboardInterrupt), launched(settings("base")):
        raise KeyboardInterrupt
    assert machine.world.closed == [False, True]


def test_workers_come_up_while_the_engines_load_their_model(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.world.does = {"policy-1": LOADS}

    def sleep(seconds: float) -> None:
        machine.now += seconds
        if f"{WORKER}-1" in machine.world.started:
            machine.world.does.clear()

    monkeypatch.setattr(keepers.time, "sleep", sleep)
    with launched(settings("base")) as made:
        assert made.assignment.roster.pools == {"policy": ("policy-1",)}


def test_a_run_that_never_fits_is_refused_before_anything_is_started(machine: Machine) -> None:
    with pytest.raises(BadInput, match="only 8 of 9 generators fit"), launched(settings("base", generators=9)):
        pass
    assert not machine.world.started


def test_a_run_whose_room_others_hold_is_refused_after_a_while_with_numbers(machine: Machine) -> None:
    machine.others = 7.5
    with pytest.raises(BadInput, match=r"7\.5 of 8 CPUs are held by others"), launched(settings("base")):
        pass
    assert machine.now >= rooms.HELD_S
    assert not machine.world.started
