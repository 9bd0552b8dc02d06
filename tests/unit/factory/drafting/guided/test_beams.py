"""Properties of every beam search: how much it asks for, what it is in the plainest cases."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.searches.guided import Guided, searched

from factory.rollouts.tree import Tree
from factory.types import Completion

AMOUNTS = st.integers(1, 4)


class Branching(Guided):
    """Policy of solutions with `length` steps, each of which is one of `variants`, drawn by prefix; scores by text."""

    def __init__(self, length: int, variants: int, seed: int, best: str = "") -> None:
        super().__init__({}, {})
        self._length, self._variants, self._seed = length, variants, seed
        self._served: Counter[str] = Counter()
        self._scores = Drawn(f"{seed}{best}")

    def _written(self, prefix: str, n: int) -> list[str | Completion]:
        texts: list[str | Completion] = []
        for place in range(self._served[prefix], self._served[prefix] + n):
            step = Random(f"{self._seed}{prefix}{place}").randrange(self._variants)
            last = prefix.count("\n") == self._length - 1
            texts.append(f"The answer is {step}." if last else f"s{step}\n")
        self._served[prefix] += n
        return texts

    @property
    def samples(self) -> int:
        """Number of samples that were asked for."""
        return sum(n for _, n in self.asked)


class Drawn(dict[str, float]):
    """Scores drawn by text."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._seed = seed

    def get(self, text: str, default: Any = None) -> Any:
        """Return the score of a text."""
        return Random(f"{self._seed}:{text}").random()


def facts(tree: Tree) -> list[tuple[Any, ...]]:
    return [(one.text, one.score, one.occurrences, one.selected) for one in tree.solutions]


@settings(max_examples=40)
@given(width=AMOUNTS, expansions=AMOUNTS, length=AMOUNTS, look_ahead=st.integers(0, 3), seed=st.integers(0, 99))
async def test_a_beam_asks_for_as_many_samples_as_its_docstring_says(
    width: int, expansions: int, length: int, look_ahead: int, seed: int
) -> None:
    """Steps that are all different: every candidate before the last level is looked ahead from."""
    fakes = Branching(length, 10**9, seed)
    tree = await searched(fakes, "beam", width=width, expansions=expansions, look_ahead=look_ahead)
    level = width * expansions
    ahead = level * sum(min(look_ahead, length - done) for done in range(1, length))
    assert fakes.samples == level * length + ahead
    assert fakes.samples <= level * length * (1 + look_ahead)
    # All that ended is there, and the verifier was asked about no text twice.
    assert sum(one.occurrences for one in tree.solutions) == level
    assert set(Counter(fakes.texts("score")).values()) == {1}


@settings(max_examples=40)
@given(n=AMOUNTS, expansions=AMOUNTS, length=AMOUNTS, seed=st.integers(0, 99))
async def test_steps_subtrees_and_leaves_ask_for_as_many(n: int, expansions: int, length: int, seed: int) -> None:
    for method, config, samples in (
        ("step_best_of_n", {"n": n}, n),
        ("dvts", {"subtrees": n, "width": 2, "expansions": expansions}, n * 2 * expansions),
        ("rebase", {"leaves": n}, n),
    ):
        fakes = Branching(length, 10**9, seed)
        await searched(fakes, method, **config)
        assert fakes.samples == samples * length


@settings(max_examples=40)
@given(length=AMOUNTS, variants=AMOUNTS, seed=st.integers(0, 99))
async def test_one_beam_with_one_sample_is_plain_sampling_step_by_step(length: int, variants: int, seed: int) -> None:
    text = ""
    for _ in range(length):
        [step] = Branching(length, variants, seed)._written(text, 1)
        text += str(step)
    # Whatever the verifier says.
    for best in ("a", "b"):
        fakes = Branching(length, variants, seed, best)
        tree = await searched(fakes, "beam", width=1, expansions=1)
        assert [one.text for one in tree.solutions] == [text]
        assert fakes.samples == length


@settings(max_examples=40)
@given(width=AMOUNTS, expansions=AMOUNTS, length=AMOUNTS, variants=AMOUNTS, seed=st.integers(0, 99))
async def test_one_subtree_is_a_beam_search_of_its_width(
    width: int, expansions: int, length: int, variants: int, seed: int
) -> None:
    subtree, beam = Branching(length, variants, seed), Branching(length, variants, seed)
    ours = await searched(subtree, "dvts", subtrees=1, width=width, expansions=expansions)
    theirs = await searched(beam, "beam", width=width, expansions=expansions)
    assert subtree.calls == beam.calls
    assert facts(ours) == facts(theirs)


@settings(max_examples=40)
@given(n=AMOUNTS, length=AMOUNTS, variants=AMOUNTS, seed=st.integers(0, 99))
async def test_best_of_n_at_every_step_is_one_beam_with_n_samples(
    n: int, length: int, variants: int, seed: int
) -> None:
    steps, beam = Branching(length, variants, seed), Branching(length, variants, seed)
    ours = await searched(steps, "step_best_of_n", n=n)
    theirs = await searched(beam, "beam", width=1, expansions=n, select="max")
    assert steps.calls == beam.calls
    assert facts(ours) == facts(theirs)
