"""Costs of expressions: whatever takes long on long collections comes to an end, whatever tests need goes through."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from factory.python_tests import costs
from factory.python_tests import evaluate as evaluation
from factory.python_tests.evaluate import evaluate
from factory.python_tests.operations import ValueTooLarge
from factory.python_tests.wire import Iterated


def evaluated(source: str, result: Any = None) -> Any:
    return evaluate(ast.parse(source, mode="eval").body, {"r": result})


@pytest.mark.parametrize(
    "rounds",
    [
        "-1 in list(r)",
        "-1 in r",
        "-1 not in r",
        "'x' in range(10 ** 6)",
        "sum(r)",
        "sorted(r)",
        "max(r)",
        "r.count(-1)",
        "tuple(r) == r",
        "r < r",
        "r[1:]",
        "r + [1]",
        "[0] * 10 ** 6",
        "'x' in 'y' * 10 ** 6",
    ],
)
def test_what_takes_long_every_round_is_refused(rounds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_MAX_STEPS", 4_000)  # the rounds themselves are far from it
    with pytest.raises(ValueTooLarge, match="steps"):
        evaluated(f"[1 for x in range(1_000) if {rounds} or True]", list(range(10**4)))


@pytest.mark.parametrize(
    "source",
    [
        "sorted(r) == list(range(10 ** 5)) and sum(r) == 4999950000 and r[::-1][::-1] == r",
        "all(len(r) > x in range(10 ** 6) and isinstance(r, list) for x in r[:10 ** 4])",
        "all(x in r[:2_000] for x in range(2_000))",
        "all(sum(r[i:i + 100]) >= 0 for i in range(10 ** 4))",
    ],
)
def test_what_looks_at_a_long_result_as_a_test_does_goes_through(source: str) -> None:
    assert evaluated(source, list(range(10**5))) is True


def test_small_collections_cost_nothing() -> None:
    small = list(range(60))
    assert costs.of_call("sorted", [small]) == 0
    assert costs.of_comparison(ast.In(), 1, small) == 0
    assert costs.of_copy(small) == 0


def test_what_an_iterator_yielded_costs_as_a_list_does() -> None:
    assert costs.of_call("list", [Iterated([0] * 6400, False)]) == costs.of_call("list", [[0] * 6400]) == 100
