"""Totals of a generator: what it was asked, what came of it, and what that says of the engine."""

from __future__ import annotations

from actors.engine_calls.occupancy import Occupancy
from actors.engine_runtime.generator_figures import GeneratorFigures
from factory.errors import EngineFailed
from factory.types import Completion, Scores


def stats(figures: GeneratorFigures) -> dict[str, float]:
    return figures.stats(1.0, queued=2, in_flight=3, engine={"running": 5.0})


def test_samples_scores_and_failures_are_counted_apart() -> None:
    figures = GeneratorFigures(Occupancy())
    sample = Completion(text="ab", token_ids=(1, 2), token_ends=(1, 2), prompt_tokens=4, finish_reason="stop")
    figures.count([sample], 0.5)
    figures.count(Scores(steps=(0.5,), whole=0.5, tokens=7), 0.1)
    figures.count(EngineFailed("no"), 0.1)
    told = stats(figures)
    assert (told["requests"], told["completions"], told["failed"]) == (3, 1, 1)
    assert (told["prompt_tokens"], told["output_tokens"]) == (11, 2)


def test_what_the_engine_says_of_itself_counts_and_what_waits_is_added() -> None:
    told = stats(GeneratorFigures(Occupancy()))
    assert (told["running"], told["waiting"], told["in_flight"]) == (5.0, 2, 3)
