"""Step labels from a checker that says where a solution goes wrong."""

from __future__ import annotations

from random import Random

import pytest
from fakes import QUESTION, policy_for

from factory.experience import Experience
from factory.step_labels import SolutionLabels
from factory.supervision.checked_steps import Config, label
from factory.tree import Tree
from factory.types import Outcome, Part, Step, Verdict

GOOD, BAD, SLOW = Outcome.CORRECT, Outcome.INCORRECT, Outcome.TIMEOUT


async def labels(
    texts: list[str], outcome: Outcome, parts: list[tuple[Outcome, int | None]], finish_reason: str = "stop"
) -> SolutionLabels:
    policy = policy_for(lambda prefix, n: [])
    tree = Tree(QUESTION)
    verdict = Verdict(outcome=outcome, parts=tuple(Part(outcome=said, end=end) for said, end in parts))
    steps = [Step(text=text, token_ids=(1,)) for text in texts]
    solution = tree.add(tree.root, steps, verdict, finish_reason=finish_reason, method="sample")
    found = await label(tree, policy, Config(), Random(0), Experience())
    assert policy.models.asked == []  # type: ignore[attr-defined]
    return found[solution]


ROWS = {
    "a correct solution is right in every step": (["a.\n", "b.\n"], GOOD, [(GOOD, 2), (GOOD, 5)], [1, 1], -1),
    "the first failing part is the first error": (["a.\n", "b.\n", "c."], BAD, [(GOOD, 2), (BAD, 5)], [1, -1, None], 1),
    "the first part fails": (["a.\n", "b."], BAD, [(BAD, 2)], [-1, None], 0),
    "a right part and a wrong one in a step": (["a. b.\n", "c."], BAD, [(GOOD, 2), (BAD, 5)], [-1, None], 0),
    "text between parts is the next one's": (["so\n", "a.\n", "b."], BAD, [(GOOD, 5), (BAD, 8)], [1, 1, -1], 2),
    "where a wrong part began is unknown": (["a.\n", "b\n", "c."], BAD, [(GOOD, 2), (BAD, 7)], [1, None, -1], None),
    "a step that begins a wrong part": (["a. b\n", "c."], BAD, [(GOOD, 2), (BAD, 7)], [None, -1], None),
    "an unfinished solution": (["a.\n", "b.\n", "c."], BAD, [(GOOD, 2), (GOOD, 5), (GOOD, 8)], [1, 1, None], None),
    "wrong as a whole": (["a.\n", "b."], BAD, [(GOOD, 2), (GOOD, 5), (BAD, None)], [None, None], None),
    "parts without a place": (["a.\n", "b."], BAD, [(GOOD, None), (BAD, None)], [None, None], None),
    "no parts": (["a.\n", "b."], BAD, [], [None, None], None),
    "a part that was not judged": (["a.\n", "b.\n"], BAD, [(GOOD, 2), (SLOW, 5)], [1, None], None),
    "a time-out labels nothing": (["a.\n", "b."], SLOW, [(GOOD, 2), (SLOW, 5)], [None, None], None),
    "an error labels nothing": (["a.\n", "b."], Outcome.ERROR, [(GOOD, 2), (GOOD, 5)], [None, None], None),
}


@pytest.mark.parametrize("case", ROWS)
async def test_labels_follow_the_parts(case: str) -> None:
    texts, outcome, parts, signs, first_error = ROWS[case]
    found = await labels(texts, outcome, parts)
    assert [step.label for step in found.steps] == signs
    assert found.first_error == first_error
    assert found.policy_calls == 0
    assert all(step.confidence == (step.label is not None) and not step.n_trials for step in found.steps)


async def test_a_solution_that_was_cut_off_is_not_labelled():
    found = await labels(["a.\n", "b."], BAD, [(GOOD, 2), (GOOD, 5)], finish_reason="length")
    assert [step.label for step in found.steps] == [None, None]
