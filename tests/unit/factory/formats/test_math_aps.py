"""MATH-APS's lines, the flat and the nested ones, as records with a tree, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports.formats import (
    HOSTILE,
    TEXTS,
    VALUES,
    WHERE,
    WORDS,
    assert_comes_back,
    assert_equal_or_refused,
    mutated,
    own_node,
    own_record,
    own_solution,
    parsed,
)

from factory.errors import BadInput
from factory.formats import math_aps

Q = "What is 1 + 1?"
RIGHT = "\n\n It is \\(\\boxed{2}\\)."


def entry(*prefixes: tuple[str, float], question: str = Q, root: float = 0.75, **more: Any) -> dict[str, Any]:
    """A line; the prefixes are given without the question they begin with."""
    steps = [{"solution_prefix": question + text, "mc_value": value} for text, value in [("", root), *prefixes]]
    return {"question": question, "final_answer": "2", "reasoning_steps": steps, "question_id": 3, **more}


GOOD = entry((RIGHT, 1.0), (" Think.", 0.25), (" Think. No.", 0.0), (" Think." + RIGHT, 1.0), (RIGHT, 1.0))


def test_a_prefix_hangs_below_the_longest_other_one_it_begins_with():
    tree = parsed(math_aps, GOOD)["tree"]
    found = {node["node"]: (node["parent"], node["text"], node["value"]) for node in tree}
    assert found[0] == (None, "", 0.75)
    assert found[3] == (2, " No.", 0.0)
    assert found[4] == (2, RIGHT, 1.0)
    assert found[1] == found[5] == (0, RIGHT, 1.0)


def test_parents_come_before_their_children_whatever_their_order_in_the_line():
    tree = parsed(math_aps, entry(("ab", 0.5), ("a", 0.5), ("abc", 0.5)))["tree"]
    assert [(node["node"], node["parent"], node["text"]) for node in tree] == [
        (0, None, ""),
        (2, 0, "a"),
        (1, 2, "b"),
        (3, 1, "c"),
    ]


def test_every_leaf_is_a_solution_labelled_by_whether_any_rollout_was_right():
    solutions = parsed(math_aps, GOOD)["solutions"]
    assert [[(step["text"], step["label"]) for step in solution["steps"]] for solution in solutions] == [
        [("It is \\(\\boxed{2}\\).", 1)],
        [("Think.", 1), ("No.", -1)],
        [("Think.", 1), ("It is \\(\\boxed{2}\\).", 1)],
    ]
    assert [solution["first_error"] for solution in solutions] == [-1, 1, -1]
    assert [solution["occurrences"] for solution in solutions] == [2, 1, 1]


def test_a_leaf_has_a_verdict_only_where_it_states_an_answer():
    solutions = parsed(math_aps, GOOD)["solutions"]
    assert [(s["verdict"], s["final_answer"]) for s in solutions] == [("correct", "2"), (None, None), ("correct", "2")]


def test_values_that_fit_the_record_are_not_kept_twice():
    kept = json.loads(dict(parsed(math_aps, GOOD)["metadata"])["math_aps"])
    assert kept["values"] is None
    assert json.loads(dict(parsed(math_aps, entry(("a", 0.1)))["metadata"])["math_aps"])["values"] == [0.75, 0.1]


@given(WORDS.filter(str.strip), st.lists(st.tuples(st.text("ab\n", max_size=4), VALUES), max_size=8), VALUES)
def test_every_line_comes_back(question, prefixes, root):
    assert_comes_back(math_aps, entry(*prefixes, question=question, root=root))


@given(st.one_of(TEXTS, mutated(GOOD)))
def test_any_line_is_read_or_refused(line):
    assert_equal_or_refused(math_aps, line)


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_by_its_place(line):
    with pytest.raises(BadInput, match=f"^{WHERE}: .*; expected "):
        math_aps.parse(line, WHERE)


@pytest.mark.parametrize("value", [-0.1, 1.1, None, True, "0.5"])
def test_a_value_that_is_no_share_is_refused(value):
    with pytest.raises(BadInput, match=r"an 'mc_value' is .*; expected a number from 0 to 1"):
        math_aps.parse(json.dumps(entry(("a", value))), WHERE)


def test_nan_is_no_value():
    with pytest.raises(BadInput, match=f"^{WHERE}: .*the number NaN is not finite"):
        math_aps.parse(json.dumps(entry(("a", float("nan")))), WHERE)


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([], "'reasoning_steps' is empty"),
        ([{"solution_prefix": "Other", "mc_value": 1}], "does not begin with the question"),
        ([{"solution_prefix": f"{Q} a", "mc_value": 1}], "the first solution_prefix is not the question"),
        ([{"solution_prefix": Q, "mc_value": 1, "depth": 0}], "has the key 'depth'; expected no other keys"),
        ([Q], "one of the reasoning_steps is 'What is"),
        ({}, "'reasoning_steps' of the line is a JSON object; expected a JSON array"),
    ],
)
def test_a_malformed_line_says_what_is_wrong(steps, complaint):
    with pytest.raises(BadInput, match=f"^{WHERE}: .*{complaint}"):
        math_aps.parse(json.dumps({**entry(), "reasoning_steps": steps}), WHERE)


def test_of_an_own_tree_the_prefixes_with_a_value_are_written():
    tree = [
        own_node(0, None, "", 0.5),
        own_node(1, 0, "a\n", None),
        own_node(2, 1, "b\n", 0.25),
        own_node(3, 2, "c", None, verdict="incorrect"),
        own_node(4, 2, "d", None, verdict="unparsable"),
    ]
    judged = own_solution(("a\n", None), ("b\n", None), ("c", None), verdict="incorrect")
    [row] = math_aps.rows(own_record("Q?", solutions=[judged], tree=tree))
    assert row["reasoning_steps"] == [
        {"solution_prefix": "Q?", "mc_value": 0.5},
        {"solution_prefix": "Q?\n\na\nb\n", "mc_value": 0.25},
        {"solution_prefix": "Q?\n\na\nb\nc", "mc_value": 0.0},
    ]
    assert len(parsed(math_aps, row)["tree"]) == 3


@pytest.mark.parametrize(
    "tree", [[], [own_node(0, None, "", 0.5)], [own_node(0, None, "", None), own_node(1, 0, "a", 0.5)]]
)
def test_nothing_is_written_of_a_tree_without_a_step_or_a_value_at_its_root(tree):
    assert not list(math_aps.rows(own_record(tree=tree)))
