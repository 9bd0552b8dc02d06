"""Trees of prefixes with a Monte Carlo value each, as MATH-APS publishes them: from nodes to a record, and back.

OmegaPRM (Luo et al., arXiv 2406.06592, sec. 3): a prefix's value is the share of right rollouts from it; its hard label
is 1 when any rollout was right. A leaf that states an answer is a whole solution, and its value is its verdict. A leaf
that states none is a prefix that the search did not continue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import pack, unpack
from typing import Any

from factory.answers.extraction.extract import final_answer
from factory.export.flat_rows import is_judged
from factory.export.imported import UNKNOWN_NODE, optional_text, question_text, refuse, shown, solution, step
from factory.records.thought_fields import whole_text
from factory.types import Question

VERDICTS = {1.0: "correct", 0.0: "incorrect"}
TAIL_CHARS = 500  # characters at the end of a solution in which its answer is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueNode:
    """Prefix of a solution in a tree.

    `node`: its number. `parent`: number of the prefix it continues; None for the question itself. `text`: what it adds
    to its parent's text. `value`: share of right rollouts from it, 0 to 1.
    """

    node: int
    parent: int | None
    text: str
    value: float


def asked(entry: Mapping[str, Any], source: str, where: str) -> Question:
    """Return the question of a line, with its gold answer where the line has one.

    Args:
      entry: JSON object of the line.
      source: name of the format, which becomes the question's source.
      where: place of the line, for messages.

    Raises:
      BadInput: the line has no question.
    """
    return Question(
        text=question_text(entry, "question", where, "the line"),
        gold=optional_text(entry, "final_answer", where, "the line"),
        source=source,
    )


def mc_value(entry: Mapping[str, Any], where: str) -> float:
    """Return the value of an entry. Raises `BadInput` for anything but a number from 0 to 1."""
    value = entry.get("mc_value")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        refuse(where, f"an 'mc_value' is {shown(value)}", "a number from 0 to 1")
    return value


def exact_values(nodes: Sequence[ValueNode]) -> list[float] | None:
    """Return the nodes' values when a record would change one of them, else None.

    A record has 32 bits for a value: sixteenths and the like fit, thirds do not.
    """
    values = [node.value for node in nodes]
    return values if any(unpack("f", pack("f", value))[0] != value for value in values) else None


def tree_rows(nodes: Sequence[ValueNode]) -> list[dict[str, Any]]:
    """Return a record's tree of the nodes, with null for counts and endings, which the data set does not say."""
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
    """Yield one solution per leaf of a tree.

    A leaf is left out when a sibling with the same text was continued: it is the beginning of that sibling's solutions.

    Args:
      question: question of the tree.
      nodes: nodes of the tree.
      separator: text between two steps, where their own texts have none.
    """
    # Index the tree.
    known = {node.node: node for node in nodes}
    parents = {node.parent for node in nodes}
    continued = {(node.parent, node.text) for node in nodes if node.node in parents}
    for leaf in nodes:
        if leaf.parent is None or leaf.node in parents or (leaf.parent, leaf.text) in continued:
            continue
        # Walk up to the root; the root itself, the bare question, is no step.
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
    """Return the nodes of a record's tree that have a value, each with the text since the valued node above it.

    An ending that nothing was sampled from has its verdict as its value. The result is empty when the question itself
    has no value. `exact`: values by node number, as `exact_values` kept them.
    """
    nodes: list[ValueNode] = []
    # By node: the nearest valued node at or above it, and the text since then.
    since: dict[int | None, tuple[int | None, str]] = {None: (None, "")}
    for row in tree:
        node = row["node"]
        above, text = since[row["parent"]]
        value = exact[node] if exact else row["value"] if row["value"] is not None else _of_verdict(row["verdict"])
        since[node] = (above, text + row["text"])
        if value is not None:
            nodes.append(ValueNode(node=node, parent=above, text=text + row["text"], value=value))
            since[node] = (node, "")
        elif row["parent"] is None:
            return []
    return nodes


def judged_tree(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a record's tree, keeping the verdict of an ending only when one of the record's solutions confirms it.

    A node does not say that a solution was cut off, and the checker may have taken its last words for an answer.
    """
    judged = {whole_text(solution) for solution in record["solutions"] if is_judged(solution)}
    texts: dict[int | None, str] = {None: ""}
    tree = []
    for row in record["tree"]:
        texts[row["node"]] = texts[row["parent"]] + row["text"]
        is_label = row["verdict"] in VERDICTS.values()
        tree.append({**row, "verdict": None} if is_label and texts[row["node"]] not in judged else row)
    return tree


def _of_verdict(verdict: str | None) -> float | None:
    return {"correct": 1.0, "incorrect": 0.0}.get(verdict or "")
