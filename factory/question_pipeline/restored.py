"""A question taken up again from its record: the tree with all its evidence, as it was when the row was written.

A row of schema 3 holds all of it but the token ids. So a restored prefix is continued from its text, which the engine
tokenises like that of a given solution; nearly always these are the ids that had been sampled. What is sampled behind
it is again continued from exact ids. Nodes may have other numbers than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

from factory.question_pipeline.effort import MAX_TOKENS, SUPERVISION, raised
from factory.rollouts.nodes import PROBE, Node, Solution
from factory.rollouts.policy import Cost
from factory.rollouts.tree import Tree
from factory.types import Outcome, Part, Question, Step, Verdict

FIRST_SCHEMA = 3  # that holds enough
_COUNTS = {
    "trials": "trials",
    "successes": "successes",
    "visits": "visits",
    "requested": "requested",
    "searched": "searched",
    "asked": "direct_trials",
    "asked_successes": "direct_successes",
    "came": "passthrough_trials",
    "came_successes": "passthrough_successes",
}
"""Columns of a record's tree, and the fields of `Node` that hold the same counts."""

Row = Mapping[str, Any]
"""A question's row, a solution's or a tree node's, as `pyarrow`'s `to_pylist` gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A solution that ended at its token limit, not yet in the tree again: its row, and the text and the tokens of each
    of its steps from the first on. `rank`: how many of the solutions that are in the tree again came before it."""

    row: Row
    texts: tuple[str, ...]
    tokens: tuple[int, ...]
    rank: int


@dataclass(slots=True)
class Restored:
    """A question as `row` left it, and what is asked for `beyond` that, by config key.

    `kept`: the row of every solution in `tree`. `cut_off`: those left out of it, to be continued.
    """

    row: Row
    tree: Tree
    beyond: Sequence[str] = ()
    kept: dict[Solution, Row] = field(default_factory=dict)
    cut_off: list[CutOff] = field(default_factory=list)

    def asks_more(self, section: str) -> bool:
        """Whether more is asked for of a section of the config."""
        return any(key.startswith(section) for key in self.beyond)

    @property
    def cost(self) -> Cost:
        return Cost(**{field.name: self.row["cost"][field.name] for field in fields(Cost)})

    def put_back(self, row: Row) -> Solution:
        """Hang in the solution of `row`, which counts already where it counts. Its labels stand, unless it is labels
        that more is asked for of."""
        texts, tokens = _steps(row)
        # One that ended where it began has its start for a leaf; any other a last step of its own.
        leaf = _walk(self.tree, texts, tokens, ends_inside=row["start_depth"] == len(texts))
        solution = Solution(
            leaf,
            row["start_depth"],
            _verdict(row),
            finish_reason=row["finish_reason"],
            method=row["method"],
            prompt_tokens=row["prompt_tokens"] or 0,
            occurrences=row["occurrences"],
            counted_at=row["counted_at"],
            sought=row["method"] != PROBE,
            labelled=row["labeller"] is not None and not self.asks_more(SUPERVISION),
            label_calls=row["label_calls"] or 0,
            label_wishes=row["label_wishes"] or 0,
        )
        leaf.ending = solution
        self.tree.solutions.append(solution)
        self.kept[solution] = row
        return solution

    def counted(self, solution: Solution, depth: int) -> None:
        """Note that the rollout of `solution` counts down to `depth`."""
        solution.counted_at = depth
        if solution in self.kept:
            self.kept[solution] = {**self.kept[solution], "counted_at": depth}

    def reopen(self) -> None:
        """Let go of the labels of wrong solutions that located nothing, if the question has been solved for the first
        time since: till then nobody could tell more of them than that they are wrong, nor was it worth a rollout."""
        if self.tree.root.successes and not self.row["tree"][0]["successes"]:
            for solution, row in self.kept.items():
                if solution.is_wrong and row["first_error"] is None:
                    solution.labelled = False

    def start(self, cut: CutOff) -> Node:
        """Where the rollout `cut` was asked for."""
        depth = cut.row["start_depth"]
        return _walk(self.tree, cut.texts[:depth], cut.tokens[:depth], ends_inside=True)


def can_be_continued(row: Row) -> str | None:
    """Why a question cannot be taken up again from `row`; None where it can."""
    version = row["schema_version"]
    if not (version or "").isdecimal() or int(version) < FIRST_SCHEMA:
        return f"its record has schema {version}; expected {FIRST_SCHEMA} or later, which keep all that was asked for"
    if row["status"] != "ok":
        return f"its record says status {row['status']}; expected ok: do the question again from the start"
    if row.get("effort") is None:
        return "its record does not say how much had been asked for; expected that of a run, not an imported one"
    return None


def restored(question: Question, row: Row, effort: Mapping[str, int]) -> Restored:
    """`question` as `row` left it, to be gone on with under `effort`. Solutions cut off by fewer tokens than there are
    now are not in the tree: no node that they alone opened may count as known while their own end is not.

    Raises `ValueError` for a row that is not this question's or cannot be continued: whoever calls has looked before.
    """
    reason = can_be_continued(row)
    if reason is not None or (row["question_id"], row["question"]) != (question.id, question.text):
        raise ValueError(f"question {question.id} cannot go on from the row of {row['question_id']}: {reason}")
    found = Restored(row, Tree(question), raised(dict(row["effort"]), effort))
    max_tokens = effort[MAX_TOKENS] if MAX_TOKENS in found.beyond else 0
    _count(found.tree, row["tree"])
    for solution in row["solutions"]:
        if _cut_off_below(solution, max_tokens):
            texts, tokens = _steps(solution)
            found.cut_off.append(CutOff(row=solution, texts=texts, tokens=tokens, rank=len(found.tree.solutions)))
        else:
            found.put_back(solution)
    return found


def _cut_off_below(row: Row, max_tokens: int) -> bool:
    return bool(row["finish_reason"] == "length" and row["sampling"] and row["sampling"]["max_tokens"] < max_tokens)


def _count(tree: Tree, rows: Sequence[Row]) -> None:
    """Make the nodes that have counts, and those above them. An ending without any comes with its solution."""
    parents = {row["parent"] for row in rows}
    by_number: dict[int, Node] = {}
    for row in rows:  # parents first
        counts = {field_name: row[column] for column, field_name in _COUNTS.items()}
        if row["parent"] is None:
            node = tree.root
        elif row["node"] in parents or any(counts.values()):
            node = tree.grow(by_number[row["parent"]], row["text"], Step(text=row["text"], token_ids=()))
        else:
            continue
        by_number[row["node"]] = node
        for name, count in counts.items():
            setattr(node, name, count)


def _steps(row: Row) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The texts and the token counts of a solution's steps."""
    bounds = pairwise([0, *row["step_ends"]])
    return tuple(row["text"][start:end] for start, end in bounds), tuple(row["step_tokens"])


def _walk(tree: Tree, texts: Iterable[str], tokens: Iterable[int], *, ends_inside: bool) -> Node:
    """The node at the end of `texts`, made where it is missing; as `Tree` itself tells apart a solution's last step
    from one that is gone on from."""
    path = list(zip(texts, tokens, strict=True))
    node = tree.root
    for depth, (text, count) in enumerate(path, start=1):
        key = text.rstrip() if depth == len(path) and not ends_inside else text
        node = node.children.get(key) or tree.grow(node, key, Step(text=text, token_ids=()))
        node.tokens = count
    return node


def _verdict(row: Row) -> Verdict:
    parts = tuple(Part(**{**part, "outcome": Outcome(part["outcome"])}) for part in row["verdict_parts"] or ())
    return Verdict(
        outcome=Outcome(row["verdict"]), answer=row["final_answer"], reason=row["verdict_reason"] or "", parts=parts
    )
