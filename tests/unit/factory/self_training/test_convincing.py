"""Rewards of provers: on the right side, by the verifier's score."""

from __future__ import annotations

from typing import Any

import pytest

from factory.self_training.convincing import HELPFUL, SNEAKY, reward, rewarded


def solution(name: str, verdict: str, score: float | None, finish: str = "stop") -> dict[str, Any]:
    return {"solution_id": name, "verdict": verdict, "score": score, "finish_reason": finish}


@pytest.mark.parametrize(
    ("verdict", "score", "finish", "helpful", "sneaky"),
    [
        ("correct", 0.7, "stop", 0.7, 0.0),
        ("incorrect", 0.7, "stop", 0.0, 0.7),
        ("unparsable", 0.7, "stop", 0.0, 0.0),
        ("timeout", 0.7, "stop", 0.0, 0.0),
        ("incorrect", 0.7, "length", 0.0, 0.0),
        ("incorrect", None, "stop", 0.0, 0.0),
    ],
)
def test_only_what_a_prover_is_for_is_rewarded(
    verdict: str, score: float | None, finish: str, helpful: float, sneaky: float
) -> None:
    one = solution("a", verdict, score, finish)
    assert (reward(HELPFUL, one), reward(SNEAKY, one)) == (helpful, sneaky)


def test_the_most_rewarded_solutions_of_a_question_are_kept() -> None:
    ours = [
        solution("d", "incorrect", 0.4),
        solution("b", "incorrect", 0.9),
        solution("a", "incorrect", 0.9),
        solution("c", "correct", 1.0),
    ]

    def kept(most: int, least: float = 0.0) -> list[str]:
        return [one.solution["solution_id"] for one in rewarded(SNEAKY, ours, most, least) if one.kept]

    assert kept(1) == ["a"]
    assert kept(3) == ["d", "b", "a"]
    assert kept(3, 0.5) == ["b", "a"]
    assert [one.reward for one in rewarded(SNEAKY, ours, 1, 0.0)] == [0.4, 0.9, 0.9, 0.0]
