"""Lesson of one question: all its evidence, each rollout once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.fakes import QUESTION, RIGHT, WRONG

from factory.labelling.belief import Belief
from factory.labelling.experience import REPAIR_RATE, STRENGTH, Experience
from factory.labelling.learning import learn, likelihood
from factory.rollouts.tree import Tree
from factory.types import Outcome, Step, Verdict


def sample(tree: Tree, *texts: str, outcome: Outcome = Outcome.INCORRECT, start: int = 0, method: str = "sample"):
    """Add a rollout that continues the last added solution behind its first `start` steps."""
    begin = tree.root if not start else tree.solutions[-1].leaf.path()[start - 1]
    steps = [Step(text=text, token_ids=(1,)) for text in texts]
    return tree.add(begin, steps, Verdict(outcome=outcome), finish_reason="stop", method=method)


def question(right: int, wrong: int) -> Tree:
    """Tree of samples that share nothing but the bare question."""
    tree = Tree(QUESTION)
    for index in range(wrong):
        sample(tree, f"w{index}\n", f"x{index}\n", WRONG)
    for index in range(right):
        sample(tree, f"r{index}\n", RIGHT, outcome=Outcome.CORRECT)
    return tree


def measured(tree: Tree, counts: dict[int, tuple[int, int]], which: int = 0):
    """Set the counts of the prefixes of one solution; return its prefixes with its belief under the first prior."""
    solution = tree.solutions[which]
    for depth, node in enumerate(solution.prefixes()):
        if depth in counts:
            node.direct_trials, node.direct_successes = counts[depth]
    belief = Belief(solution.leaf.depth, False, Experience().prior)
    belief.update(solution.evidence())
    return solution.prefixes(), belief


def test_the_first_samples_tell_how_strong_the_policy_is():
    strong, weak = Experience(), Experience()
    learn(strong, question(right=7, wrong=1))
    learn(weak, question(right=1, wrong=7))
    before = Experience().expects()["strength"]
    assert strong.expects()["strength"] > before > weak.expects()["strength"]


def test_a_question_whose_samples_have_no_verdict_teaches_nothing():
    tree, experience = Tree(QUESTION), Experience()
    sample(tree, "a\n", WRONG, outcome=Outcome.TIMEOUT)
    learn(experience, tree)
    experience.finish(QUESTION.id)
    assert experience.questions == 0


def test_what_has_been_taught_from_as_many_rollouts_is_not_computed_again():
    tree, experience = question(right=2, wrong=2), Experience()
    learn(experience, tree)
    before = experience.prior
    tree.root.direct_trials = 1000
    learn(experience, tree)
    assert (experience.prior == before).all()
    sample(tree, "new\n", WRONG)
    learn(experience, tree)
    assert (experience.prior != before).any()


def test_the_bare_question_counts_once_however_many_solutions_it_has():
    tree = question(right=0, wrong=3)
    one, *others = [measured(tree, {0: (8, 4)}, which) for which in range(3)]
    alone, together = likelihood([one]), likelihood([one, *others])
    assert together == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize(("right", "strength"), [(512, 0.99), (410, 0.75), (51, 0.08)])
def test_hundreds_of_rollouts_of_the_bare_question_count_once_too(right, strength):
    tree = question(right=0, wrong=3)
    solutions = [measured(tree, {0: (513, right), 1: (3, 1)}, which) for which in range(3)]
    says = likelihood(solutions) * Experience().prior
    assert STRENGTH[says.argmax()] == strength


def test_solutions_of_one_question_add_to_each_other():
    tree = question(right=0, wrong=2)
    repaired = {0: (8, 4), 1: (8, 4), 2: (8, 2)}
    pair = [measured(tree, repaired, which) for which in range(2)]
    moved = [float(likelihood(some) @ REPAIR_RATE / likelihood(some).sum()) for some in (pair[:1], pair)]
    assert abs(moved[1] - 0.1) > abs(moved[0] - 0.1)


def test_of_two_that_share_a_measured_prefix_only_the_more_measured_counts():
    tree = Tree(QUESTION)
    sample(tree, "a\n", "b\n", WRONG)
    sample(tree, "c\n", WRONG, start=1)
    less = measured(tree, {1: (4, 1)}, which=1)
    more = measured(tree, {1: (4, 1), 2: (4, 0)}, which=0)
    assert (likelihood([less, more]) == likelihood([more])).all()


def test_a_lesson_is_finite_whatever_the_evidence():
    tree = question(right=0, wrong=2)
    pair = [measured(tree, {0: (9999, 9000), 1: (9999, 0), 2: (9999, 9999)}, which) for which in range(2)]
    lesson = likelihood(pair)
    assert np.isfinite(lesson).all()
    assert lesson.max() == 1


def test_a_question_that_comes_twice_with_other_given_solutions_teaches_twice():
    experience = Experience()
    for given in (RIGHT, WRONG):
        tree = Tree(replace(QUESTION, given=(given,)))
        sample(tree, "a\n", WRONG)
        learn(experience, tree)
    assert experience.lessons().underway.questions == 2
