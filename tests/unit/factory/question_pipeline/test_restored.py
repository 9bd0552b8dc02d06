"""Questions restored from their rows: the same evidence as before."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from support.fakes import RIGHT, WRONG, completion, policy_for
from support.top_ups import LABELLERS, attempted, made_by, on_disk, questions, recipe, simulated_models

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller
from factory.question_pipeline.recipe import finished_row
from factory.question_pipeline.restored import can_be_continued, restored
from factory.records.record import Resumption, question_row
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import Completion, Outcome, PartVerdict, Verdict

COUNTS = (
    "trials",
    "successes",
    "selections",
    "requested",
    "searched",
    "direct_trials",
    "direct_successes",
    "passthrough_trials",
    "passthrough_successes",
)
EFFORT = {"sampling.max_tokens": 512}


def counts(tree: Tree) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The counts of every node that is on a solution's way, by the keys that lead to it."""
    on_the_way = {node for solution in tree.solutions for node in (*solution.prefixes(), solution.leaf)}
    assert not any(getattr(node, name) for name in COUNTS for node in tree.nodes if node not in on_the_way)
    keys = {child: child.key for node in tree.nodes for child in node.children}
    return {
        tuple(keys[above] for above in node.path()): (*(getattr(node, name) for name in COUNTS), node.tokens)
        for node in on_the_way
    }


def facts(tree: Tree) -> list[tuple[Any, ...]]:
    return [
        (
            solution.text,
            solution.verdict,
            solution.finish_reason,
            solution.method,
            solution.start_depth,
            solution.counted_at,
            solution.occurrences,
            solution.prompt_tokens,
            solution.n_tokens,
            solution.outcome,
            solution.evidence(),
            solution.start.text,
        )
        for solution in tree.solutions
    ]


def back(tree: Tree) -> Tree:
    row = question_row(tree, {}, Policy(tree, None, "").cost, made_by(recipe()), resumption=Resumption(effort=EFFORT))
    return restored(tree.question, on_disk(row), EFFORT).tree


def assert_same(tree: Tree, again: Tree) -> None:
    assert facts(again) == facts(tree)
    assert counts(again) == counts(tree)
    outcomes = [solution.outcome for solution in tree.solutions]
    assert (again.correct, again.incorrect) == (outcomes.count(True), outcomes.count(False))
    assert (tree.correct, tree.incorrect) == (again.correct, again.incorrect)


@pytest.mark.parametrize("labeller", LABELLERS)
@hypothesis.given(seed=st.integers(0, 10**6), cut=st.sampled_from([0.0, 0.3]), given=st.booleans())
@hypothesis.settings(max_examples=hypothesis.settings.default.max_examples // 7)
async def test_a_question_comes_back_with_all_its_evidence_and_so_with_the_same_labels(labeller, seed, cut, given):
    question = replace(questions(1)[0], given=(f"Step 1 slips in variant 0. word word\nso\n{WRONG}",) if given else ())
    used = replace(recipe(labeller, n=6), seed=seed)
    attempt = await attempted(used, question, simulated_models(cut))
    row = on_disk(finished_row(attempt, made_by(used)))
    found = restored(question, row, used.effort)
    assert_same(attempt.tree, found.tree)
    assert found.cost == replace(attempt.policy.cost, roles={})
    assert list(found.kept.values()) == row["solutions"]
    for rule in (SolutionLabeller.by_posterior, SolutionLabeller.by_counts):
        judge, again = SolutionLabeller(Experience(), 0.9), SolutionLabeller(Experience(), 0.9)
        labels = [rule(judge, solution) for solution in attempt.tree.solutions]
        assert [rule(again, solution) for solution in found.tree.solutions] == labels


def tokens(*texts: str, finish_reason: str = "stop") -> Completion:
    return Completion(
        text="".join(texts),
        token_ids=tuple(range(1, len(texts) + 1)),
        token_ends=tuple(accumulate(map(len, texts))),
        finish_reason=finish_reason,
    )


async def test_steps_end_where_tokens_ended_them_not_where_the_text_alone_would():
    program = tokens("def f(x):\n   ", " if x:\n       ", " return 1\n", f"\n{RIGHT}")
    policy = policy_for(lambda prefix, n: [program])
    await policy.rollouts(policy.tree.root, 1)
    await policy.rollouts(policy.tree.solutions[0].leaf.path()[1], 1)
    again = back(policy.tree)
    assert_same(policy.tree, again)
    assert [node.step.text for node in again.solutions[0].leaf.path()][:2] == ["def f(x):\n   ", " if x:\n       "]


async def test_a_rollout_that_ends_where_it_began_and_one_that_differs_in_its_last_white_space():
    replies = iter([[f"a\nb\n{WRONG}", "a\nb\nc"], [""], [f"a\nb\n{WRONG}\n", "a\n"], [RIGHT]])
    policy = policy_for(lambda prefix, n: next(replies))
    wrong, _ = await policy.rollouts(policy.tree.root, 2)
    await policy.rollouts(wrong.leaf.path()[1], 1)
    await policy.rollouts(policy.tree.root, 2)
    await policy.rollouts(wrong.leaf.path()[0], 1)
    assert_same(policy.tree, back(policy.tree))


async def test_verdicts_come_back_with_their_parts():
    verdict = Verdict(
        outcome=Outcome.INCORRECT,
        answer="5",
        reason="test 1",
        parts=(PartVerdict(outcome=Outcome.CORRECT, start=0, end=3), PartVerdict(outcome=Outcome.ERROR, note="n")),
    )
    policy = policy_for(lambda prefix, n: [])
    policy.tree.add(policy.tree.root, [], verdict, finish_reason="stop", method="sample")
    assert back(policy.tree).solutions[0].verdict == verdict


async def test_a_restored_prefix_is_continued_from_its_text_and_what_comes_behind_it_from_ids():
    policy = policy_for(lambda prefix, n: [f"a\nb\n{WRONG}"])
    await policy.rollouts(policy.tree.root, 1)
    tree = back(policy.tree)
    resumed = policy_for(lambda prefix, n: [f"x\n{RIGHT}"])
    resumed.tree = tree
    [behind] = await resumed.rollouts(tree.solutions[0].leaf.path()[1], 1)
    await resumed.rollouts(behind.leaf.parent, 1)
    asked = [(request.prefix_text, request.prefix) for request in resumed.models.requests]
    assert asked == [("a\nb\n", ()), ("a\nb\n", tuple(map(ord, "x\n")))]


async def test_prefixes_that_were_asked_in_vain_are_not_forgotten():
    cut = completion("no", "length")
    policy = policy_for(lambda prefix, n: [cut if prefix else f"a\n{WRONG}"])
    [wrong] = await policy.rollouts(policy.tree.root, 1)
    await policy.rollouts(wrong.leaf.path()[0], 1)
    [prefix] = [node for node in back(policy.tree).nodes if node.text == "a\n"]
    assert (prefix.requested, prefix.trials) == (1, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": "2"}, "schema 2; expected 3"),
        ({"schema_version": None}, "schema None"),
        ({"status": "failed"}, "status failed"),
        ({"effort": None}, "holds no amounts"),
    ],
)
async def test_a_row_that_cannot_be_continued_says_why(change, said):
    used, [question] = recipe(), questions(1)
    row = on_disk(finished_row(await attempted(used, question, simulated_models()), made_by(used)))
    assert can_be_continued(row) is None
    assert said in can_be_continued(row | change)
    with pytest.raises(ValueError, match="cannot go on"):
        restored(question, row | change, used.effort)


async def test_a_row_of_another_question_is_a_mistake():
    used, [first, second] = recipe(), questions(2)
    row = on_disk(finished_row(await attempted(used, first, simulated_models()), made_by(used)))
    with pytest.raises(ValueError, match=second.id):
        restored(second, row, used.effort)
