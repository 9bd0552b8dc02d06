"""Questions whose search has left visits, scores and choices, taken up again from their rows."""

from __future__ import annotations

import pytest
from support.fakes import QUESTION, RIGHT, WRONG, completion
from support.searches.scripted import scripted_policy
from support.top_ups import done, made_by, on_disk, questions, recipe, simulated_models
from support.validation import of_schema

from factory.drafting.scores import score_path
from factory.drafting.settled import choose, settle
from factory.drafting.steps import complete, graft, next_steps, plant
from factory.drafting.uct import backup
from factory.labelling.opinions import Opinion
from factory.question_pipeline.restored import restored
from factory.records.difference import differences
from factory.records.record import Resumption, question_row
from factory.records.validation import row_faults
from factory.rollouts.cost import Cost
from factory.rollouts.critique import Critique
from factory.types import LENGTH, POLICY

EFFORT = {"sampling.max_tokens": 512}
FIELDS = ("action", "visits", "selections", "score", "reward", "finish", "searched")


def row_of(tree, kept=None):
    return on_disk(
        question_row(tree, {}, Cost(), made_by(recipe()), resumption=Resumption(effort=EFFORT, kept=kept or {}))
    )


def nodes(tree):
    return {node.text: tuple(getattr(node, name) for name in FIELDS) for node in tree.nodes}


async def searched():
    """Tree as a search leaves it: two scored and visited steps, one that another prompt wrote, two ends."""
    script = {(POLICY, "2?"): ["a\n", "b\n"], (POLICY, "a\n"): [f"c\n{WRONG}"], (POLICY, "so\n"): [RIGHT]}
    policy = scripted_policy(script, {"a": 0.5, "b": 0.25})
    one, other = await next_steps(policy, policy.tree.root, 2, method="mcts")
    for node, reward in ((one, 1.0), (other, 0.5), (one, 0.0)):
        await score_path(policy, node, "prm")
        backup(node, reward)
    asked = graft(policy.tree, one, "And so\n", action="A3")
    ends = [
        *await complete(policy, one, 1, method="mcts"),
        *await next_steps(policy, asked, 1, method="mcts", action="A2"),
    ]
    wrong, right = await settle(policy, ends, method="mcts")
    right.revises, right.critique, right.role = wrong, "The sum is 4.", "helpful"
    choose(policy.tree, right, 0.75)
    return policy.tree


async def test_a_search_comes_back_with_its_visits_scores_actions_and_choice() -> None:
    tree = await searched()
    row = row_of(tree)
    assert list(row_faults(row)) == []
    again = restored(QUESTION, row, EFFORT).tree
    was = nodes(tree)
    # What only leads to an end is known by that solution.
    del was["a\nc\n"]
    assert {text: fields for text, fields in nodes(again).items() if text in was} == was
    wrong, right = again.solutions
    assert (right.selected, right.score, right.role, right.critique) == (True, 0.75, "helpful", "The sum is 4.")
    assert (right.revises, wrong.revises, wrong.selected, wrong.role) == (wrong, None, False, POLICY)
    assert [(one.independent, one.own, one.counted_at) for one in again.solutions] == [(False, False, None)] * 2
    assert differences(row_of(again), row) == []


async def test_a_search_goes_on_where_it_stopped_and_its_old_rows_learn_of_the_new_choice() -> None:
    before = restored(QUESTION, row_of(await searched()), EFFORT)
    policy = scripted_policy({(POLICY, "b\n"): [RIGHT]}, {"b": 0.25})
    policy.tree = before.tree
    other = before.tree.root.child("b\n")
    [end] = await next_steps(policy, other, 1, method="mcts")
    assert policy.models.requests[0].prefix_text == "b\n"
    [solution] = await settle(policy, [end], method="mcts")
    choose(policy.tree, solution, 0.9)
    row = row_of(policy.tree, before.kept)
    assert [one["selected"] for one in row["solutions"]] == [False, False, True]
    assert row["solutions"][1]["revises"] == row["solutions"][0]["solution_id"]
    assert list(row_faults(row)) == []


async def test_a_draft_that_was_settled_is_not_settled_again() -> None:
    policy = scripted_policy({(POLICY, "2?"): [f"{RIGHT}\n"], (POLICY, RIGHT): [""]})
    [line] = await next_steps(policy, policy.tree.root, 1, method="mcts")
    [ended] = await next_steps(policy, line, 1, method="mcts")
    backup(ended, 1.0)
    await settle(policy, [ended], method="mcts")
    again = restored(QUESTION, row_of(policy.tree), EFFORT).tree
    [leaf] = [node for node in again.nodes if node.finish and not node.key]
    policy.tree = again
    assert await settle(policy, [leaf], method="mcts") == again.solutions
    assert again.solutions[0].occurrences == 1


async def test_a_guided_solution_that_was_cut_off_is_left_to_its_search() -> None:
    policy = scripted_policy({(POLICY, ""): [completion("a", LENGTH)]})
    await settle(policy, await complete(policy, policy.tree.root, 1, method="mcts"), method="mcts")
    before = restored(QUESTION, row_of(policy.tree), {"sampling.max_tokens": 100_000})
    assert (before.cut_off, [one.finish_reason for one in before.tree.solutions]) == ([], [LENGTH])
    assert before.tree.solutions[0].leaf.finish == LENGTH


async def test_a_solution_may_name_one_behind_it_as_its_earlier_version() -> None:
    policy = scripted_policy({})
    late = plant(policy, f"b\n{RIGHT}", action="revise")
    [first, second] = await settle(policy, [plant(policy, WRONG, action="step"), late], method="refine")
    first.revises = second
    again = restored(QUESTION, row_of(policy.tree), EFFORT).tree
    assert again.solutions[0].revises is again.solutions[1]


def said(text: str, right: bool | None) -> Critique:
    return Critique(text=text, right=right, role=POLICY)


async def test_critiques_come_back_keep_their_models_and_get_company() -> None:
    policy = scripted_policy({})
    [solution] = await settle(policy, [plant(policy, WRONG, action="step")], method="refine")
    solution.critiques = (said("No.", False), said("Hm.", None))
    row = row_of(policy.tree)
    assert [(one["text"], one["right"], one["model"]) for one in row["solutions"][0]["critiques"]] == [
        ("No.", False, made_by(recipe()).model),
        ("Hm.", None, made_by(recipe()).model),
    ]
    row["solutions"][0]["critiques"][0]["model"] = "an earlier one"
    before = restored(QUESTION, row, EFFORT)
    [again] = before.tree.solutions
    assert again.critiques == solution.critiques
    again.critiques = (*again.critiques, said("Yes.", True))
    critiques = row_of(before.tree, before.kept)["solutions"][0]["critiques"]
    assert [(one["text"], one["model"]) for one in critiques] == [
        ("No.", "an earlier one"),
        ("Hm.", made_by(recipe()).model),
        ("Yes.", made_by(recipe()).model),
    ]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"score": 1.5}, "score 1.5, expected 0 to 1"),
        ({"reward": 1.0, "visits": 0}, "reward 1.0 in 0 visits"),
        ({"finish": "abort"}, "finish 'abort'"),
    ],
)
async def test_what_a_search_cannot_have_left_at_a_node_is_a_fault(broken, fault) -> None:
    row = row_of(await searched())
    row["tree"][1] |= broken
    assert any(fault in said for said in row_faults(row))


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"selected": True}, "2 solutions of mcts selected"),
        ({"counted_at": 1}, "though it is no independent sample"),
        ({"independent": None}, "independent None, expected values"),
        ({"score": float("nan")}, "score nan"),
        ({"revises": "self"}, "a new version of itself"),
    ],
)
async def test_what_a_search_cannot_have_made_of_a_solution_is_a_fault(broken, fault) -> None:
    row = row_of(await searched())
    solution = row["solutions"][0]
    solution |= {name: solution["solution_id"] if value == "self" else value for name, value in broken.items()}
    assert any(fault in said for said in row_faults(row))


async def test_rows_before_searches_are_compared_by_what_both_say() -> None:
    for labeller in ("omegaprm", "scan"):
        row = await done(recipe(labeller), questions(1)[0], simulated_models())
        assert differences(of_schema("4", row), row) == []
        more = await done(recipe(labeller, n=6), questions(1)[0], simulated_models(), of_schema("4", row))
        assert differences(await done(recipe(labeller, n=6), questions(1)[0], simulated_models(), row), more) == []


async def test_opinions_come_back_and_keep_their_models_until_another_is_said() -> None:
    policy = scripted_policy({})
    [solution] = await settle(policy, [plant(policy, WRONG, action="step")], method="refine")
    solution.opinions = (Opinion("equations", 0, 9), Opinion(POLICY, -1, 2))
    row = row_of(policy.tree)
    said_by = [(one["source"], one["model"]) for one in row["solutions"][0]["opinions"]]
    assert said_by == [("equations", None), (POLICY, made_by(recipe()).model)]
    row["solutions"][0]["opinions"][1]["model"] = "an earlier one"
    before = restored(QUESTION, row, EFFORT)
    [again] = before.tree.solutions
    assert again.opinions == solution.opinions
    opinions = row_of(before.tree, before.kept)["solutions"][0]["opinions"]
    assert [one["model"] for one in opinions] == [None, "an earlier one"]
    # Further votes make another opinion of the source's one.
    again.hear(Opinion(POLICY, 0, 1))
    opinions = row_of(before.tree, before.kept)["solutions"][0]["opinions"]
    assert [(one["source"], one["first_error"], one["grade"]) for one in opinions] == [
        ("equations", 0, 9),
        (POLICY, 0, 1),
    ]
    assert opinions[1]["model"] == made_by(recipe()).model


async def test_votes_of_a_critic_come_back_with_their_thoughts_and_tokens() -> None:
    policy = scripted_policy({})
    [solution] = await settle(policy, [plant(policy, WRONG, action="step")], method="refine")
    said = Critique(text="No.", right=False, role=POLICY, first_error=0, reasoning="hm", tokens=7)
    solution.critiques = (said, Critique(text="?", right=None, role=POLICY))
    row = row_of(policy.tree)
    assert [one["first_error"] for one in row["solutions"][0]["critiques"]] == [0, None]
    [again] = restored(QUESTION, row, EFFORT).tree.solutions
    assert again.critiques == solution.critiques
    # As rows of schema 5 and 6 have them.
    for one in row["solutions"][0]["critiques"]:
        for name in ("first_error", "reasoning", "tokens"):
            del one[name]
    [old] = restored(QUESTION, row, EFFORT).tree.solutions
    assert [(one.first_error, one.reasoning, one.tokens) for one in old.critiques] == [(None, "", 0)] * 2
