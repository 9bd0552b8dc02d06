"""Trees of prefixes with a Monte Carlo value each, as MATH-APS publishes them: from nodes to a record, and back.

OmegaPRM (Luo et al., arXiv 2406.06592, sec. 3): a prefix's value is the share of rollouts from it that were right;
hard labels say whether any was. A leaf that states an answer is a whole solution, and its value is its verdict; one
that states none is a prefix that was never looked into further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import pack, unpack
from typing import Any

from factory.answers.extraction.extract import final_answer
from factory.export.flat_rows import is_judged
from factory.export.imported import UNKNOWN_NODE, optional_text, question_text, refuse, shown, solution, step
from factory.types import Question

VERDICTS = {1.0: "correct", 0.0: "incorrect"}
TAIL_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueNode:
    """A prefix: what it adds to its parent's, and its value. `parent` is None for the question itself."""

    node: int
    parent: int | None
    text: str
    value: float


def asked(entry: Mapping[str, Any], source: str, where: str) -> Question:
    """The question of a line, with its final answer where it has one. Raises `BadInput`."""
    return Question(
        text=question_text(entry, "question", where, "the line"),
        gold=optional_text(entry, "final_answer", where, "the line"),
        source=source,
    )


def mc_value(entry: Mapping[str, Any], where: str) -> float:
    """The value of an entry. Raises `BadInput` for anything but a number from 0 to 1."""
    value = entry.get("mc_value")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        refuse(where, f"an 'mc_value' is {shown(value)}", "a number from 0 to 1")
    return value


def exact_values(nodes: Sequence[ValueNode]) -> list[float] | None:
    """The values where the 32 bits they get in a record are too few for one of them; sixteenths and the like fit."""
    values = [node.value for node in nodes]
    return values if any(unpack("f", pack("f", value))[0] != value for value in values) else None


def tree_rows(nodes: Sequence[ValueNode]) -> list[dict[str, Any]]:
    """The record's tree: nobody says how often a node was visited, nor which one is a whole solution."""
    return [
        {
            **UNKNOWN_NODE,
            "node": node.node,
            "parent": node.parent,
            "action": "root" if node.parent is None else "step",
            "text": node.text,
            "value": node.value,
        }
        for node in nodes
    ]


def solutions(question: Question, nodes: Sequence[ValueNode], *, separator: str) -> Iterator[dict[str, Any]]:
    """One solution per leaf. A leaf whose twin, the same text behind the same parent, was gone on from is none."""
    known = {node.node: node for node in nodes}
    parents = {node.parent for node in nodes}
    gone_on = {(node.parent, node.text) for node in nodes if node.node in parents}
    for leaf in nodes:
        if leaf.parent is None or leaf.node in parents or (leaf.parent, leaf.text) in gone_on:
            continue
        path = [leaf]
        while (above := path[-1].parent) is not None:
            path.append(known[above])
        texts = [node.text for node in path[-2::-1]]
        whole = separator.join(texts)
        answer = final_answer(whole, tail_chars=TAIL_CHARS)
        yield solution(
            question,
            [step(node.text.strip(), 1 if node.value > 0 else -1, node.value) for node in path[-2::-1]],
            text=whole,
            final_answer=answer,
            verdict=VERDICTS.get(leaf.value) if answer else None,
        )


def valued(tree: Sequence[Mapping[str, Any]], exact: Sequence[float] | None = None) -> list[ValueNode]:
    """The nodes of a record's tree that have a value, each with all that was written since the one above it.

    An ending that nothing was sampled from has its verdict as its value. Empty where the question itself has none.
    `exact` has the values that `exact_values` found too long for the record.
    """
    found: list[ValueNode] = []
    since: dict[int | None, tuple[int | None, str]] = {None: (None, "")}  # node: nearest valued one, text behind it
    for row in tree:
        node = row["node"]
        above, text = since[row["parent"]]
        value = exact[node] if exact else row["value"] if row["value"] is not None else _of_verdict(row["verdict"])
        since[node] = (above, text + row["text"])
        if value is not None:
            found.append(ValueNode(node=node, parent=above, text=text + row["text"], value=value))
            since[node] = (node, "")
        elif row["parent"] is None:
            return []
    return found


def judged_tree(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A record's tree, in which an ending is correct or incorrect only where that was said of one of its solutions: a
    node does not tell what was cut off, whose last words the checker may have taken for an answer."""
    judged = {found["text"] for found in record["solutions"] if is_judged(found)}
    texts: dict[int | None, str] = {None: ""}
    found = []
    for row in record["tree"]:
        texts[row["node"]] = texts[row["parent"]] + row["text"]
        is_label = row["verdict"] in VERDICTS.values()
        found.append({**row, "verdict": None} if is_label and texts[row["node"]] not in judged else row)
    return found


def _of_verdict(verdict: str | None) -> float | None:
    return {"correct": 1.0, "incorrect": 0.0}.get(verdict or "")
