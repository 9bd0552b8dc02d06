"""Opinions on first errors: their likelihood, worked out by hand, and what solutions teach of their sources."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.labelling import experience as experience_module
from factory.labelling.belief import Belief
from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, SHAPE, STRENGTH, Experience, Lessons, Sums
from factory.labelling.opinions import (
    AGREED,
    ALARMED,
    GUESSED,
    HIT,
    NONE,
    SAID,
    Heard,
    Opinion,
    Reliability,
    sum_of,
    taught_by,
)

_COUNTS = 1e9 * np.array([9, 0.5, 1 / 3, 1 / 3, 20 / 9, 1, 1, 1, 1, 1, 0.8, 0.2, 0.6, 0.4])
KNOWN = Reliability({("critic", 0, size): _COUNTS for size in range(8)})
"""A critic that is known for sure: it says the true step 9 times as often as a guesser would, a step next to it .5
times, too early and too late 1/3, none 20/9 times; it raises an alarm in .2 of what has no error. A further vote
repeats one before in .6 of all cases."""

GUESSING = Reliability({("critic", 2, 2): np.array([1e9] * 11 + [3e9, 1e9, 1e9])})
"""A critic that guesses, of three steps or none."""


def chances(said: int, steps: int) -> list[float]:
    return np.exp(KNOWN.log_likelihood([Opinion("critic", said)], steps)).tolist()


def test_the_likelihood_of_an_opinion_on_two_steps_as_worked_out_by_hand() -> None:
    # Of an error in one of two steps three things can be said: hit 9, next to it .5, none 20/9; nothing is too early or
    # too late. Of no error: an alarm at either step .1.
    whole = 9 + 0.5 + 20 / 9
    assert chances(0, 2) == pytest.approx([9 / whole, 0.5 / whole, 0.1])
    assert chances(1, 2) == pytest.approx([0.5 / whole, 9 / whole, 0.1])
    assert chances(NONE, 2) == pytest.approx([20 / 9 / whole, 20 / 9 / whole, 0.8])


def test_a_kind_is_shared_by_its_steps() -> None:
    # Five steps, said: 1. Error at 0: one step next to it, three too late. At 1: two next to it, two too late. At 2:
    # two, one too early, one too late. At 3: two, two too early. At 4: one, three too early.
    weights = [0.5, 9, 0.5, 1 / 3, 1 / 3]
    near, far = [1, 2, 2, 2, 1], [3, 2, 2, 2, 3]
    whole = [9 + 20 / 9 + 0.5 * one + other / 3 for one, other in zip(near, far, strict=True)]
    expected = [weight / total for weight, total in zip(weights, whole, strict=True)]
    assert chances(1, 5) == pytest.approx([*expected, 0.04])


@given(st.integers(1, 12))
def test_the_likelihoods_of_all_that_can_be_said_add_up_to_one(steps: int) -> None:
    total = sum(np.exp(KNOWN.log_likelihood([Opinion("critic", said)], steps)) for said in range(-1, steps))
    assert total == pytest.approx(np.ones(steps + 1))


def test_votes_are_weighed_together_as_worked_out_by_hand() -> None:
    # Two steps, said: 0, 0, 1. The second vote repeats the first with .6, or is a reading like it; the third repeats
    # none of them.
    first, other = np.array(chances(0, 2)), np.array(chances(1, 2))
    expected = first * (0.6 + 0.4 * first) * (0.4 * other)
    said = np.exp(KNOWN.log_likelihood([Opinion("critic", 0, votes=(0, 0, 1))], 2))
    assert said == pytest.approx(expected)
    # What comes next: one of three repeats.
    assert KNOWN.next_vote("critic", (0, 0, 1), 1, 2) == pytest.approx(0.6 / 3 + 0.4 * other)
    assert KNOWN.next_vote("critic", (), 1, 2) == pytest.approx(other)


def test_a_vote_that_always_repeats_the_first_one_is_soon_worth_nothing() -> None:
    known = Reliability()
    for number in range(300):
        error = number % 6
        said = error if number % 3 else 5 - error
        known += taught_by([Heard([Opinion("critic", said, votes=(said,) * 3)], np.eye(7)[error])], known)
    once, thrice = (np.exp(known.log_likelihood([Opinion("critic", 2, votes=(2,) * n)], 6)) for n in (1, 3))
    assert thrice[2] / thrice[:6].sum() == pytest.approx(once[2] / once[:6].sum(), abs=0.02)


def test_when_somebody_stops_asking_does_not_matter() -> None:
    # A critic of .6 that is asked again only where its first vote misses: its first votes are believed as they deserve.
    rng, known = np.random.default_rng(3), Reliability()
    for _ in range(1500):
        error = int(rng.integers(6))
        read = [error if rng.random() < 0.6 else int(rng.integers(6)) for _ in range(2)]
        votes = tuple(read[:1]) if read[0] == error else tuple(read)
        known += taught_by([Heard([Opinion("critic", votes[0], votes=votes)], np.eye(7)[error])], known)
    said = np.exp(known.log_likelihood([Opinion("critic", 2, votes=(2,))], 6))
    assert said[2] == pytest.approx(0.6 + 0.4 / 6, abs=0.05)


def test_sources_are_independent_given_the_first_error() -> None:
    both = [Opinion("critic", 1), Opinion("prm", NONE)]
    apart = [KNOWN.log_likelihood([opinion], 4) for opinion in both]
    assert KNOWN.log_likelihood(both, 4) == pytest.approx(apart[0] + apart[1])


def test_a_solution_teaches_what_was_said_and_what_a_guesser_would_have_said() -> None:
    taught = taught_by([Heard([Opinion("critic", 0, grade=2)], np.array([0.5, 0.0, 0.25, 0.25]))], GUESSING)
    counts = taught.counts["critic", 2, 2]
    assert counts[SAID] == pytest.approx([0.5, 0, 0.25, 0, 0], abs=1e-6)
    # A guesser says one of three steps or none. Error at 0: one step is next to it, one is too late; at 2: one next to
    # it, one too early.
    guessed = [0.75 / 4, 0.75 / 4, 0.25 / 4, 0.5 / 4, 0.75 / 4]
    assert counts[GUESSED] == pytest.approx(guessed, abs=1e-6)
    assert counts[[AGREED, ALARMED]] == pytest.approx([0, 0.25], abs=1e-6)


def test_a_source_that_says_anything_is_soon_believed_nothing() -> None:
    rng = np.random.default_rng(1)
    known = Reliability()
    for _ in range(300):
        truth = np.eye(7)[rng.integers(7)]
        known += taught_by([Heard([Opinion("critic", int(rng.integers(-1, 6)))], truth)], known)
    said = np.exp(known.log_likelihood([Opinion("critic", 2)], 6))
    assert max(said) / min(said) < 1.6


def test_what_an_unknown_grade_is_believed_follows_from_the_others_of_its_source() -> None:
    rng = np.random.default_rng(1)
    random, right = Reliability(), Reliability()
    for _ in range(300):
        error = int(rng.integers(6))
        random += taught_by([Heard([Opinion("critic", int(rng.integers(-1, 6)))], np.eye(7)[error])], random)
        right += taught_by([Heard([Opinion("critic", error)], np.eye(7)[error])], right)
    unknown = Reliability().weights(Opinion("critic", 0, 1), 6)[HIT]
    assert random.weights(Opinion("critic", 0, 1), 6)[HIT] < 0.5 * unknown
    assert right.weights(Opinion("critic", 0, 1), 6)[HIT] > unknown
    # Another source has nothing to do with it.
    assert random.weights(Opinion("prm", 0, 1), 6)[HIT] == unknown


def test_the_critic_is_known_by_all_that_it_has_judged_also_where_it_was_believed_at_once() -> None:
    # A critic that hits in 8 of 10, and sees no error in the others. Rollouts are only bought where it sees none.
    experience, even = Experience(), np.ones(len(STRENGTH))
    vague, sure = np.append(np.full(6, 1 / 6), 0.0), np.eye(7)
    for number in range(200):
        error = number % 6
        said, seen = (error, vague) if number % 10 < 8 else (NONE, sure[error])
        experience.teach(f"q{number}", even, heard=[Heard([Opinion("critic", said)], seen)])
        experience.finish(f"q{number}")
    said = np.exp(experience.reliability_without("").log_likelihood([Opinion("critic", 2)], 6))
    assert said[2] / (said[:6].sum()) > 0.6


def test_however_much_is_known_a_question_that_teaches_has_few_others_weighed_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[object] = []

    def counted(heard: Sequence[Heard], known: Reliability) -> Reliability:
        calls.append(heard)
        return taught_by(heard, known)

    monkeypatch.setattr(experience_module, "taught_by", counted)
    experience, most = Experience(), 0
    for number in range(100):
        before = len(calls)
        experience.teach(f"q{number}", np.ones(len(STRENGTH)), heard=[Heard([Opinion("critic", 0)], np.eye(5)[0])])
        experience.finish(f"q{number}")
        most = max(most, len(calls) - before)
    assert most <= 9
    # And all have their turns.
    assert min(sum(each is heard for each in calls) for heard in calls[:50]) > 2


def test_what_was_forgotten_is_not_weighed_anew_and_leaves_nothing() -> None:
    experience = Experience()
    heard = [Heard([Opinion("critic", 0)], np.eye(5)[0])]
    for number in range(40):
        experience.teach(f"q{number}", np.ones(len(STRENGTH)), heard=heard)
    for number in range(40):
        experience.forget(f"q{number}")
    experience.teach("last", np.ones(len(STRENGTH)), heard=heard)
    known = experience.reliability_without("another").counts["critic", 0, 2]
    assert known == pytest.approx(experience.lessons().underway.opinions.counts["critic", 0, 2])
    assert known[HIT] == pytest.approx(1)


def test_counts_are_the_same_before_and_after_they_were_looked_up_and_pickled() -> None:
    rng = np.random.default_rng(0)
    known = Reliability({("critic", grade, size): rng.random(14) for grade in range(3) for size in range(4)})
    sums = sum_of([known, KNOWN, known])
    assert sums.counts.keys() == (known + KNOWN).counts.keys()
    assert all(counts == pytest.approx((known + KNOWN + known).counts[key]) for key, counts in sums.counts.items())
    opinion = Opinion("critic", 1, 2)
    first = known.counts_of(opinion, 4)
    assert known.counts_of(opinion, 4) is first
    again = pickle.loads(pickle.dumps(known))  # noqa: S301 - our own bytes
    assert again.counts_of(opinion, 4) == pytest.approx(first)
    assert len(pickle.dumps(again)) == len(pickle.dumps(known))
    # Of the same size, and yet of other steps.
    assert known.counts_of(opinion, 3) != pytest.approx(first)


def test_opinions_are_weighed_anew_by_what_is_known_later() -> None:
    experience, even = Experience(), np.ones(len(STRENGTH))
    # Vague rollouts: the critic is believed as an unknown one is.
    experience.teach("early", even, heard=[Heard([Opinion("critic", 2)], np.array([0.5, 0, 0.5, 0, 0]))])
    experience.finish("early")
    before = experience.lessons().finished.opinions.counts["critic", 0, 2][HIT]
    for number in range(60):
        # It turns out to be always late.
        experience.teach(f"q{number}", even, heard=[Heard([Opinion("critic", 3)], np.eye(5)[0])])
    after = experience.lessons().finished.opinions.counts["critic", 0, 2][HIT]
    assert after < 0.75 * before


def test_a_rollout_and_a_critic_are_weighed_together_as_worked_out_by_hand() -> None:
    # Two steps; a policy of strength .6 and luck .02, of which nothing else is uncertain.
    cell = (STRENGTH == 0.6) & (LUCK_RATE == 0.02) & (REPAIR_RATE == 0) & (EVEN == 1e6) & (SHAPE == 1)
    belief = Belief(2, correct=False, prior=cell.astype(np.float64))
    # One rollout behind the first step, right: by luck behind an error, else by luck or as .6 is for both steps.
    belief.update([(0, 0), (1, 1)])
    half = 0.6**0.5
    rollout = [0.02, 0.02 + 0.98 * half]
    first, second = (1 - half) * rollout[0], half * (1 - half) * rollout[1]
    assert belief.first_error == pytest.approx([first / (first + second), second / (first + second), 0], abs=1e-4)

    # The critic sees the error in the first step: odds of eighteen to one, against what the rollout says.
    belief.hear([Opinion("critic", 0)], KNOWN)
    first, second = first * 9, second * 0.5
    assert belief.first_error == pytest.approx([first / (first + second), second / (first + second), 0], abs=1e-4)
    assert first / (first + second) == pytest.approx(0.3736, abs=1e-4)

    # Without it, all is as it was.
    belief.hear([], KNOWN)
    assert belief.first_error[0] == pytest.approx(0.0320, abs=1e-4)


@pytest.mark.parametrize("correct", [True, False])
def test_opinions_on_a_long_solution_are_weighed_by_step(correct: bool) -> None:
    steps, prior = 200, Experience().prior
    long, plain = Belief(steps, correct, prior), Belief(steps, correct, prior)
    evidence = [(0, 0)] * 50 + [(4, 3)] + [(0, 0)] * (steps - 51)
    long.update(evidence)
    plain.update(evidence)
    opinions = [Opinion("critic", 120), Opinion("equations", 130)]
    long.hear(opinions, Reliability())
    expected = plain.first_error * np.exp(Reliability().log_likelihood(opinions, steps))
    assert long.first_error == pytest.approx(expected / expected.sum(), rel=1e-6)
    assert long.expected_information.shape == (steps,)


def test_what_a_question_teaches_of_opinions_counts_once_and_never_for_itself() -> None:
    experience, even = Experience(), np.ones(len(STRENGTH))
    # A verdict without any doubt: each solution counts as one hit.
    one, two = ([Heard([Opinion("critic", 0)], np.eye(3)[0])] * number for number in (1, 2))

    def counts(without: str) -> float:
        return float(experience.reliability_without(without).counts.get(("critic", 0, 1), np.zeros(14))[0])

    experience.teach("a", even, heard=two)
    experience.teach("a", even, heard=one)
    experience.teach("b", even, heard=two)
    assert (counts("a"), counts("b"), counts("c")) == (2, 1, 3)
    experience.finish("b")
    experience.forget("a")
    assert (counts("a"), counts("b")) == (2, 2)
    experience.hear(Lessons(finished=Sums(opinions=taught_by(one, Reliability()))))
    assert counts("a") == 3
    assert experience.lessons().finished.opinions.counts["critic", 0, 1][0] == 2


def test_an_unknown_source_is_believed_alike_in_short_and_long_solutions() -> None:
    # Of the step that it names, against all others together: not every step of a thousand is as good as it.
    for steps in (3, 8, 64, 1024):
        chance = np.exp(Reliability().log_likelihood([Opinion("critic", steps // 2)], steps))[:-1]
        assert chance[steps // 2] > 3 * np.median(np.delete(chance, steps // 2))
        hit = np.exp([Reliability().log_likelihood([Opinion("critic", said)], steps)[0] for said in range(-1, steps)])
        assert hit[1] == pytest.approx(0.5, abs=0.15)


def test_how_well_a_critic_finds_steps_among_many_is_learnt_from_long_solutions() -> None:
    def heard(said: int, error: int, steps: int) -> Heard:
        return Heard([Opinion("critic", said)], np.eye(steps + 1)[error])

    # Right in short solutions, lost in long ones.
    known = taught_by([heard(2, 2, 4)] * 200 + [heard(number % 100, 50, 100) for number in range(300)], Reliability())
    short = np.exp(known.log_likelihood([Opinion("critic", 2)], 4))
    long = np.exp(known.log_likelihood([Opinion("critic", 50)], 100))
    assert short[2] > 0.9
    assert long[50] < 4 * np.median(long[:-1])
    assert known.by_grade("critic")["critic", 0][SAID].sum() == pytest.approx(500)
