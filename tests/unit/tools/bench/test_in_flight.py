"""Benchmark of questions in flight: virtual time, the promised figures, and what they show."""

from __future__ import annotations

import argparse

import pytest

from factory.errors import BadInput
from tools.bench.in_flight import Setting, measured


def row(text: str, **changed) -> dict:
    values = {"questions": 24, "steps": 5, "p": 0.85, "r": 0.0, "slots": 0, "tell": 1.0, "seeds": [0], **changed}
    return measured(Setting.of(text), argparse.Namespace(**values))


def test_a_row_repeats_but_for_its_cpu_time():
    first, again = (row("2 x 4", slots=16) for _ in range(2))
    first.pop("cpu_s"), again.pop("cpu_s")
    assert first == again
    assert first["located"] > 0
    assert first["wrong"] == row("1")["wrong"]


def test_what_is_in_flight_together_takes_less_virtual_time_and_learns_from_each_other():
    apart, together, stubborn = row("1"), row("24"), row("24 learn=false")
    assert together["seconds"] < apart["seconds"] / 4
    assert together["rollouts_per_error"] < stubborn["rollouts_per_error"]


@pytest.mark.parametrize("text", ["", "x", "0", "4 x 4 x 4", "many", "learn=false", "4 probes_per_round=none"])
def test_a_row_that_cannot_be_read_is_refused(text):
    with pytest.raises((BadInput, ValueError)):
        row(text)
