"""The record: one row per question, nested, in one explicit and versioned Arrow schema.

`SCHEMA` is what lies on disk, `question_row` builds a row from a tree, `to_batch` makes Arrow of them.
Flat views (SFT, PRM, …) are derived in `factory/formats/`; nothing else writes rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from factory.policy import Cost
from factory.step_labels import SolutionLabels, StepLabel
from factory.tree import GIVEN, Node, Solution, Tree
from factory.types import Sampling, content_id

SCHEMA_VERSION = "2"

STEP = pa.struct(
    [
        ("text", pa.string()),
        ("n_trials", pa.int32()),
        ("n_successes", pa.int32()),
        ("mc_value", pa.float32()),
        ("label", pa.int8()),
        ("confidence", pa.float32()),
    ]
)
PART = pa.struct([("outcome", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("note", pa.string())])
SAMPLING = pa.struct(
    [
        ("temperature", pa.float64()),
        ("top_p", pa.float64()),
        ("top_k", pa.int32()),
        ("max_tokens", pa.int32()),
        ("stop", pa.list_(pa.string())),
    ]
)
SOLUTION = pa.struct(
    [
        ("solution_id", pa.string()),
        ("text", pa.string()),
        ("steps", pa.list_(STEP)),
        ("final_answer", pa.string()),
        ("verdict", pa.string()),
        ("verdict_reason", pa.string()),
        ("verdict_parts", pa.list_(PART)),
        ("first_error", pa.int32()),
        ("contradicted", pa.bool_()),
        ("labeller", pa.string()),
        ("label_calls", pa.int32()),
        ("method", pa.string()),
        ("start_depth", pa.int32()),
        ("occurrences", pa.int32()),
        ("hinted", pa.bool_()),
        ("round", pa.int32()),
        ("engine", pa.string()),
        ("model", pa.string()),
        ("model_revision", pa.string()),
        ("prompt_id", pa.string()),
        ("sampling", SAMPLING),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("finish_reason", pa.string()),
        ("checker", pa.string()),
        ("checker_policy", pa.string()),
    ]
)
TREE_NODE = pa.struct(
    [
        ("node", pa.int32()),
        ("parent", pa.int32()),
        ("action", pa.string()),
        ("text", pa.string()),
        ("visits", pa.int32()),
        ("value", pa.float32()),
        ("trials", pa.int32()),
        ("successes", pa.int32()),
        ("terminal", pa.bool_()),
        ("answer", pa.string()),
        ("verdict", pa.string()),
    ]
)
COST = pa.struct(
    [
        ("policy_calls", pa.int32()),
        ("label_calls", pa.int32()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("label_tokens", pa.int64()),
        ("judge_calls", pa.int32()),
        ("judge_tokens", pa.int64()),
        ("truncated", pa.int32()),
        ("seconds", pa.float32()),
    ]
)
FAILURE = pa.struct([("stage", pa.string()), ("type", pa.string()), ("message", pa.string()), ("attempts", pa.int32())])
SCHEMA = pa.schema(
    [
        ("question_id", pa.string()),
        ("source", pa.string()),
        ("question", pa.string()),
        ("gold_answer", pa.string()),
        ("answer_kind", pa.string()),
        ("licence", pa.string()),
        ("metadata", pa.map_(pa.string(), pa.string())),
        ("solutions", pa.list_(SOLUTION)),
        ("tree", pa.list_(TREE_NODE)),
        ("cost", COST),
        ("status", pa.string()),
        ("failure", FAILURE),
        ("run_id", pa.string()),
        ("unit_id", pa.string()),
        ("seed", pa.int64()),
        ("schema_version", pa.string()),
        ("created_at", pa.timestamp("ms", tz="UTC")),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made the rows of a run: written into every solution, so that a row stands on its own.

    `checker_policy` is a hash of the checker's name, version and whole config: equal hashes, equal verdicts. Of a given
    solution nobody knows what made it: there the fields of `_MAKING` are null.
    """

    run_id: str
    engine: str
    model: str
    model_revision: str
    prompt_id: str
    checker: str
    checker_policy: str
    labeller: str
    sampling: Sampling
    seed: int = 0
    round: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a question could not be finished: at which stage, by what error, after how many attempts."""

    stage: str
    type: str
    message: str
    attempts: int = 1


def question_row(
    tree: Tree,
    labels: Mapping[Solution, SolutionLabels],
    cost: Cost,
    provenance: Provenance,
    *,
    failure: Failure | None = None,
    unit_id: str = "",
    seconds: float = 0.0,
    created_at: datetime | None = None,
) -> dict[str, Any]:
    """The row of a question: what was asked, all that came back, what it cost, and why it failed if it did.

    Solutions without an entry in `labels` keep unlabelled steps.
    """
    question = tree.question
    sampling = asdict(provenance.sampling)
    return {
        "question_id": question.id,
        "source": question.source,
        "question": question.text,
        "gold_answer": question.gold,
        "answer_kind": question.answer_kind,
        "licence": question.licence,
        "metadata": list(question.metadata.items()),
        "solutions": [_solution(tree, found, labels.get(found), provenance, sampling) for found in tree.solutions],
        "tree": [_node(node) for node in tree.measured()],
        "cost": {**asdict(cost), "seconds": seconds},
        "status": "failed" if failure else "ok",
        "failure": asdict(failure) if failure else None,
        "run_id": provenance.run_id,
        "unit_id": unit_id,
        "seed": provenance.seed,
        "schema_version": SCHEMA_VERSION,
        "created_at": created_at,
    }


def _solution(
    tree: Tree, solution: Solution, labels: SolutionLabels | None, made_by: Provenance, sampling: dict[str, Any]
) -> dict[str, Any]:
    text = solution.text
    path = solution.leaf.path()
    steps = labels.steps if labels else [_UNLABELLED] * len(path)
    row = {
        "solution_id": content_id(tree.question.id, text.rstrip()),
        "text": text,
        "steps": [
            {
                "text": step_text,
                "n_trials": step.n_trials,
                "n_successes": step.n_successes,
                "mc_value": step.mc_value,
                "label": step.label,
                "confidence": step.confidence,
            }
            for step_text, step in zip(_step_texts(path), steps, strict=True)
        ],
        "final_answer": solution.verdict.answer,
        "verdict": str(solution.verdict.outcome),
        "verdict_reason": solution.verdict.reason or None,
        "verdict_parts": [asdict(part) for part in solution.verdict.parts] or None,
        "first_error": labels.first_error if labels else None,
        "contradicted": labels.contradicted if labels else None,
        "labeller": made_by.labeller if labels else None,
        "label_calls": labels.policy_calls if labels else None,
        "method": solution.method,
        "start_depth": solution.start_depth,
        "occurrences": solution.occurrences,
        "hinted": False,
        "round": made_by.round,
        "engine": made_by.engine,
        "model": made_by.model,
        "model_revision": made_by.model_revision,
        "prompt_id": made_by.prompt_id,
        "sampling": sampling,
        "prompt_tokens": solution.prompt_tokens,
        "completion_tokens": solution.n_tokens,
        "finish_reason": solution.finish_reason,
        "checker": made_by.checker,
        "checker_policy": made_by.checker_policy,
    }
    return row | dict.fromkeys(_MAKING) if solution.method == GIVEN else row


_MAKING = ("engine", "model", "model_revision", "prompt_id", "sampling", "prompt_tokens", "completion_tokens")
_UNLABELLED = StepLabel(n_trials=0, n_successes=0, mc_value=None, label=None, confidence=0.0)


def _step_texts(path: Sequence[Node]) -> Iterator[str]:
    """The steps without the white space at their ends. A token may hold a line break and the next line's indentation;
    the indentation goes back to its line, as it means something in a program."""
    indentation = ""
    for node in path:
        text = indentation + (node.step.text if node.step else "")
        step = text.rstrip()
        _, line_break, after = text[len(step) :].rpartition("\n")
        indentation = after if line_break else ""
        yield step


def _node(node: Node) -> dict[str, Any]:
    ending = node.ending
    return {
        "node": node.index,
        "parent": node.parent.index if node.parent else None,
        "action": "step" if node.parent else "root",
        "text": node.step.text if node.step else "",
        "visits": node.visits,
        "value": node.mc_value,
        "trials": node.trials,
        "successes": node.successes,
        "terminal": ending is not None,
        "answer": ending.verdict.answer if ending else None,
        "verdict": str(ending.verdict.outcome) if ending else None,
    }


def to_batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Rows as one Arrow batch of `SCHEMA`."""
    return pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=SCHEMA)
