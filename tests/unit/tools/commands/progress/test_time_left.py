"""Time left, from when questions were finished."""

from __future__ import annotations

import math

import pytest

from tools.commands.progress.time_left import SAME, TimeLeft


def looked(left: TimeLeft, *looks: tuple[float, int, float]) -> TimeLeft:
    """Let it look at seconds, finished questions and rollouts; nobody knows of what is under way."""
    for seconds, finished, rollouts in looks:
        left.look(seconds, finished, 0, rollouts, 0)
    return left


def steady(questions: int, seconds: int, every: float) -> TimeLeft:
    """A run that finishes a question `every` so many seconds."""
    left = TimeLeft(questions)
    for second in range(seconds + 1):
        looked(left, (second, int(second / every), 0))
    return left


def test_at_a_steady_speed_the_time_left_is_one_number():
    assert steady(100, 100, 2.0).text() == "1:40"


def test_before_the_first_question_it_is_at_least_what_their_samples_take():
    assert looked(TimeLeft(32, least=12), (20, 0, 96)).text() == "over 1:00"
    assert looked(TimeLeft(32), (20, 0, 96)).text() == "–"  # nobody knows how many there will be
    assert looked(TimeLeft(32, least=12), (1, 0, 0)).text() == "–"


def test_speed_since_the_start_and_of_late_are_the_bounds():
    # 60 s for the first question, then one every 10 s
    left = TimeLeft(32)
    for second in range(121):
        looked(left, (second, max(0, second // 10 - 5), 0))
    least, most = left.bounds()
    assert least == pytest.approx(25 * 10, rel=0.1)
    assert most == pytest.approx(25 * 120 / 7, rel=0.1)
    assert "–" in left.text()


def test_a_question_that_takes_long_at_the_end_stretches_the_upper_bound():
    left = steady(32, 62, 2.0)
    early = left.bounds()[1]
    for second in range(63, 200):
        looked(left, (second, 31, 0))
    assert left.bounds()[1] > 10 * early


def test_questions_that_have_their_samples_are_half_done():
    left = TimeLeft(20, least=8)
    left.look(50, 4, 8, 96, 64)  # 8 of those under way are sampled
    assert left.bounds()[0] == pytest.approx(50 * (20 - 8) / 8)
    left = TimeLeft(20, least=8)
    left.look(50, 4, 2, 96, 64)  # but no more than are under way, however many probes they had
    assert left.bounds()[0] == pytest.approx(50 * (20 - 5) / 5)


def ending_by_chance(questions: int, mean_s: float, until: int) -> tuple[TimeLeft, float]:
    """A run of which all questions are begun at once, and each ends with the same chance per second; its true end.

    Of N questions the k-th ends at the k-th quantile.
    """
    ends = [-mean_s * math.log(1 - (k + 0.5) / questions) for k in range(questions)]
    left = TimeLeft(questions)
    for second in range(until + 1):
        finished = sum(end <= second for end in ends)
        left.look(second, finished, questions - finished, 0, 0)
    return left, ends[-1]


@pytest.mark.parametrize("until", [10, 20, 40, 60, 80, 100])
def test_in_the_tail_where_the_hard_questions_are_left_the_truth_lies_between(until: int):
    left, end = ending_by_chance(32, 30.0, until)
    least, most = left.bounds()
    assert least <= end - until <= SAME * most
    # Nor is anything true of a range without an end.
    assert most <= SAME * (end - until) + 30.0


def test_a_tail_is_expected_behind_questions_that_are_not_begun():
    left = TimeLeft(1000)
    for second in range(101):
        left.look(second, second, 100, 0, 0)
    # 800 to begin, one a second; then the last of 100, each of which takes 100 s
    assert left.bounds() == (pytest.approx(900, rel=0.01), pytest.approx(800 + 100 * 5.19, rel=0.02))


def test_what_is_remembered_does_not_grow_with_the_run():
    left = steady(100_000, 20_000, 1.0)
    assert len(left._looks) <= 128
    assert left.text() == "22:13:20"


def test_when_all_is_done_nothing_is_left():
    assert looked(TimeLeft(4), (5, 2, 0), (10, 4, 0)).text() == "0:00"


@pytest.mark.parametrize(("finished", "begun"), [(32, 0), (33, 0), (33, 4), (40, 12), (31, 40), (0, 0), (5, 0)])
def test_counts_that_cannot_be_as_when_a_worker_has_died_are_no_error(finished: int, begun: int):
    left = TimeLeft(32, least=12)
    for second in range(1, 100):
        left.look(second, min(second, finished), begun, 400, 300)
    assert left.text()
    bounds = left.bounds()
    assert bounds is None or 0 <= bounds[0] <= bounds[1]


@pytest.mark.parametrize("begun_rollouts", [24, 48])
def test_samples_that_went_with_their_worker_are_no_error(begun_rollouts: int):
    left = TimeLeft(12, least=12)
    left.look(30, 4, 4, 100, begun_rollouts)
    left.look(60, 4, 4, 100, 0)
    bounds = left.bounds()
    assert bounds is not None
    assert 0 < bounds[0] <= bounds[1]
