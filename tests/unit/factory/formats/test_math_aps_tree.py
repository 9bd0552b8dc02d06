"""Nested lines of MATH-APS as records with a tree, and back."""

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
    assert_comes_back,
    assert_equal_or_refused,
    mutated,
    own_node,
    own_record,
    own_solution,
    parsed,
)

from factory.errors import BadInput
from factory.formats import math_aps, math_aps_tree

Q = "What is 1 + 1?"
RIGHT = "It is \\(\\boxed{2}\\)."


def node(text: str, value: Any, *children: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "mc_value": value, "children": list(children)}


def entry(root: Any) -> dict[str, Any]:
    return {"question": Q, "final_answer": "2", "reasoning_steps": root, "question_id": 0}


GOOD = entry(
    node(
        Q,
        0.75,
        node(RIGHT, 1.0),
        node("Think.", 0.25, node("No.", 0.0), node(RIGHT, 1.0)),
        node("Think.", 0.5, node(RIGHT, 1.0)),
        node("Think.", 0.0),
    )
)
NODES = st.recursive(
    st.builds(node, TEXTS, VALUES), lambda inner: st.builds(node, TEXTS, VALUES, inner, inner), max_leaves=8
)


def test_nodes_are_numbered_from_the_root_on_a_child_behind_its_parent():
    tree = parsed(math_aps_tree, GOOD)["tree"]
    assert [(n["node"], n["parent"], n["text"], n["value"]) for n in tree] == [
        (0, None, "", 0.75),
        (1, 0, RIGHT, 1.0),
        (2, 0, "Think.", 0.25),
        (3, 2, "No.", 0.0),
        (4, 2, RIGHT, 1.0),
        (5, 0, "Think.", 0.5),
        (6, 5, RIGHT, 1.0),
        (7, 0, "Think.", 0.0),
    ]


def test_every_leaf_is_a_solution_but_for_one_whose_twin_was_gone_on_from():
    solutions = parsed(math_aps_tree, GOOD)["solutions"]
    assert [(s["text"], s["first_error"], s["occurrences"]) for s in solutions] == [
        (RIGHT, -1, 1),
        ("Think.\n\nNo.", 1, 1),
        (f"Think.\n\n{RIGHT}", -1, 2),
    ]


def test_values_are_kept_with_the_steps():
    assert [step["mc_value"] for step in parsed(math_aps_tree, GOOD)["solutions"][1]["steps"]] == [0.25, 0.0]


@given(VALUES, st.lists(NODES, max_size=3))
def test_every_line_comes_back(value, children):
    assert_comes_back(math_aps_tree, entry(node(Q, value, *children)))


@given(st.one_of(TEXTS, mutated(GOOD)))
def test_any_line_is_read_or_refused(line):
    assert_equal_or_refused(math_aps_tree, line)


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_by_its_place(line):
    with pytest.raises(BadInput, match=f"^{WHERE}: .*; expected "):
        math_aps_tree.parse(line, WHERE)


@pytest.mark.parametrize(
    ("root", "complaint"),
    [
        (node("Other", 1), "the text of the root is 'Other'; expected the question"),
        (node(Q, 2), "an 'mc_value' is 2; expected a number from 0 to 1"),
        (node(Q, 1, node("a", None)), "an 'mc_value' is null"),
        (node(Q, 1, {"text": "a", "mc_value": 1}), "a node has no 'children'"),
        ({**node(Q, 1), "visits": 1}, "a node has the key 'visits'"),
        ({**node(Q, 1), "children": ["a"]}, "one of the children is 'a'"),
        ([], "'reasoning_steps' of the line is a JSON array; expected a JSON object"),
    ],
)
def test_a_malformed_tree_says_what_is_wrong(root, complaint):
    with pytest.raises(BadInput, match=f"^{WHERE}: .*{complaint}"):
        math_aps_tree.parse(json.dumps(entry(root)), WHERE)


def chain(depth: int) -> dict[str, Any]:
    below = node("end", 1.0)
    for _ in range(depth):
        below = node("a", 1.0, below)
    return entry(node(Q, 1.0, below))


def test_a_deep_tree_is_read_and_one_too_deep_for_a_reader_refused():
    assert_comes_back(math_aps_tree, chain(190))
    with pytest.raises(BadInput, match=f"^{WHERE}: JSON nested more than 400 levels deep"):
        math_aps_tree.parse(json.dumps(chain(210)), WHERE)


def test_of_an_own_tree_the_nodes_with_a_value_are_written():
    tree = [
        own_node(0, None, "", 0.5),
        own_node(1, 0, "a\n", None),
        own_node(2, 1, "b\n", 0.25),
        own_node(3, 2, "c", None, verdict="correct"),
    ]
    judged = own_solution(("a\n", None), ("b\n", None), ("c", None))
    [row] = math_aps_tree.rows(own_record(Q, solutions=[judged], tree=tree))
    assert row["reasoning_steps"] == node(Q, 0.5, node("a\nb", 0.25, node("c", 1.0)))
    assert len(parsed(math_aps_tree, row)["tree"]) == 3


def test_own_trees_without_a_step_or_too_deep_for_a_reader_are_left_out():
    deep = [own_node(n, n - 1 if n else None, "a\n", 0.5) for n in range(300)]
    assert not list(math_aps_tree.rows(own_record(tree=deep)))
    assert not list(math_aps_tree.rows(own_record(tree=[])))


def test_a_flat_line_becomes_a_nested_one():
    flat = {"question": Q, "final_answer": "2", "reasoning_steps": [{"solution_prefix": Q, "mc_value": 0.5}]}
    flat["reasoning_steps"].append({"solution_prefix": f"{Q}\n\n{RIGHT}", "mc_value": 1.0})
    [row] = math_aps_tree.rows(parsed(math_aps, flat))
    assert row["reasoning_steps"] == node(Q, 0.5, node(RIGHT, 1.0))
