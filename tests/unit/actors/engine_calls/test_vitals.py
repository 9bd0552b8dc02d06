"""Vital signs of an engine."""

from __future__ import annotations

from actors.engine_calls.vitals import Vitals


def test_an_engine_that_makes_steps_lives_however_late_its_requests_are():
    vitals = Vitals()
    vitals.answered()
    vitals.late("a", 1)
    vitals.late("b", 1)
    assert not vitals.hangs(0.1)
    assert not vitals.hangs(299.0)
    assert "no step for 301 s" in vitals.hangs(301.0)


def test_one_late_request_is_to_blame_itself_however_often_it_is_late():
    vitals = Vitals()
    vitals.late("a", 1)
    vitals.late("a", 1)
    assert not vitals.hangs(None)
    vitals.late("b", 1)
    assert "2 requests took too long" in vitals.hangs(None)


def test_an_answer_in_between_is_a_sign_of_life():
    vitals = Vitals()
    vitals.late("a", 1)
    vitals.answered()
    vitals.late("b", 1)
    assert not vitals.hangs(None)


def test_an_engine_may_compile_for_a_while_before_its_first_answer():
    vitals = Vitals()
    assert not vitals.hangs(1199.0)
    assert "no step for 1201 s" in vitals.hangs(1201.0)
