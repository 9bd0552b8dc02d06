"""Roles in a round: who samples and who learns."""

from __future__ import annotations

import pytest

from factory.self_training.teaching import STUDENT, TEACHER, last_learning_round, roles


@pytest.mark.parametrize(
    ("mode", "samplers", "learners"),
    [
        ("off", [STUDENT] * 4, [STUDENT] * 4),
        ("teacher", [TEACHER] * 4, [STUDENT] * 4),
        ("turns", [TEACHER, STUDENT, TEACHER, STUDENT], [STUDENT, TEACHER, STUDENT, TEACHER]),
    ],
)
def test_who_samples_and_who_learns(mode: str, samplers: list[str], learners: list[str]) -> None:
    found = [roles(mode, round_) for round_ in range(4)]
    assert [one.sampler for one in found] == samplers
    assert [one.learner for one in found] == learners


@pytest.mark.parametrize(
    ("mode", "who", "weights"),
    [
        ("off", STUDENT, [None, 0, 1, 2, 3]),
        ("teacher", STUDENT, [None, 0, 1, 2, 3]),
        ("teacher", TEACHER, [None] * 5),
        ("turns", STUDENT, [None, 0, 0, 2, 2]),
        ("turns", TEACHER, [None, None, 1, 1, 3]),
    ],
)
def test_a_model_has_the_weights_of_the_last_round_it_learned_in(
    mode: str, who: str, weights: list[int | None]
) -> None:
    assert [last_learning_round(mode, who, round_) for round_ in range(5)] == weights


@pytest.mark.parametrize("round_", range(6))
def test_in_turns_a_round_trains_on_what_the_latest_weights_of_the_other_sampled(round_: int) -> None:
    sampler = roles("turns", round_).sampler
    assert sampler != roles("turns", round_).learner
    assert last_learning_round("turns", sampler, round_) == (round_ - 1 if round_ else None)
