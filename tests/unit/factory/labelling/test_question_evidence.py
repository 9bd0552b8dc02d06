"""Evidence of a question's solutions on its policy: each part once, and nobody's own."""

from __future__ import annotations

import numpy as np
import pytest

from factory.labelling.belief import Belief
from factory.labelling.experience import STRENGTH, Experience
from factory.labelling.question_evidence import QuestionEvidence
from factory.rollouts.nodes import Node

PRIOR = Experience().prior


def chain(first: Node, begin: int, steps: int = 3) -> list[Node]:
    """Prefixes of a solution that goes its own way behind `first`; indices count up from `begin`."""
    prefixes = [first]
    for depth in range(1, steps):
        prefixes.append(Node(index=begin + depth, depth=first.depth + depth, parent=prefixes[-1]))
    return prefixes


def belief(*counts: tuple[int, int]) -> Belief:
    one = Belief(len(counts), correct=False, prior=PRIOR)
    one.update(counts)
    return one


ROOT = Node(index=0, depth=0)
ONE, TWO, THREE = chain(ROOT, 10), chain(ROOT, 20), chain(ROOT, 30)
HOPELESS, STRONG = belief((0, 0), (20, 0), (0, 0)), belief((0, 0), (8, 8), (0, 0))


def strength(evidence: QuestionEvidence, prefixes: list[Node]) -> float:
    return float(evidence.prior(evidence.others(prefixes), PRIOR) @ STRENGTH)


def test_a_solution_without_others_has_the_prior_as_it_is() -> None:
    assert QuestionEvidence().prior((), PRIOR) is PRIOR
    alone = QuestionEvidence([(ONE, STRONG)])
    assert alone.others(ONE) == ()


def test_what_one_solution_has_shown_of_the_policy_the_others_know() -> None:
    weak, strong = QuestionEvidence([(ONE, HOPELESS)]), QuestionEvidence([(ONE, STRONG)])
    assert strength(weak, TWO) < PRIOR @ STRENGTH < strength(strong, TWO)


def test_evidence_of_several_solutions_adds_up() -> None:
    both = QuestionEvidence([(ONE, STRONG), (TWO, STRONG)])
    log = 2 * STRONG.log_likelihood_behind_question
    expected = PRIOR * np.exp(log - log.max())
    assert both.prior(both.others(THREE), PRIOR) == pytest.approx(expected / expected.sum())


def test_solutions_that_share_a_measured_prefix_say_nothing_to_each_other_and_count_once() -> None:
    other = [*ONE[:2], Node(index=99, depth=2, parent=ONE[1])]
    evidence = QuestionEvidence([(ONE, belief((0, 0), (4, 1), (0, 0))), (other, belief((0, 0), (4, 1), (2, 0)))])
    assert evidence.others(ONE) == evidence.others(other) == ()
    assert len(evidence.others(TWO)) == 1


def test_a_solution_without_a_rollout_from_inside_says_nothing() -> None:
    assert QuestionEvidence([(ONE, belief((8, 3), (0, 0), (0, 0)))]).others(TWO) == ()
