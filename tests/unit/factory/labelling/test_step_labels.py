"""Labels made of counts: what is said, what is withheld."""

from __future__ import annotations

import pytest
from support.fakes import QUESTION

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller, SolutionLabels
from factory.rollouts.nodes import Solution
from factory.rollouts.tree import Tree
from factory.types import Outcome, Step, Verdict

WRONG = Verdict(outcome=Outcome.INCORRECT, answer="5")
RIGHT = Verdict(outcome=Outcome.CORRECT, answer="4")
CHAIN = ["a", "b", "c", "d"]


def solution(verdict: Verdict, counts: dict[int, tuple[int, int]], texts: list[str] = CHAIN) -> Solution:
    """A solution whose prefix of `depth` steps has `counts[depth]` = (trials, successes), itself not among them."""
    tree = Tree(QUESTION)
    steps = [Step(text=text, token_ids=(1,)) for text in texts]
    found = tree.add(tree.root, steps, verdict, finish_reason="stop", method="sample")
    for depth, node in enumerate([tree.root, *found.leaf.path()]):
        node.trials, node.successes = node.direct_trials, node.direct_successes = counts.get(depth, (0, 0))
    found.counted_at = None
    return found


def judged(verdict: Verdict, counts: dict[int, tuple[int, int]], confidence: float = 0.9) -> SolutionLabels:
    return SolutionLabeller(Experience(), confidence).by_posterior(solution(verdict, counts))


def by_counts(verdict: Verdict, counts: dict[int, tuple[int, int]], confidence: float = 0.0) -> SolutionLabels:
    return SolutionLabeller(Experience(), confidence).by_counts(solution(verdict, counts))


def signs(labels: SolutionLabels) -> list[int | None]:
    return [step.label for step in labels.steps]


def test_an_unsolved_question_labels_nothing_but_the_wrong_answer_itself():
    found = judged(WRONG, {0: (32, 0), 1: (8, 0), 2: (8, 0)})
    assert signs(found) == [None, None, None, -1]
    assert found.first_error is None


def test_a_step_nobody_measured_is_not_wrong_by_the_prior_alone():
    found = judged(WRONG, {0: (32, 1)})
    assert signs(found)[:3] == [None, None, None]
    assert found.first_error is None


def test_what_lies_before_a_success_is_right_though_never_measured():
    found = judged(WRONG, {0: (16, 8), 2: (16, 12), 3: (16, 0)})
    assert signs(found) == [1, 1, -1, -1]
    assert found.first_error == 2


def test_a_gap_between_the_last_success_and_the_first_failure_leaves_the_first_error_open():
    found = judged(WRONG, {0: (16, 12), 1: (16, 12), 3: (16, 0)})
    assert found.steps[0].label == 1
    assert found.steps[1].label is None
    assert found.first_error is None


def test_a_correct_solution_with_a_succeeding_prefix_is_right_throughout():
    found = judged(RIGHT, {0: (16, 12), 3: (8, 8)})
    assert signs(found) == [1, 1, 1, 1]
    assert found.first_error == -1


def test_the_only_step_of_a_wrong_solution_is_its_first_error():
    found = SolutionLabeller(Experience(), 0.9).by_posterior(solution(WRONG, {0: (8, 4)}, ["a"]))
    assert found.first_error == 0


def test_raw_counts_stand_beside_every_label():
    found = judged(WRONG, {0: (16, 8), 2: (16, 12), 3: (16, 0)})
    counts = [(step.n_trials, step.n_successes, step.mc_value) for step in found.steps]
    assert counts == [(0, 0, None), (16, 12, 0.75), (16, 0, 0.0), (1, 0, 0.0)]


def test_contradicting_evidence_is_marked_and_not_labelled():
    found = judged(WRONG, {0: (16, 12), 1: (40, 0), 2: (40, 40)})
    assert found.contradicted
    assert signs(found) == [None] * 4
    assert found.first_error is None


@pytest.mark.parametrize("confidence", [0.6, 0.9, 0.97, 0.999])
def test_no_label_is_less_sure_than_was_asked(confidence):
    found = judged(WRONG, {0: (16, 8), 1: (4, 3), 2: (6, 1), 3: (8, 0)}, confidence)
    assert all(step.confidence >= confidence for step in found.steps if step.label is not None)


def test_a_solution_without_a_usable_verdict_keeps_its_counts_and_gets_no_label():
    found = judged(Verdict(outcome=Outcome.UNPARSABLE), {1: (8, 4)})
    assert (found.steps[0].n_trials, found.steps[0].n_successes) == (8, 4)
    assert signs(found) == [None] * 4


def test_a_hard_estimate_is_right_where_any_rollout_succeeded():
    found = by_counts(WRONG, {0: (8, 4), 1: (8, 1), 2: (8, 0), 3: (8, 0)})
    assert signs(found) == [1, -1, -1, -1]
    assert found.first_error == 1


def test_hard_estimates_are_taken_step_by_step():
    assert signs(by_counts(WRONG, {0: (8, 4), 1: (8, 0), 2: (8, 1), 3: (8, 0)})) == [-1, 1, -1, -1]


def test_an_unmeasured_step_is_estimated_only_where_its_neighbours_agree():
    assert signs(by_counts(WRONG, {0: (8, 4), 2: (8, 1)})) == [1, 1, None, -1]
    assert signs(by_counts(WRONG, {0: (8, 4), 2: (8, 0)})) == [None, -1, -1, -1]


def test_a_hard_estimate_that_the_posterior_doubts_is_withheld():
    lucky = {0: (32, 30), 1: (32, 30), 2: (32, 1), 3: (32, 0)}
    assert signs(by_counts(WRONG, lucky)) == [1, 1, -1, -1]
    assert signs(by_counts(WRONG, lucky, confidence=0.9)) == [1, None, -1, -1]


def by_progress(verdict: Verdict, counts: dict[int, tuple[int, int]], share: float = 0.8) -> SolutionLabels:
    return SolutionLabeller(Experience(), 0, progress=share).by_counts(solution(verdict, counts))


def test_a_step_behind_which_a_fifth_of_the_successes_is_gone_is_wrong_by_relative_progress():
    # .8 of 10 of 10 are 8; a hard estimate would call all three right.
    counts = {0: (10, 10), 1: (10, 8), 2: (10, 6), 3: (10, 6)}
    assert signs(by_progress(WRONG, counts)) == [1, -1, -1, -1]
    assert by_progress(WRONG, counts).first_error == 1
    assert signs(by_counts(WRONG, counts)) == [1, 1, 1, -1]


def test_relative_progress_goes_by_the_last_measured_prefix():
    assert signs(by_progress(WRONG, {0: (10, 10), 3: (10, 7)})) == [None, None, -1, -1]
    assert signs(by_progress(WRONG, {0: (10, 10), 1: (10, 9), 3: (10, 8)})) == [1, 1, 1, -1]


def test_without_rollouts_of_the_question_the_first_prefix_has_to_succeed_at_all():
    assert signs(by_progress(WRONG, {1: (10, 1), 2: (10, 1), 3: (10, 0)})) == [1, 1, -1, -1]
    assert signs(by_progress(RIGHT, {1: (10, 0)})) == [-1, -1, -1, 1]


def test_the_last_step_has_the_verdict_by_relative_progress_too():
    counts = {0: (8, 8), 1: (8, 8), 2: (8, 4), 3: (8, 8)}
    assert signs(by_progress(RIGHT, counts)) == [1, -1, -1, 1]
    assert signs(by_progress(WRONG, counts)) == [1, -1, -1, -1]
