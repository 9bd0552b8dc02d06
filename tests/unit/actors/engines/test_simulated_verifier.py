"""Simulated verifier: its scores tell right prefixes from wrong ones as often as its settings say."""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist
from typing import Any

import pytest

from actors.contracts.engines import ENGINES
from actors.engines import simulated
from actors.engines.simulated_verifier import Config, Engine, scores_of
from factory.errors import EngineFailed
from factory.rollouts.steps import steps_of_text
from factory.types import GenerateRequest, ScoreRequest

N = 3000


def scores(state: str, config: Config, n: int = N) -> list[float]:
    """Scores of `n` texts of one step each."""
    return [scores_of("q", [f"Step 1 {state} in variant {i}. word\n"], config).whole for i in range(n)]


def auc(right: list[float], wrong: list[float]) -> float:
    """Share of pairs in which the right one scores higher (Mann-Whitney)."""
    ranked = sorted([(score, True) for score in right] + [(score, False) for score in wrong])
    below, pairs = 0, 0
    for _, is_right in ranked:
        below, pairs = below + (not is_right), pairs + below * is_right
    return pairs / len(right) / len(wrong)


@pytest.mark.parametrize(
    "config", [Config(auc=0.9), Config(auc=0.6), Config(auc=0.3), Config(auc=0.85, wrong_spread=2.0)]
)
def test_right_prefixes_score_higher_as_often_as_the_auc_says(config: Config) -> None:
    # Of 3,000 texts each, the standard error is below .008.
    assert auc(scores("holds", config), scores("slips", config)) == pytest.approx(config.auc, abs=0.03)


@pytest.mark.parametrize("prior", [0.5, 0.2])
def test_scores_are_calibrated(prior: float) -> None:
    config, wrong = Config(auc=0.85, prior=prior), round(N * (1 - prior) / prior)
    of_both = [(score, True) for score in scores("holds", config)]
    of_both += [(score, False) for score in scores("slips", config, wrong)]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        bin_ = [(score, is_right) for score, is_right in of_both if low <= score < low + 0.2]
        said = sum(score for score, _ in bin_) / len(bin_)
        right = sum(is_right for _, is_right in bin_) / len(bin_)
        assert abs(said - right) < 4 * math.sqrt(said * (1 - said) / len(bin_))


def test_a_verifier_that_is_misled_is_as_sure_as_the_other_way_round() -> None:
    misled, good = Config(auc=0.2), Config(auc=0.8)
    assert misled.claimed == pytest.approx(good.claimed)
    assert sum(scores("slips", misled)) / N == pytest.approx(sum(scores("holds", good)) / N, abs=0.02)


def test_a_prefix_has_one_score_whoever_asks_and_other_texts_have_their_own() -> None:
    steps = [f"Step {k + 1} holds in variant 7. word\n" for k in range(4)]
    whole = scores_of("q", steps, Config())
    assert whole.steps[:2] == scores_of("q", steps[:2], Config()).steps
    assert whole.whole == whole.steps[-1]
    others = [scores_of("other", steps, Config()), scores_of("q", steps, Config(seed=1))]
    assert len({whole.steps[0], *(one.steps[0] for one in others)}) == 3
    assert len(set(whole.steps)) == 4


@pytest.mark.parametrize("delay", [0, 1, 2])
def test_a_slip_shows_as_many_steps_behind_it_as_the_delay_says(delay: int) -> None:
    states = ("holds", "slips", "follows", "follows")
    sure = Config(auc=1 - 1e-9, delay=delay)
    for variant in range(50):
        steps = [f"Step {k + 1} {state} in variant {variant}.\n" for k, state in enumerate(states)]
        assert [score > 0.5 for score in scores_of("q", steps, sure).steps] == [k < 1 + delay for k in range(4)]


def test_wrong_prefixes_of_a_wide_spread_reach_beyond_the_right_ones() -> None:
    config = Config(auc=0.85, wrong_spread=2.0)
    assert max(scores("slips", config)) > max(scores("holds", config))
    # The quality behind a score of a half lies in the middle between the means.
    middle = sum(score > 0.5 for score in scores("holds", config)) / N
    assert middle == pytest.approx(NormalDist().cdf(config.distance / 2), abs=0.03)


async def test_it_scores_what_the_simulated_engine_writes_and_generates_nothing() -> None:
    plugin = ENGINES.load("simulated_verifier")
    assert plugin.SCORES
    engine = plugin.made(plugin.Config(auc=0.99), "none")
    await engine.start()
    rng, policy, right = Random(3), simulated.Config(steps=4, p=0.7, words=5), 0
    for _ in range(300):
        text = simulated.complete(7, 0, False, rng, policy).text
        steps = tuple(step.text for step in steps_of_text(text, "newline"))
        [scored] = await engine.score([ScoreRequest(question_id="q", prompt="q", steps=steps)])
        assert not isinstance(scored, Exception)
        assert (len(scored.steps), scored.tokens) == (4, len(text.split()))
        right += (scored.whole > 0.5) == ("slips" not in text)
    assert right > 270
    [refused] = await engine.generate([GenerateRequest(question_id="q", prompt="q")])
    assert isinstance(refused, EngineFailed)
    assert isinstance(engine, Engine)


@pytest.mark.parametrize(
    "wrong", [{"auc": 0.0}, {"auc": 1.0}, {"prior": 1.0}, {"wrong_spread": 0.0}, {"delay": -1}, {"auc": float("nan")}]
)
def test_what_is_no_quality_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Config(**wrong)


def test_no_text_is_too_sure_to_be_said() -> None:
    sure = Config(auc=1 - 1e-12, wrong_spread=50.0)
    assert all(0 <= score <= 1 for state in ("holds", "slips") for score in scores(state, sure, 500))
