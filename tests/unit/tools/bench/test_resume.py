"""Benchmark of resuming: what it makes of its samples."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.bench.resume import main
from tools.bench.watched_driver import DriverSample, flatness, peak_mb


def samples(rss_of: dict[int, float]) -> list[DriverSample]:
    return [DriverSample(float(index), rss, units) for index, (units, rss) in enumerate(rss_of.items())]


def test_growth_is_per_question_and_leaves_out_what_grows_once():
    grown_at_first = {0: 100.0, 10: 200.0, 20: 300.0, 30: 301.0, 40: 302.0, 50: 303.0}
    figures = flatness(samples(grown_at_first), unit_size=10)
    assert figures["mb_per_100k_questions"] == pytest.approx(0.1 * 100_000 / 10)
    assert (figures["first_mb"], figures["last_mb"], figures["most_mb"]) == (200.0, 303.0, 303.0)


@pytest.mark.parametrize("rss_of", [{0: 1.0}, {0: 1.0, 5: 2.0}])
def test_too_few_samples_tell_nothing(rss_of: dict[int, float]):
    assert flatness(samples(rss_of), unit_size=16) == {}


def test_peak_memory_is_at_least_what_is_held_now():
    held = bytearray(64 * 2**20)
    assert peak_mb(os.getpid()) > 64
    assert len(held)


@pytest.mark.parametrize("wrong", [["--done", "1"], ["--storage", "s3"], ["--questions", "0"]])
def test_the_command_refuses_what_it_cannot_do_with_exit_2(tmp_path: Path, wrong: list[str]):
    with pytest.raises(SystemExit) as refused:
        main([*wrong, "--json", str(tmp_path / "o.json")])
    assert refused.value.code == 2
