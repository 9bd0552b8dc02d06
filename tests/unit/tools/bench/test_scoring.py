"""Benchmark of a scorer: what it makes of its measurements."""

from __future__ import annotations

from tools.bench.scoring.__main__ import ORDERED, SCORER, SORTED, figures, solutions, text_of
from tools.bench.scoring.plain_loop import Speed


def speed(tokens: int, seconds: float) -> Speed:
    return Speed(tokens=tokens, seconds=seconds, cpu_seconds=2 * seconds)


def test_the_ratio_is_that_of_all_rounds_together() -> None:
    shown = figures({SCORER: [speed(100, 1.0), speed(300, 3.0)], ORDERED: [speed(100, 1.0)], SORTED: [speed(400, 2.0)]})
    assert [row["ratio"] for row in shown.values()] == [1.0, 1.0, 0.5]
    assert shown[SORTED] == {"tokens": 400, "tokens_per_s": 200.0, "ratio": 0.5, "cpu_seconds_per_1000": 10.0}


def test_solutions_are_the_same_for_the_same_seed_and_differ_in_length() -> None:
    made = solutions(20, seed=1)
    assert made == solutions(20, seed=1) != solutions(20, seed=2)
    lengths = [len(text_of(*one)) for one in made]
    assert max(lengths) > 2 * min(lengths)
