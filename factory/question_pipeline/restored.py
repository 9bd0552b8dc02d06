"""Question taken up again from its record: the tree with all its evidence, as it was when the row was written.

A row of schema 3 or later holds everything except the token ids. So a restored prefix is continued from its text, which
the engine tokenises like the text of a given solution; nearly always this gives the ids that had been sampled. Steps
sampled behind it are continued from exact ids again. Nodes may have other numbers than before. Of a search there are
its visits, scores, actions and choice; a step that it has neither visited, scored nor named is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise

from factory.question_pipeline.effort import MAX_TOKENS, SUPERVISION_KEYS, raised
from factory.records.search_fields import Revised, fill_node, is_searched
from factory.records.thought_fields import whole_text
from factory.records.validation import Row
from factory.rollouts.cost import Cost
from factory.rollouts.nodes import GIVEN, PROBE, Node, Solution
from factory.rollouts.tree import Tree
from factory.tokens import NO_TOKENS
from factory.types import LENGTH, POLICY, Outcome, PartVerdict, Question, Step, Verdict

# First version of the record schema that holds enough to continue a question.
FIRST_SCHEMA = 3
_COUNTS = {
    "trials": "trials",
    "successes": "successes",
    "requested": "requested",
    "searched": "searched",
    "asked": "direct_trials",
    "asked_successes": "direct_successes",
    "came": "passthrough_trials",
    "came_successes": "passthrough_successes",
}
"""Columns of a record's tree, and the fields of `Node` that hold the same counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """Solution that ended at its token limit and waits to be continued; it is not in the restored tree.

    * `row`: its row in the record.
    * `texts`, `tokens`: text and number of sampled tokens of each of its steps, from the first on.
    * `rank`: how many solutions of the restored tree came before it.
    """

    row: Row
    texts: tuple[str, ...]
    tokens: tuple[int, ...]
    rank: int


@dataclass(slots=True)
class Restored:
    """Question as its row left it, to be continued with more effort.

    * `beyond`: config keys whose amount is higher now than in the row.
    * `kept`: the row of every solution in `tree`.
    * `cut_off`: solutions left out of `tree`, to be continued first (`factory/question_pipeline/continued.py`).
    * `revised`: solutions of `tree` by their ids in the record.
    """

    row: Row
    tree: Tree
    beyond: Sequence[str] = ()
    kept: dict[Solution, Row] = field(default_factory=dict)
    cut_off: list[CutOff] = field(default_factory=list)
    revised: Revised = field(default_factory=Revised)

    def asks_more(self, section: str) -> bool:
        """Return True when an amount of that section of the config was raised ("search.", "supervision.")."""
        return any(key.startswith(section) for key in self.beyond)

    @property
    def cost(self) -> Cost:
        """Cost of the question as its row has it, that by role left to the row; a new object each time."""
        return cost_in(self.row)

    def put_back(self, row: Row) -> Solution:
        """Add the solution of `row` to the tree without counting it: the restored counts include it already.

        Its labels stand, unless an amount of the labeller was raised.
        """
        texts, tokens = _steps(row)
        # A solution that ended where it began has its start as its leaf; any other has a last step of its own.
        leaf = _walk(self.tree, texts, tokens, ends_inside=row["start_depth"] == len(texts))
        solution = Solution(
            leaf,
            row["start_depth"],
            _verdict(row),
            finish_reason=row["finish_reason"],
            method=row["method"],
            begun=self.tree.begun and row.get("reasoning") is not None and row["method"] != GIVEN,
            prompt_tokens=row["prompt_tokens"] or 0,
            occurrences=row["occurrences"],
            # Rows before schema 6 have them among the occurrences, and do not say how many they are.
            probes=row.get("probes") or 0,
            counted_at=row["counted_at"],
            sought=row["method"] != PROBE,
            labelled=row["labeller"] is not None and not self.asks_more(SUPERVISION_KEYS),
            label_calls=row["label_calls"] or 0,
            label_wishes=row["label_wishes"] or 0,
        )
        self.revised.fill(solution, row)
        self.tree.put(solution)
        if not solution.independent and leaf.parent is not None and not leaf.children:
            # Where others went on, the draft ended with nothing more, and its node stays open.
            leaf.finish = leaf.finish or solution.finish_reason
        self.kept[solution] = row
        return solution

    def counted(self, solution: Solution, depth: int) -> None:
        """Set the depth of the last node at which the rollout of `solution` counts, in its kept row, too."""
        solution.counted_at = depth
        if solution in self.kept:
            self.kept[solution] = {**self.kept[solution], "counted_at": depth}

    def reopen(self) -> None:
        """Drop the labels of wrong solutions without a located first error, if the question was now solved at last.

        Until a question is solved, nothing more is known of these solutions than that they are wrong, and labellers
        spend no rollouts on them. With the first success both change.
        """
        if self.tree.root.successes and not self.row["tree"][0]["successes"]:
            for solution, row in self.kept.items():
                if solution.is_wrong and row["first_error"] is None:
                    solution.labelled = False

    def start(self, cut: CutOff) -> Node:
        """Return the node that the rollout `cut` was requested from."""
        depth = cut.row["start_depth"]
        return _walk(self.tree, cut.texts[:depth], cut.tokens[:depth], ends_inside=True)


def cost_in(row: Row) -> Cost:
    """Return the cost of a question as its row has it, that by role left to the row; a new object each time."""
    return Cost(**{field.name: row["cost"][field.name] for field in fields(Cost) if field.name != "roles"})


def can_be_continued(row: Row) -> str | None:
    """Return why a question cannot be taken up again from `row`, as one sentence; None where it can."""
    version = row["schema_version"]
    if not (version or "").isdecimal() or int(version) < FIRST_SCHEMA:
        return f"its record has schema {version}; expected {FIRST_SCHEMA} or later, which holds enough to continue"
    if row["status"] != "ok":
        return f"its record has status {row['status']}; expected ok: this question begins from the start"
    if row.get("effort") is None:
        return "its record holds no amounts (column `effort`); expected the record of a run, not an imported one"
    return None


def restored(question: Question, row: Row, effort: Mapping[str, int], completer: str = POLICY) -> Restored:
    """Rebuild `question` as `row` left it, to be continued under `effort`.

    Solutions that were cut off below the present token limit are not in the tree: a node that they alone opened must
    not count as known while their end is open.

    Args:
      question: the question that the row is of.
      row: its row in the earlier record.
      effort: amounts by config key that are wanted now.
      completer: role of the model that makes the rollouts of the labels.

    Returns:
      The tree, with all its counts, and what is to be done beyond it.

    Raises:
      ValueError: the row is another question's or cannot be continued; callers ask `can_be_continued` first.
    """
    # Phase 1: check that the row is this question's and holds enough.
    reason = can_be_continued(row)
    if reason is not None or (row["question_id"], row["question"]) != (question.id, question.text):
        raise ValueError(f"question {question.id} cannot go on from the row of {row['question_id']}: {reason}")
    # Phase 2: make the nodes with their counts.
    rebuilt = Restored(row, Tree(question, completer), raised(dict(row["effort"]), effort))
    rebuilt.tree.begun = _is_begun(row["solutions"])
    max_tokens = effort[MAX_TOKENS] if MAX_TOKENS in rebuilt.beyond else 0
    _count(rebuilt.tree, row["tree"])
    # Phase 3: add the solutions, except those to be continued.
    for solution in row["solutions"]:
        if _cut_off_below(solution, max_tokens):
            texts, tokens = _steps(solution)
            rebuilt.cut_off.append(CutOff(row=solution, texts=texts, tokens=tokens, rank=len(rebuilt.tree.solutions)))
        else:
            rebuilt.put_back(solution)
    return rebuilt


def _is_begun(rows: Sequence[Row]) -> bool:
    """Return whether the prompt that the solutions were sampled from had opened a thought.

    Then all of them have thoughts, and what the model wrote begins without a mark. A search may have put others
    together of pieces (`independent` is false), which need not have any.
    """
    own = [row for row in rows if row["method"] != GIVEN]
    own = [row for row in own if row.get("independent") is not False or row.get("reasoning") is not None]
    without_mark = [row for row in own if row.get("reasoning") is not None and not row["thought_opening"].strip()]
    return bool(without_mark) and all(row.get("reasoning") is not None for row in own)


def _cut_off_below(row: Row, max_tokens: int) -> bool:
    """Return True for a sampled solution that ended at a token limit below `max_tokens`.

    One that is no independent sample is left to its search: the run's own prompt would not continue it alike.
    """
    if row.get("independent") is False:
        return False
    return bool(row["finish_reason"] == LENGTH and row["sampling"] and row["sampling"]["max_tokens"] < max_tokens)


def _count(tree: Tree, rows: Sequence[Row]) -> None:
    """Make the nodes that have counts, and their ancestors; endings without counts come with their solutions."""
    parents = {row["parent"] for row in rows}
    by_number: dict[int, Node] = {}
    # Parents come before their children in a record.
    for row in rows:
        counts = {field_name: row[column] for column, field_name in _COUNTS.items()}
        text = row["text"]
        if row["parent"] is None:
            node = tree.root
        elif row["node"] in parents or any(counts.values()) or is_searched(row):
            # The end of a draft has the key of a last step, as in `Tree.attach`.
            key = text.rstrip() if row.get("finish") else text
            node = tree.grow(by_number[row["parent"]], key, Step(text=text, token_ids=NO_TOKENS))
        else:
            continue
        by_number[row["node"]] = node
        fill_node(node, row)
        for name, count in counts.items():
            setattr(node, name, count)


def _steps(row: Row) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the texts and the token counts of a solution's steps."""
    bounds, whole = pairwise([0, *row["step_ends"]]), whole_text(row)
    return tuple(whole[start:end] for start, end in bounds), tuple(row["step_tokens"])


def _walk(tree: Tree, texts: Iterable[str], tokens: Iterable[int], *, ends_inside: bool) -> Node:
    """Return the node at the end of `texts`, making nodes that are missing.

    `ends_inside` is True for a node that rollouts continue from. Else the last text ends a solution, and its key has no
    trailing white space, as in `Tree`.
    """
    path = list(zip(texts, tokens, strict=True))
    node = tree.root
    for depth, (text, count) in enumerate(path, start=1):
        key = text.rstrip() if depth == len(path) and not ends_inside else text
        node = node.child(key) or tree.grow(node, key, Step(text=text, token_ids=NO_TOKENS))
        node.tokens = count
    return node


def _verdict(row: Row) -> Verdict:
    """Return the verdict that a solution's row holds."""
    parts = tuple(PartVerdict(**{**part, "outcome": Outcome(part["outcome"])}) for part in row["verdict_parts"] or ())
    return Verdict(
        outcome=Outcome(row["verdict"]), answer=row["final_answer"], reason=row["verdict_reason"] or "", parts=parts
    )
