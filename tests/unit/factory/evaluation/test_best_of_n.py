"""Votes and rewards, computed by hand."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.evaluation.best_of_n import AGGREGATIONS, Sample, best_of_n, majority, oracle, picks, weighted_majority


def sample(answer: str | None, times: int = 1, reward: float | None = None) -> Sample:
    """ "7" is the right answer."""
    rewards = () if reward is None else (("r", reward),)
    return Sample(answer=answer, right=answer == "7", times=times, rewards=rewards)


OUTVOTED = [sample("8", 3, 0.2), sample("7", 2, 0.9), sample(None, 3, 1.0)]
FOOLED = [sample("7", 2, 0.4), sample("8", 1, 0.7), sample("9", 1, 0.1)]


@pytest.mark.parametrize(
    ("samples", "by_votes", "by_weight", "by_reward", "any_right"),
    [
        (OUTVOTED, 0, 1, 1, 1),
        (FOOLED, 1, 1, 0, 1),
        ([sample("7", 2, 0.5), sample("8", 2, 0.5)], 0.5, 0.5, 0.5, 1),
        ([sample("7", 1, 0.5), sample("8", 2, 0.5), sample("9", 2, 0.1)], 0, 0, 1 / 3, 1),
        ([sample("8", 2, 0.5), sample("9", 1, 0.9)], 0, 0, 0, 0),
        ([sample(None, 8, 0.9)], 0, 0, 0, 0),
        ([], 0, 0, 0, 0),
    ],
)
def test_what_is_picked(
    samples: list[Sample], by_votes: float, by_weight: float, by_reward: float, any_right: float
) -> None:
    found = majority(samples), weighted_majority(samples, "r"), best_of_n(samples, "r"), oracle(samples)
    assert found == pytest.approx((by_votes, by_weight, by_reward, any_right))


def test_votes_for_one_answer_in_several_texts_are_added() -> None:
    samples = [sample("7", 1, 0.3), sample("7", 2, 0.2), sample("8", 1, 0.6)]
    assert weighted_majority(samples, "r") == 1
    assert best_of_n(samples, "r") == 0


def test_a_sample_that_no_reward_model_could_read_has_no_weight() -> None:
    assert weighted_majority([sample("7", 5), sample("8", 1, 0.1)], "r") == 0


@pytest.mark.parametrize(("name", "reward"), [("product", 0.36), ("min", 0.5), ("last", 0.8), ("mean", 2.2 / 3)])
def test_the_scores_of_all_steps_become_one_reward(name: str, reward: float) -> None:
    assert AGGREGATIONS[name]((0.9, 0.5, 0.8)) == pytest.approx(reward)


def test_gains_are_over_majority_with_the_error_of_paired_differences() -> None:
    found = picks([OUTVOTED, FOOLED, FOOLED])
    assert list(found) == ["one", "majority", "weighted r", "best of n r", "oracle"]
    assert found["majority"].accuracy == pytest.approx(2 / 3)
    weighted = found["weighted r"]
    assert (weighted.accuracy, weighted.error, weighted.gain, weighted.gain_error) == pytest.approx(
        (1, 0, 1 / 3, 1 / 3)
    )
    assert found["one"].accuracy == pytest.approx((2 / 8 + 2 / 4 + 2 / 4) / 3)
    assert found["oracle"].accuracy == 1


def test_a_single_question_has_no_error_and_none_is_refused() -> None:
    assert picks([OUTVOTED])["majority"].error is None
    with pytest.raises(ValueError, match="no questions"):
        picks([])


@given(
    st.lists(
        st.tuples(st.sampled_from(["7", "8", "9", None]), st.integers(1, 4), st.floats(0, 1)), min_size=1, max_size=8
    ),
    st.integers(0, 100),
)
def test_no_pick_beats_the_oracle_and_order_does_not_matter(drawn: list[tuple], seed: int) -> None:
    samples = [sample(*one) for one in drawn]
    shuffled = Random(seed).sample(samples, len(samples))
    for pick in (majority, lambda s: weighted_majority(s, "r"), lambda s: best_of_n(s, "r")):
        assert 0 <= pick(samples) <= oracle(samples)
        assert pick(samples) == pytest.approx(pick(shuffled))
