"""MATH-APS (OpenR, arXiv 2410.09671; made by OmegaPRM, arXiv 2406.06592): a question's prefixes, each with its value.

Every `solution_prefix` begins with the question; the first is the question alone. `mc_value` is the share of right
rollouts from there. A prefix's parent is the longest other one it begins with; the same prefix may come more than once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factory.export import imported
from factory.export.imported import refuse, shown
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

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = ["source", "question", "gold_answer", "metadata", "solutions", "tree"]
NAME = "math_aps"
_KEYS = {"solution_prefix", "mc_value"}


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the line that a record came from; for other records one line with the prefixes that have a value.

    A record whose tree has no valued prefix but the question itself gives no line.
    """
    rest = imported.kept(record, NAME)
    question = record["question"]
    if rest is not None:
        entries = _entries(question, valued(record["tree"], rest["values"]), glue="")
        yield {**rest["line"], "question": question, "reasoning_steps": entries}
        return
    nodes = valued(judged_tree(record))
    if len(nodes) > 1:
        entries = _entries(question, nodes, glue="\n\n")
        yield {"question": question, "final_answer": record["gold_answer"], "reasoning_steps": entries}


def _entries(question: str, nodes: Sequence[ValueNode], *, glue: str) -> list[dict[str, Any]]:
    """Return the entries of `reasoning_steps`, in the order of the nodes' numbers.

    Steps usually end in their separator. `glue` is put behind a prefix that does not end in white space.
    """
    prefixes: dict[int | None, str] = {}
    for node in nodes:
        before = prefixes[node.parent] if node.parent is not None else ""
        between = glue if before and not before[-1].isspace() else ""
        prefixes[node.node] = before + between + node.text if before else question + node.text
    # Nodes come parents first, which need not be the order that the line had.
    ordered = sorted(nodes, key=lambda node: node.node)
    return [{"solution_prefix": prefixes[node.node], "mc_value": node.value} for node in ordered]


def parse(line: str, where: str) -> dict[str, Any]:
    """Return a line as a record with its tree and one solution per leaf.

    Raises `BadInput`, beginning with `where` (file and line number), for anything malformed.
    """
    entry = imported.json_object(line, where)
    question = asked(entry, NAME, where)
    given = imported.member(entry, "reasoning_steps", list, where, "the line")
    nodes = _nodes(question.text, imported.objects(given, where, "the reasoning_steps"), where)
    rest = {"line": {**entry, "question": "", "reasoning_steps": []}, "values": exact_values(nodes)}
    # Records have parents before their children; a shorter prefix is never a child of a longer one. `node` keeps the
    # place that a prefix had in the line.
    depth_first = sorted(nodes, key=lambda node: len(given[node.node]["solution_prefix"]))
    return imported.row(question, solutions(question, nodes, separator=""), rest, where, tree_rows(depth_first))


def _nodes(question: str, given: list[dict[str, Any]], where: str) -> list[ValueNode]:
    """Return the entries as nodes: the parent of a prefix is the longest other prefix that it begins with."""
    if not given:
        refuse(where, "'reasoning_steps' is empty", "the question's own prefix at least")
    texts = [_prefix(entry, question, where) for entry in given]
    if texts[0] != question:
        refuse(where, "the first solution_prefix is not the question", "the question alone, with its mc_value")
    # The same prefix may come more than once: the first one is the parent of those that go on from it.
    first = {text: index for index, text in reversed(list(enumerate(texts)))}
    parents: dict[str, str | None] = {}
    open_prefixes: list[str] = []
    # In sorted order a text comes behind all prefixes of it, so the open ones form a stack.
    for text in sorted(first):
        while open_prefixes and not text.startswith(open_prefixes[-1]):
            open_prefixes.pop()
        parents[text] = open_prefixes[-1] if open_prefixes else None
        open_prefixes.append(text)
    return [
        ValueNode(
            node=index,
            parent=None if (parent := parents[text]) is None else first[parent],
            text=text[len(parent or question) :],
            value=mc_value(entry, where),
        )
        for index, (text, entry) in enumerate(zip(texts, given, strict=True))
    ]


def _prefix(entry: Mapping[str, Any], question: str, where: str) -> str:
    """Return the text of an entry. Raises `BadInput` when it is no prefix of a solution to the question."""
    text = imported.member(entry, "solution_prefix", str, where, "one of the reasoning_steps")
    if not text.startswith(question):
        refuse(where, "a solution_prefix does not begin with the question", "the question, then steps")
    if set(entry) - _KEYS:
        refuse(where, f"one of the reasoning_steps has the key {shown(min(set(entry) - _KEYS))}", "no other keys")
    return text
