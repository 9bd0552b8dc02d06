"""Fields of a record that searches fill: of solutions who wrote them and what was chosen, of nodes visits and scores.

Null in rows of schema 1 to 4, where they have the values of `AS_BEFORE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from factory.labelling.opinions import Opinion
from factory.labelling.sources import EQUATIONS
from factory.records.role_costs import MadeBy
from factory.rollouts.critique import Critique
from factory.rollouts.nodes import GIVEN, STEP, Node, Solution
from factory.rollouts.tree import Tree
from factory.types import POLICY, content_id

SEARCHED = 5
"""First version of the record schema that has these fields."""

AS_BEFORE: Mapping[str, Any] = {"selected": False, "role": POLICY, "independent": True, "probes": 0}
"""Values of a solution's fields in rows that lack them (of `probes`: see `factory/records/schema.py`)."""
ROOT = "root"
_OF_SOLUTIONS = ("score", "selected", "role", "revises", "critique", "independent")


def solution_id(tree: Tree, solution: Solution) -> str:
    """Return the hash by which records name a solution of this tree's question."""
    # White space at the end is not part of the identity: engines differ in what follows the last token.
    return content_id(tree.question.id, solution.text.rstrip())


def solution_fields(tree: Tree, solution: Solution, earlier: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the fields of a solution.

    Args:
      tree: tree of the question.
      solution: one of its solutions.
      earlier: its row in an earlier record; what it revises may be known from there alone.
    """
    revises = solution_id(tree, solution.revises) if solution.revises is not None else (earlier or {}).get("revises")
    return {
        "score": solution.score,
        "selected": solution.selected,
        "role": solution.role or None,
        "revises": revises,
        "critique": solution.critique or None,
        "independent": None if solution.method == GIVEN else solution.independent,
    }


def said_of(
    solution: Solution, maker: Callable[[str], MadeBy], earlier: Mapping[str, Any] | None = None
) -> dict[str, list[dict[str, Any]] | None]:
    """Return the fields of what others said of a solution: critiques and opinions, None where nobody said anything.

    Args:
      solution: a solution of the tree.
      maker: gives the model behind a role.
      earlier: row of the solution in an earlier record, whose entries come first; they keep their models.
    """
    known = {name: list((earlier or {}).get(name) or ()) for name in ("critiques", "opinions")}
    for critique in solution.critiques[len(known["critiques"]) :]:
        known["critiques"].append({**asdict(critique), **_model(maker(critique.role))})
    before = {entry["source"]: entry for entry in known["opinions"]}
    known["opinions"] = []
    for opinion in solution.opinions:
        entry = before.get(opinion.source)
        # Further votes of a critic make another opinion of the one that it had.
        if entry is None or (entry["first_error"], entry["grade"]) != (opinion.first_error, opinion.grade):
            # Equations are computed, and have no model.
            made_by = None if opinion.source == EQUATIONS else maker(opinion.source)
            said = {"source": opinion.source, "first_error": opinion.first_error, "grade": opinion.grade}
            entry = {**said, **_model(made_by)}
        known["opinions"].append(entry)
    return {name: entries or None for name, entries in known.items()}


def _critique(row: Mapping[str, Any]) -> Critique:
    """Return a critique as its row has it; one of schema 5 or 6 says no step, and nothing of thoughts and tokens."""
    return Critique(
        text=row["text"],
        right=row["right"],
        role=row["role"],
        first_error=row.get("first_error"),
        reasoning=row.get("reasoning") or "",
        tokens=row.get("tokens") or 0,
    )


def _opinion(row: Mapping[str, Any], critiques: Sequence[Critique]) -> Opinion:
    """Return an opinion as its row has it; votes of a critic are among what was said of the solution."""
    votes = [one.first_error for one in critiques if one.role == row["source"] and one.first_error is not None]
    return Opinion(row["source"], row["first_error"], row["grade"], tuple(votes))


def _model(made_by: MadeBy | None) -> dict[str, str | None]:
    """Return the model behind a role."""
    return {"model": made_by.model if made_by else None, "revision": made_by.revision if made_by else None}


def node_fields(node: Node) -> dict[str, Any]:
    """Return the fields of a node of the tree."""
    return {
        "action": node.action if node.parent else ROOT,
        "visits": node.visits,
        "selections": node.selections,
        "score": node.score,
        "reward": node.reward if node.visits else None,
        "finish": node.finish or None,
    }


def fill_node(node: Node, row: Mapping[str, Any]) -> None:
    """Give a node what its row in an earlier record says of the search that went through it."""
    if row.get("selections") is None:
        # Before schema 5 OmegaPRM's selections were the only visits.
        node.selections = row["visits"] or 0
        return
    node.visits, node.selections = row["visits"], row["selections"]
    node.score, node.reward, node.finish = row["score"], row["reward"] or 0.0, row["finish"] or ""
    node.action = STEP if row["action"] == ROOT else row["action"]


def is_searched(row: Mapping[str, Any]) -> bool:
    """Return whether a row of a node says anything of a search: such a node is kept, whatever its counts."""
    if row.get("selections") is None:
        return bool(row["visits"])
    said = row["visits"] or row["selections"] or row["reward"] or row["finish"]
    return bool(said) or row["score"] is not None or row["action"] not in (STEP, ROOT)


@dataclass(slots=True)
class Revised:
    """Solutions that are put back from their rows, in which they name what they revise by its id."""

    by_id: dict[str, Solution] = field(default_factory=dict)
    _waiting: dict[str, list[Solution]] = field(default_factory=dict)

    def fill(self, solution: Solution, row: Mapping[str, Any]) -> None:
        """Give a solution what its row says of the search that made it."""
        solution.score = row.get("score")
        solution.selected = bool(row.get("selected"))
        solution.role = row.get("role") or ("" if solution.method == GIVEN else POLICY)
        solution.critique = row.get("critique") or ""
        solution.critiques = tuple(map(_critique, row.get("critiques") or ()))
        solution.opinions = tuple(_opinion(one, solution.critiques) for one in row.get("opinions") or ())
        solution.independent = row.get("independent") is not False
        own, revised = row["solution_id"], row.get("revises")
        self.by_id[own] = solution
        for other in self._waiting.pop(own, ()):
            other.revises = solution
        if revised is not None and revised != own:
            solution.revises = self.by_id.get(revised)
            if solution.revises is None:
                self._waiting.setdefault(revised, []).append(solution)
