"""MATH-APS as a tree (OpenR, arXiv 2410.09671; made by OmegaPRM, arXiv 2406.06592): nested text, value, children.

The root is the question; `mc_value` is the share of right rollouts from a node. The layout does not say what stood
between two steps: solutions that are read get a blank line. Siblings may have the same text.
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
    """Yield the line that a record came from; for other records one line with the nodes that have a value.

    A record whose tree has no valued node but the root gives no line, nor does a tree too deep for a JSON reader.
    """
    rest = imported.kept(record, NAME)
    question = record["question"]
    if rest is not None:
        nested = _nested(question, valued(record["tree"], rest["values"]))
        yield {**rest["line"], "question": question, "reasoning_steps": nested}
        return
    nodes = valued(judged_tree(record))
    # Each node is two levels of JSON: an object, and the array of its children.
    if len(nodes) > 1 and _depth(nodes) < MAX_NESTING // 2 - 1:
        yield {
            "question": question,
            "final_answer": record["gold_answer"],
            "reasoning_steps": _nested(question, list(_unpadded(nodes))),
        }


def _unpadded(nodes: Sequence[ValueNode]) -> Iterator[ValueNode]:
    """Yield the nodes without the white space between steps.

    Indentation at the end of a parent's text belongs to the step behind it, and moves there.
    """
    indentation: dict[int | None, str] = {None: ""}
    for node in nodes:
        text = indentation[node.parent] + node.text
        _, line_break, after = text[len(text.rstrip()) :].rpartition("\n")
        indentation[node.node] = after if line_break else ""
        yield replace(node, text=unpadded(text))


def _nested(question: str, nodes: Sequence[ValueNode]) -> dict[str, Any]:
    """Return the nodes, parents first, as nested objects."""
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
    """Return a line as a record with its tree and one solution per leaf.

    Raises `BadInput`, beginning with `where` (file and line number), for anything malformed.
    """
    entry = imported.json_object(line, where)
    question = asked(entry, NAME, where)
    root = imported.member(entry, "reasoning_steps", dict, where, "the line")
    nodes = list(_nodes(root, question.text, where))
    rest = {"line": {**entry, "question": "", "reasoning_steps": {}}, "values": exact_values(nodes)}
    return imported.row(question, solutions(question, nodes, separator="\n\n"), rest, where, tree_rows(nodes))


def _nodes(root: dict[str, Any], question: str, where: str) -> Iterator[ValueNode]:
    """Yield the nodes, each before its children, which keep their order. Raises `BadInput`."""
    if root.get("text") != question:
        refuse(where, f"the text of the root is {shown(root.get('text'))}", "the question")
    # A stack instead of recursion: the nesting is bounded by the JSON reader alone.
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
