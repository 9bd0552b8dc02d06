"""Prior that a run learns of its policy."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.labelling.experience import LUCK_RATE, STRENGTH, Experience, Lessons


def certain(cell: int) -> np.ndarray:
    """Evidence that only one cell can explain."""
    cells = np.zeros(len(STRENGTH))
    cells[cell] = 1
    return cells


def taught(*cells: int, finish: bool = True) -> Experience:
    experience = Experience()
    for number, cell in enumerate(cells):
        experience.teach(f"q{number}", certain(cell))
        if finish:
            experience.finish(f"q{number}")
    return experience


def test_the_prior_is_a_distribution_before_and_after_learning():
    for experience in (taught(), taught(0, 5, 5, 200), taught(0, 5, 5, 200, finish=False)):
        assert experience.prior.sum() == pytest.approx(1)
        assert experience.prior.min() > 0


def test_what_is_seen_again_and_again_is_expected():
    experience = taught(*[7] * 100)
    # All but the fifth that stays of the first prior.
    assert 0.8 > experience.prior[7] > 0.9 * 0.8
    first = Experience().expects()
    for name, value in (("strength", STRENGTH[7]), ("luck", LUCK_RATE[7])):
        assert experience.expects()[name] == pytest.approx(0.8 * value + 0.2 * first[name], abs=0.02)


def test_the_unexpected_stays_possible_and_is_learnt_too():
    experience = taught(*[7] * 1000)
    assert experience.prior[100] > 0.2 * Experience().prior[100]
    experience = taught(*[7] * 100, *[100] * 300)
    assert experience.prior[100] > experience.prior[7]


def test_a_question_under_way_teaches_the_others_and_not_itself():
    experience = Experience()
    before = experience.prior
    experience.teach("one", certain(7))
    assert experience.prior_without("another")[7] > 5 * before[7]
    assert experience.prior_without("one") == pytest.approx(before)


def test_what_is_replaced_or_forgotten_leaves_no_trace():
    replaced, fresh = taught(3, 4), taught(3, 4)
    replaced.teach("new", certain(100))
    replaced.teach("new", certain(7))
    fresh.teach("new", certain(7))
    assert replaced.prior == pytest.approx(fresh.prior, abs=1e-12)
    replaced.forget("new")
    assert replaced.prior == pytest.approx(taught(3, 4).prior, abs=1e-12)


def test_a_finished_question_can_no_longer_be_forgotten():
    experience = taught(7)
    before = experience.prior
    experience.forget("q0")
    assert experience.prior == pytest.approx(before)
    assert experience.questions == 1


def test_a_finished_question_that_may_be_worked_on_again_counts_as_under_way_until_it_is_kept():
    held, other = Experience(holds=True), Experience()
    numbers = range(300)
    for experience in (held, other):
        for number in numbers:
            experience.teach(f"q{number}", certain(number % 3))
            experience.finish(f"q{number}")
    assert held.prior == pytest.approx(other.prior)
    assert (held.lessons().finished.questions, held.lessons().underway.questions) == (0, 300)
    assert held.lessons().finished.cells == pytest.approx(0, abs=1e-9)
    held.keep([f"q{number}" for number in numbers[:299]])
    assert (held.lessons().finished.questions, held.lessons().underway.questions) == (299, 1)
    held.keep(["q299", "never seen"])
    assert held.lessons().finished.cells == pytest.approx(other.lessons().finished.cells)


def test_what_was_concluded_while_nothing_was_known_fades_as_more_is_known():
    vague = np.ones(len(STRENGTH))
    experience = Experience()
    for number in range(30):
        experience.teach(f"vague {number}", vague)
        experience.finish(f"vague {number}")
    before = experience.prior[7]
    for number in range(30):
        experience.teach(f"clear {number}", certain(7))
        experience.finish(f"clear {number}")
    # Thirty of sixty speak for it, in the four fifths that are learnt; the others agree with whatever is known.
    assert experience.prior[7] > 0.5 > 0.8 * 30 / 60 > before


@given(st.lists(st.integers(0, len(STRENGTH) - 1), max_size=20), st.integers(1, 4))
def test_lessons_of_several_workers_add_up_in_any_order(cells, workers):
    crew = [taught(*cells[index::workers]) for index in range(workers)]
    forth = sum((each.lessons() for each in crew), Lessons())
    back = sum((each.lessons() for each in reversed(crew)), Lessons())
    assert forth.finished.questions == back.finished.questions == len(cells)
    assert forth.finished.cells == pytest.approx(back.finished.cells)
    assert forth.finished.cells.sum() == pytest.approx(len(cells))


def test_what_others_have_learnt_is_heard_once_however_often_it_is_told():
    listener, others = Experience(), taught(7, 7, 7).lessons()
    listener.hear(others)
    once = listener.prior
    listener.hear(others)
    assert listener.prior == pytest.approx(once)
    assert listener.questions == 3
    assert listener.lessons().finished.questions == 0


def test_one_that_does_not_learn_stays_as_it_is():
    stubborn, fresh = Experience(learns=False), Experience()
    stubborn.teach("one", certain(7))
    stubborn.finish("one")
    stubborn.hear(taught(7, 7).lessons())
    assert (stubborn.prior == fresh.prior).all()
    assert stubborn.questions == 0


def test_it_does_not_grow_with_the_length_of_a_run():
    sizes = [len(pickle.dumps(taught(*[3] * n))) for n in (300, 900)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.05)
    assert len(pickle.dumps(taught(*[3] * 300).lessons())) < 10_000
