"""The memory of a question is what is foretold, within a factor of two."""

import gc
import tracemalloc

import pytest
from support.top_ups import attempted, made_by, questions, recipe, simulated_models

from factory.question_pipeline.footprint import question_bytes
from factory.question_pipeline.recipe import finished_row


async def measured(rollouts: int, steps: int, words: int) -> int:
    """Return the bytes that a question of that shape takes once its row is made."""
    models = simulated_models(steps=steps, words=words, variants=1000)
    used = recipe("none", n=rollouts)
    # What is kept for all questions of that shape, such as tables by length, is made by the first of them.
    await attempted(used, questions(1)[0], models)
    models.requests.clear()
    gc.collect()
    tracemalloc.start()
    try:
        attempt = await attempted(used, questions(1)[0], models)
        row = finished_row(attempt, made_by(used))
        gc.collect()
        assert row["solutions"]
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("rollouts", "steps", "words"), [(64, 8, 30), (8, 300, 30), (2, 1000, 32), (8, 20, 400), (64, 2, 5), (16, 50, 8)]
)
async def test_a_question_takes_what_is_foretold_within_a_factor_of_two(rollouts: int, steps: int, words: int) -> None:
    foretold = question_bytes(rollouts, steps * words, step_tokens=words)
    taken = await measured(rollouts, steps, words)
    assert foretold / 2 < taken < 2 * foretold


def test_more_and_longer_rollouts_take_more() -> None:
    assert question_bytes(64, 32_000) > 60 * question_bytes(1, 32_000)
    assert question_bytes(64, 32_000) > 20 * question_bytes(64, 1000)
    # The case: 64 questions of 64 samples of 32,000 tokens.
    assert 64 * question_bytes(64, 32_000) < 7e9
