"""Numbers of prefixes: steps of several solutions, and nodes of a tree, that continue the same text the same way.

Two solutions part at the first step whose numbers differ. A node and a step with one number are the same prefix, so
both lead to each other. White space does not tell prefixes apart, as steps are kept without it at their ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BARE = 0
"""Number of the empty prefix, the bare question."""


class Prefixes:
    """Prefixes of one question, numbered as they come."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str], int] = {}

    def behind(self, prefix: int, text: str) -> int:
        """Return the number of a prefix that is continued by a text; that of the prefix itself for white space."""
        plain = " ".join(text.split())
        return self._numbers.setdefault((prefix, plain), len(self._numbers) + 1) if plain else prefix

    def of_steps(self, steps: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the number of the prefix that ends with each step of a solution."""
        numbers, prefix = [], BARE
        for step in steps:
            prefix = self.behind(prefix, step["text"])
            numbers.append(prefix)
        return numbers

    def of_nodes(self, nodes: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the number of each node's prefix; a node whose parent is not there has that of its own text alone."""
        by_node: dict[Any, int] = {}
        numbers = []
        for node in nodes:
            at_root = node["parent"] is None
            number = BARE if at_root else self.behind(by_node.get(node["parent"], BARE), node["text"] or "")
            by_node[node["node"]] = number
            numbers.append(number)
        return numbers
