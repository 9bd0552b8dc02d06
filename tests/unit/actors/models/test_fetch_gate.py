"""Only a few machines fetch from the Hub at a time, and none waits for one that has died."""

from __future__ import annotations

import pytest
import ray
from hypothesis import given
from hypothesis import strategies as st

from actors.models import fetch_gate
from actors.models.fetch_gate import FetchGate, through_gate


def test_a_machine_waits_until_another_leaves() -> None:
    gate = FetchGate(machines=2)
    assert [gate.enter(machine) for machine in "abc"] == [True, True, False]
    gate.leave("a")
    assert gate.enter("c")
    assert not gate.enter("a")


def test_engines_of_one_machine_share_its_lease() -> None:
    gate = FetchGate(machines=1)
    assert gate.enter("a")
    assert gate.enter("a")
    gate.leave("a")
    assert gate.enter("b")


def test_the_lease_of_a_machine_that_died_ends_by_itself() -> None:
    now = [0.0]
    gate = FetchGate(machines=1, lease_s=900, clock=lambda: now[0])
    assert gate.enter("dead")
    now[0] = 899.0
    assert not gate.enter("a")
    now[0] = 900.0
    assert gate.enter("a")


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef"))), st.integers(1, 4))
def test_there_are_never_more_machines_inside_than_allowed(asked: list[tuple[bool, str]], machines: int) -> None:
    gate, inside = FetchGate(machines), set()
    for enters, machine in asked:
        if enters and gate.enter(machine):
            inside.add(machine)
        elif not enters:
            gate.leave(machine)
            inside.discard(machine)
        assert len(inside) <= machines


def test_without_ray_everybody_goes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(fetch_gate, "_waited", lambda *_: pytest.fail("waited"))
    with through_gate():
        pass
