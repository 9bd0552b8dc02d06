"""Where the first error is, given counts, and how sure that is."""

from __future__ import annotations

import pytest
from fakes import QUESTION
from hypothesis import given
from hypothesis import strategies as st

from factory.posterior import first_error_posterior, label_solution
from factory.tree import Tree
from factory.types import Outcome, Step, Verdict

COUNTS = st.lists(
    st.integers(0, 32).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1, max_size=12
)


@given(COUNTS, st.booleans())
def test_it_is_a_distribution_over_every_step_and_none(counts, correct):
    posterior = first_error_posterior(tuple(counts), correct)
    assert len(posterior) == len(counts) + 1
    assert sum(posterior) == pytest.approx(1)
    assert all(p >= 0 for p in posterior)


def test_a_boundary_between_success_and_failure_is_the_first_error():
    posterior = first_error_posterior(
        (
            (16, 8),
            (16, 8),
            (16, 0),
            (16, 0),
        ),
        correct=False,
    )
    assert max(range(5), key=posterior.__getitem__) == 1
    assert posterior[1] > 0.95


def test_failure_after_a_strong_prefix_says_more_than_after_a_weak_one():
    strong = first_error_posterior(
        (
            (16, 14),
            (8, 7),
            (8, 0),
        ),
        correct=False,
    )
    weak = first_error_posterior(
        (
            (16, 2),
            (8, 1),
            (8, 0),
        ),
        correct=False,
    )
    assert strong[1] > weak[1]


def test_a_rare_success_may_be_luck():
    lucky = first_error_posterior(
        (
            (32, 24),
            (32, 24),
            (32, 1),
            (32, 0),
        ),
        correct=False,
    )
    assert max(range(5), key=lucky.__getitem__) == 1


def test_a_correct_solution_with_succeeding_prefixes_has_no_error():
    posterior = first_error_posterior(
        (
            (16, 12),
            (8, 7),
            (8, 8),
        ),
        correct=True,
    )
    assert posterior[-1] > 0.95


def test_without_evidence_a_wrong_solution_is_wrong_somewhere():
    posterior = first_error_posterior(((0, 0),) * 4, correct=False)
    assert posterior[-1] < 0.05
    assert max(posterior) < 0.6


def labelled(texts: list[str], verdict: Verdict, counts: dict[int, tuple[int, int]]):
    """Labels of one solution whose prefix of `depth` steps has `counts[depth]` = (trials, successes)."""
    tree = Tree(QUESTION)
    steps = [Step(text=text, token_ids=(1,)) for text in texts]
    solution = tree.add(tree.root, steps, verdict, finish_reason="stop", method="sample")
    for depth, node in enumerate([tree.root, *solution.leaf.path()]):
        node.trials, node.successes = counts.get(depth, (0, 0))
    return label_solution(solution, 0.9)


WRONG = Verdict(outcome=Outcome.INCORRECT, answer="5")
RIGHT = Verdict(outcome=Outcome.CORRECT, answer="4")
CHAIN = ["a", "b", "c", "d"]


def test_an_unsolved_question_labels_nothing_but_the_wrong_answer_itself():
    found = labelled(CHAIN, WRONG, {0: (32, 0), 1: (8, 0), 2: (8, 0)})
    assert [step.label for step in found.steps] == [None, None, None, -1]
    assert found.first_error is None


def test_a_step_nobody_measured_is_not_wrong_by_the_prior_alone():
    found = labelled(CHAIN, WRONG, {0: (32, 1)})
    assert [step.label for step in found.steps[:3]] == [None, None, None]
    assert found.first_error is None


def test_what_lies_before_a_success_is_right_though_never_measured():
    found = labelled(CHAIN, WRONG, {0: (16, 8), 2: (16, 12), 3: (16, 0)})
    assert [step.label for step in found.steps] == [1, 1, -1, -1]
    assert found.first_error == 2


def test_a_gap_between_the_last_success_and_the_first_failure_leaves_the_first_error_open():
    found = labelled(CHAIN, WRONG, {0: (16, 12), 1: (16, 12), 3: (16, 0)})
    assert found.steps[0].label == 1
    assert found.steps[1].label is None
    assert found.first_error is None


def test_a_correct_solution_with_a_succeeding_prefix_is_right_throughout():
    found = labelled(CHAIN, RIGHT, {0: (16, 12), 3: (8, 8)})
    assert [step.label for step in found.steps] == [1, 1, 1, 1]
    assert found.first_error == -1
