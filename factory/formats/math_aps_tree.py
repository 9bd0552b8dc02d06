"""MATH-APS as a tree (OpenR, arXiv 2410.09671; made by OmegaPRM, arXiv 2406.06592): nested text, value, children.

The root is the question; `mc_value` is the share of right rollouts from a node. What stood between two steps is not in
there: solutions get a blank line. Siblings may have the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from factory.export import imported
from factory.export.imported import MAX_NESTING, refuse, shown
from factory.export.value_trees import (
    ValueNode,
    asked,
    exact_values,
    judged_tree,
    mc_value,
    solutions,
    tree_rows,
    valued,
)
from factory.text.wording import unpadded

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = ["source", "question", "gold_answer", "metadata", "solutions", "tree"]
NAME = "math_aps_tree"
_KEYS = {"text", "mc_value", "children"}


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The line a record came from; of other records the nodes of its tree that have a value, if there is a step.

    A tree too deep for a JSON reader is left out.
    """
    rest = imported.kept(record, NAME)
    question = record["question"]
    if rest is not None:
        nested = _nested(question, valued(record["tree"], rest["values"]))
        yield {**rest["line"], "question": question, "reasoning_steps": nested}
        return
    nodes = valued(judged_tree(record))
    if len(nodes) > 1 and _depth(nodes) < MAX_NESTING // 2 - 1:
        yield {
            "question": question,
            "final_answer": record["gold_answer"],
            "reasoning_steps": _nested(question, list(_unpadded(nodes))),
        }


def _unpadded(nodes: Sequence[ValueNode]) -> Iterator[ValueNode]:
    """The nodes without the white space between steps; the indentation of a step that its parent ends in is its own."""
    indentation: dict[int | None, str] = {None: ""}
    for node in nodes:
        text = indentation[node.parent] + node.text
        _, line_break, after = text[len(text.rstrip()) :].rpartition("\n")
        indentation[node.node] = after if line_break else ""
        yield replace(node, text=unpadded(text))


def _nested(question: str, nodes: Sequence[ValueNode]) -> dict[str, Any]:
    built: dict[int, dict[str, Any]] = {}
    for node in nodes:
        text = question if node.parent is None else node.text
        built[node.node] = {"text": text, "mc_value": node.value, "children": []}
        if node.parent is not None:
            built[node.parent]["children"].append(built[node.node])
    return built[nodes[0].node]


def _depth(nodes: Sequence[ValueNode]) -> int:
    depths: dict[int | None, int] = {None: 0}
    for node in nodes:
        depths[node.node] = depths[node.parent] + 1
    return max(depths.values())


def parse(line: str, where: str) -> dict[str, Any]:
    """One line as a record with its tree and a solution per leaf. Raises `BadInput`, beginning with `where`."""
    entry = imported.json_object(line, where)
    question = asked(entry, NAME, where)
    root = imported.member(entry, "reasoning_steps", dict, where, "the line")
    nodes = list(_nodes(root, question.text, where))
    rest = {"line": {**entry, "question": "", "reasoning_steps": {}}, "values": exact_values(nodes)}
    return imported.row(question, solutions(question, nodes, separator="\n\n"), rest, where, tree_rows(nodes))


def _nodes(root: dict[str, Any], question: str, where: str) -> Iterator[ValueNode]:
    """The nodes from the root on, a node's children behind it in their order."""
    if root.get("text") != question:
        refuse(where, f"the text of the root is {shown(root.get('text'))}", "the question")
    waiting: list[tuple[int | None, dict[str, Any]]] = [(None, root)]
    number = 0
    while waiting:
        parent, given = waiting.pop()
        text = imported.member(given, "text", str, where, "a node")
        children = imported.objects(imported.member(given, "children", list, where, "a node"), where, "the children")
        if set(given) - _KEYS:
            refuse(where, f"a node has the key {shown(min(set(given) - _KEYS))}", "no other keys")
        yield ValueNode(node=number, parent=parent, text="" if parent is None else text, value=mc_value(given, where))
        waiting += [(number, child) for child in reversed(children)]
        number += 1
