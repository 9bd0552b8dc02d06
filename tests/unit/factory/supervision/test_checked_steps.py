"""Step labels from a checker that says where a solution goes wrong."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import QUESTION, policy_for

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.tree import Tree
from factory.supervision.checked_steps import Config, label
from factory.types import Outcome, PartVerdict, Step, Verdict

GOOD, BAD, SLOW = Outcome.CORRECT, Outcome.INCORRECT, Outcome.TIMEOUT


Said = tuple[Outcome, str | None]  # an outcome of a piece of the text, of None where it has no place there


async def labels(texts: list[str], outcome: Outcome, said: list[Said], finish_reason: str = "stop") -> SolutionLabels:
    policy = policy_for(lambda prefix, n: [])
    tree = Tree(QUESTION)
    text, at, parts = "".join(texts), 0, []
    for each, piece in said:
        if piece is None:
            parts.append(PartVerdict(outcome=each))
            continue
        start = text.index(piece, at)
        at = start + len(piece)
        parts.append(PartVerdict(outcome=each, start=start, end=at))
    verdict = Verdict(outcome=outcome, parts=tuple(parts))
    steps = [Step(text=text, token_ids=(1,)) for text in texts]
    solution = tree.add(tree.root, steps, verdict, finish_reason=finish_reason, method="sample")
    found = await label(tree, policy, Config(), Random(0), Experience())
    assert policy.models.asked == []  # type: ignore[attr-defined]
    return found[solution]


A, B, C = (GOOD, "a."), (GOOD, "b."), (GOOD, "c.")
NOT_A, NOT_B = (BAD, "a."), (BAD, "b.")
ROWS: dict[str, tuple[list[str], Outcome, list[Said], list[int | None], int | None]] = {
    "a correct solution is right in every step": (["a.\n", "b.\n"], GOOD, [A, B], [1, 1], -1),
    "what stands around a correct proof is unknown": (
        ["so:\n", "```\n", "a.\n", "b.\n", "```\n"], GOOD, [A, B], [None, 1, 1, 1, None], -1,
    ),
    "the fence of a proof changes nothing": (
        ["so:\n", "```coq\n", "x.\n", "```\n", "```coq\n", "\n", "a.\n", "b.\n"],
        BAD,
        [A, NOT_B],
        [None, None, None, None, 1, 1, 1, -1],
        7,
    ),
    "what stands in one step with a proof is its": (["so: a.\n", "b. done"], GOOD, [A, B], [1, 1], -1),
    "the first failing part is the first error": (["a.\n", "b.\n", "c."], BAD, [A, NOT_B], [1, -1, None], 1),
    "the first part fails": (["a.\n", "b."], BAD, [NOT_A], [-1, None], 0),
    "an attempt in front of it is unknown": (["x.\n", "a.\n", "b.\n"], BAD, [A, NOT_B], [None, 1, -1], 2),
    "a right part and a wrong one in a step": (["a. b.\n", "c."], BAD, [A, NOT_B], [-1, None], 0),
    "text between parts is the next one's": (["a.\n", "so\n", "b."], GOOD, [A, B], [1, 1, 1], -1),
    "text in front of a wrong part changes nothing": (["a.\n", "so\n", "b."], BAD, [A, NOT_B], [1, 1, -1], 2),
    "a wrong part of two steps": (["a.\n", "b\n", "c."], BAD, [A, (BAD, "b\nc.")], [1, -1, None], 1),
    "a step that begins a wrong part": (["a. b\n", "c."], BAD, [A, (BAD, "b\nc.")], [-1, None], 0),
    "an unfinished solution": (["a.\n", "b.\n", "c."], BAD, [A, B, C], [1, 1, None], None),
    "an unfinished solution in a fence": (["```\n", "a.\n", "b.\n", "```"], BAD, [A, B], [1, 1, None, None], None),
    "wrong as a whole": (["a.\n", "b."], BAD, [A, B, (BAD, None)], [None, None], None),
    "parts without a place": (["a.\n", "b."], BAD, [(GOOD, None), (BAD, None)], [None, None], None),
    "parts of a correct solution without a place": (["a.\n", "b."], GOOD, [(GOOD, None)], [None, None], None),
    "no parts": (["a.\n", "b."], BAD, [], [None, None], None),
    "a part that was not judged": (["a.\n", "b.\n"], BAD, [A, (SLOW, "b.")], [1, None], None),
    "a time-out labels nothing": (["a.\n", "b."], SLOW, [A, (SLOW, "b.")], [None, None], None),
    "an error labels nothing": (["a.\n", "b."], Outcome.ERROR, [A, B], [None, None], None),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
async def test_labels_follow_the_parts(case: str) -> None:
    texts, outcome, parts, signs, first_error = ROWS[case]
    found = await labels(texts, outcome, parts)
    assert [step.label for step in found.steps] == signs
    assert found.first_error == first_error
    assert found.policy_calls == 0
    assert all(step.confidence == (step.label is not None) and not step.n_trials for step in found.steps)


async def test_a_solution_that_was_cut_off_is_not_labelled():
    found = await labels(["a.\n", "b."], BAD, [A, B], finish_reason="length")
    assert [step.label for step in found.steps] == [None, None]
