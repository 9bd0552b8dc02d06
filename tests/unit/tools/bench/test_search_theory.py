"""Searches on a simulated policy and verifier do what theory says; margins are three standard errors or more."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest

from actors.engines import simulated
from actors.engines.simulated_verifier import Config as Verifier
from tools.bench.search_theory import laws
from tools.bench.search_theory.__main__ import against_votes, at_equal_budget, measured, over_n
from tools.bench.search_theory.cases import Case
from tools.bench.search_theory.trials import Result, Setting, tried

# A solution is right with .75^5 = .237.
POLICY = simulated.Config(steps=5, p=0.75, words=2, variants=100_000)
RIGHT = 0.75**5
COMMON = replace(POLICY, common=0.6)
GOOD, LATE, MISLED = Verifier(auc=0.9), Verifier(auc=0.9, delay=1), Verifier(auc=0.35)
MISLED_LATE, OUTLIERS = Verifier(auc=0.35, delay=1), Verifier(auc=0.8, wrong_spread=3.0)
VERIFIERS = {"good": GOOD, "late": LATE, "misled": MISLED, "misled late": MISLED_LATE, "outliers": OUTLIERS}
QUESTIONS = 120


@cache
def best_of(n: int, select: str, verifier: str = "good", *, common: bool = False) -> Result:
    setting = Setting(policy=COMMON if common else POLICY, verifier=VERIFIERS[verifier])
    return asyncio.run(tried(setting, "best_of_n", {"n": n, "select": select}, QUESTIONS))


@cache
def beam(verifier: str, *, width: int = 1, expansions: int = 8, look_ahead: int = 0) -> Result:
    """Return what a beam does for the tokens of best of 8."""
    setting = Setting(policy=POLICY, verifier=VERIFIERS[verifier])
    shape = {"width": width, "expansions": expansions, "look_ahead": look_ahead, "select": "max"}
    result = asyncio.run(tried(setting, "beam", shape, QUESTIONS))
    assert result.tokens <= 8 * setting.tokens
    return result


def agrees(result: Result, law: float) -> bool:
    return abs(result.accuracy - law) < 3 * math.sqrt(law * (1 - law) / QUESTIONS)


def above(one: Result, other: Result) -> bool:
    return one.accuracy - other.accuracy > 3 * math.hypot(one.error, other.error)


@pytest.mark.parametrize("common", [0.0, 0.3])
def test_the_law_of_the_majority_is_that_of_all_ways_to_vote(common: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "WRONG", 3)
    gold, mode, each = laws.answers(0.3, common)
    expected = 0.0
    for votes in product(range(4), repeat=4):
        chance = math.prod([gold, mode, each, each][vote] for vote in votes)
        most = max(map(votes.count, votes))
        expected += chance * (votes.count(0) == most) / len({vote for vote in votes if votes.count(vote) == most})
    assert laws.majority(4, 0.3, common) == pytest.approx(expected)


def test_laws_of_one_sample_are_the_policy() -> None:
    assert laws.majority(1, RIGHT) == pytest.approx(RIGHT)
    for verifier in (GOOD, LATE, MISLED, OUTLIERS):
        assert laws.highest(1, RIGHT, verifier) == pytest.approx(RIGHT)
        assert laws.one_beam(1, 0.75, 5, verifier) == pytest.approx(RIGHT)
        assert laws.one_beam(1, 0.75, 5, verifier, 1) == pytest.approx(RIGHT)
    assert laws.weighted(1, RIGHT, 0.0, GOOD) == pytest.approx(RIGHT, abs=0.01)


def test_laws_come_to_their_limits() -> None:
    better = Verifier(auc=0.95)
    for common in (0.0, 0.6):
        limit = laws.majority_limit(RIGHT, common)
        assert limit == (0.0 if common else 1.0)
        assert abs(laws.majority(100, RIGHT, common) - limit) < 0.01
        assert abs(laws.weighted(80, RIGHT, common, better) - laws.weighted_limit(RIGHT, common, better)) < 0.02
    # A good verifier mends a wrong mode, one that knows little does not.
    assert (laws.weighted_limit(RIGHT, 0.6, GOOD), laws.weighted_limit(RIGHT, 0.6, Verifier(auc=0.55))) == (1.0, 0.0)
    for verifier, near in ((GOOD, 0.001), (OUTLIERS, 0.01), (MISLED, 0.02)):
        assert abs(laws.highest(10**6, RIGHT, verifier) - laws.highest_limit(RIGHT, verifier)) < near
    # The chance of a verifier that knows nothing is the policy's own, however many samples there are.
    assert laws.highest(10**6, RIGHT, Verifier(auc=0.5)) == pytest.approx(RIGHT, abs=1e-3)


def test_votes_rise_with_n_as_their_law_says() -> None:
    for select, law in (
        ("majority", lambda n: laws.majority(n, RIGHT)),
        ("weighted", lambda n: laws.weighted(n, RIGHT, 0.0, GOOD)),
    ):
        few, many = best_of(2, select), best_of(8, select)
        assert agrees(few, law(2))
        assert agrees(many, law(8))
        assert above(many, few)


def test_a_wrong_mode_misleads_votes_and_a_verifier_mends_it() -> None:
    votes, weighted = [best_of(12, select, common=True) for select in ("majority", "weighted")]
    assert agrees(votes, laws.majority(12, RIGHT, 0.6))
    assert agrees(weighted, laws.weighted(12, RIGHT, 0.6, GOOD))
    assert above(weighted, votes)


def test_the_highest_score_is_worth_more_of_more_samples_only_to_a_sound_verifier() -> None:
    one, good, misled = best_of(1, "max"), best_of(8, "max"), best_of(8, "max", "misled")
    assert agrees(good, laws.highest(8, RIGHT, GOOD))
    assert agrees(misled, laws.highest(8, RIGHT, MISLED))
    assert above(good, one)
    assert laws.highest(8, RIGHT, MISLED) < RIGHT
    # Over-optimisation: it rises first, then the outliers come in.
    few, many = best_of(4, "max", "outliers"), best_of(24, "max", "outliers")
    assert agrees(few, laws.highest(4, RIGHT, OUTLIERS))
    assert agrees(many, laws.highest(24, RIGHT, OUTLIERS))
    assert above(few, many)
    assert laws.highest(4, RIGHT, OUTLIERS) > RIGHT


def test_a_beam_beats_best_of_n_with_a_good_verifier_and_loses_with_a_misled_one() -> None:
    assert agrees(beam("good"), laws.one_beam(8, 0.75, 5, GOOD))
    assert above(beam("good"), best_of(8, "max"))
    assert above(beam("good", width=4, expansions=2), best_of(8, "max"))
    assert agrees(beam("misled"), law := laws.one_beam(8, 0.75, 5, MISLED))
    assert above(best_of(8, "majority"), beam("misled"))
    # Less than the choice among whole solutions, and that is less than a single sample.
    assert law < laws.highest(8, RIGHT, MISLED) < RIGHT


def test_a_look_ahead_pays_where_slips_show_late_and_harms_where_the_verifier_is_misled() -> None:
    assert agrees(beam("late"), laws.one_beam(8, 0.75, 5, LATE))
    assert agrees(beam("late", expansions=4, look_ahead=1), laws.one_beam(4, 0.75, 5, LATE, 1))
    assert above(beam("late", expansions=4, look_ahead=1), beam("late"))
    assert agrees(beam("misled late", expansions=4, look_ahead=1), law := laws.one_beam(4, 0.75, 5, MISLED_LATE, 1))
    assert law < laws.one_beam(8, 0.75, 5, MISLED_LATE) == pytest.approx(RIGHT)
    # Where slips show at once, it costs half the samples and adds slips of its own.
    assert agrees(beam("good", expansions=4, look_ahead=1), law := laws.one_beam(4, 0.75, 5, GOOD, 1))
    assert law < laws.one_beam(8, 0.75, 5, GOOD)


async def test_rstar_chooses_better_than_a_vote_of_its_candidates() -> None:
    settings = {"rollouts": 4, "max_depth": 5, "steps": 3, "finishes": 3}
    result = await tried(Setting(policy=POLICY), "rstar", settings, QUESTIONS)
    assert result.accuracy - result.votes > 3 * result.gain_error


def test_tables_hold_what_was_measured() -> None:
    shape: dict[str, Any] = {"setting": Setting(policy=POLICY), "method": "best_of_n", "settings": {"n": 2}}
    rows = measured([Case(name="two", group="2", law=0.5, limit=1.0, **shape)], 3, seed=1)
    assert (rows[0]["questions"], rows[0]["calls"], rows[0]["tokens"]) == (3, 2, 2 * Setting(policy=POLICY).tokens)
    assert rows == measured([Case(name="two", group="2", law=0.5, limit=1.0, **shape)], 3, seed=1)
    for table in (over_n, at_equal_budget, against_votes):
        assert table(rows).row_count == 1
