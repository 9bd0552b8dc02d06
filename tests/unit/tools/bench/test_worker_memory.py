"""A worker keeps nothing of the questions that are done."""

from __future__ import annotations

import gc
import tracemalloc

from factory.rollouts.nodes import Node, Solution
from factory.rollouts.tree import Tree
from factory.types import Completion, Step
from tools.bench.worker_memory.__main__ import measure

OF_A_QUESTION = (Tree, Node, Solution, Step, Completion)


def kept() -> int:
    """Objects of questions that are alive."""
    gc.collect()
    return sum(isinstance(each, OF_A_QUESTION) for each in gc.get_objects())


async def test_a_worker_keeps_nothing_of_the_questions_that_are_done() -> None:
    before = kept()
    # The first questions fill what is kept for all of them: modules, patterns, tables by the length of a solution.
    await measure(questions=16, n=2, steps=4, in_flight=8, words=500, looks=1)
    tracemalloc.start()
    try:
        first, last = await measure(questions=32, n=2, steps=4, in_flight=8, words=500, looks=2)
    finally:
        tracemalloc.stop()
    assert (first["questions"], last["questions"]) == (16, 32)
    assert kept() <= before
    # Texts and ids of 16 questions are 1 MB at least; tables of likelihoods grow by a tenth of it.
    assert last["rollouts"] >= first["rollouts"] + 2 * 16
    assert last["python_mb"] < first["python_mb"] + 0.5
