"""Rules for what searches fill in a row; see `factory/records/search_fields.py` for the fields."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from factory.records.search_fields import SEARCHED
from factory.rollouts.nodes import GIVEN
from factory.types import LENGTH


def search_faults(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of a row's nodes and solutions, one sentence each: what was got, what expected."""
    version = row["schema_version"]
    says = (
        isinstance(version, str) and version.isdecimal() and int(version) >= SEARCHED and row.get("effort") is not None
    )
    solutions = [solution for solution in row["solutions"] if solution is not None]
    for node in row["tree"]:
        if node is not None:
            for fault in _node_faults(node):
                yield f"tree node {node['node']}: {fault}"
    for solution in solutions:
        for fault in _solution_faults(solution, says):
            yield f"solution {solution['solution_id']}: {fault}"
    chosen = Counter(solution["method"] for solution in solutions if solution.get("selected"))
    for method, count in chosen.items():
        if count > 1:
            yield f"{count} solutions of {method} selected, expected at most one"


def _node_faults(node: Mapping[str, Any]) -> Iterator[str]:
    score, reward, finish = node.get("score"), node.get("reward"), node.get("finish")
    if score is not None and not 0 <= score <= 1:
        yield f"score {score}, expected 0 to 1"
    if reward is not None and not (node["visits"] and math.isfinite(reward)):
        yield f"reward {reward} in {node['visits']} visits, expected a finite sum of at least one"
    if finish not in (None, "stop", LENGTH):
        yield f"finish {finish!r}, expected stop, {LENGTH} or null"


def _solution_faults(solution: Mapping[str, Any], says: bool) -> Iterator[str]:
    given = solution["method"] == GIVEN
    if says and not given and (solution["role"] is None or solution["independent"] is None):
        yield f"role {solution['role']!r}, independent {solution['independent']}, expected values"
    if solution.get("independent") is False and solution["counted_at"] is not None:
        yield f"counted at depth {solution['counted_at']} though it is no independent sample, expected null"
    if solution.get("score") is not None and not math.isfinite(solution["score"]):
        yield f"score {solution['score']}, expected a finite number"
    if solution.get("revises") is not None and solution["revises"] == solution["solution_id"]:
        yield "a new version of itself, expected another solution"
