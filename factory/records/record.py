"""Rows of records: one nested row per question, in one explicit, versioned Arrow schema (`factory/records/schema.py`).

`question_row` builds a row from a search tree, `to_batch` turns rows into Arrow.

* Only this module and `factory/export/imported.py` (rows of other people's data sets) make rows. Flat views (SFT,
  PRM, …) are derived from them in `factory/formats/`.
* Every solution names what made it (`Provenance`), so a row can be understood without its run. A solution that a
  completer finished for the labels names that one; its first steps are those of another solution.
* A given solution was not made by the run: its fields `_MAKING` are null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from itertools import accumulate
from typing import Any

import pyarrow as pa

from factory.labelling.step_labels import SolutionLabels, StepLabel
from factory.records.role_costs import Entry, MadeBy, earlier_entries, entries_of
from factory.records.schema import COST, SCHEMA, SCHEMA_VERSION, SOLUTION, TREE_NODE
from factory.records.search_fields import node_fields, said_of, solution_fields, solution_id
from factory.records.thought_fields import thought_fields
from factory.rollouts.cost import Cost
from factory.rollouts.nodes import GIVEN, PROBE, Node, Solution
from factory.rollouts.tree import Tree
from factory.types import POLICY, Sampling

__all__ = ["COST", "SCHEMA", "SCHEMA_VERSION", "SOLUTION", "TREE_NODE"]  # where readers look for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Origin of a run's rows: written into every solution, so that a row can be understood without its run.

    * `run_id`: name of the run.
    * `engine`, `model`, `model_revision`, `prompt_id`, `sampling`: what sampled the solutions.
    * `checker`: name of the plug-in that judged them. `checker_policy`: hash of its name, version and whole config;
      equal hashes mean equal verdicts.
    * `labeller`: name of the plug-in that labelled the steps.
    * `roles`: model behind each role; that of the policy is the above where it is left out, without a price.
    * `seed`: seed of the run. `round`: round of self-training, 0 outside of one.
    * `hinted`: the prompt showed the gold answer (`PromptTemplate.hinted`).
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
    hinted: bool = False
    roles: Mapping[str, MadeBy] = field(default_factory=dict)

    def maker(self, role: str) -> MadeBy:
        """Return the model behind a role. Raises `KeyError` for one that nobody has."""
        if role == POLICY and role not in self.roles:
            return MadeBy(engine=self.engine, model=self.model, revision=self.model_revision)
        return self.roles[role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Reason why a question could not be finished.

    `stage`: step of the recipe that failed. `type`, `message`: the error's. `attempts`: how often it was tried.
    """

    stage: str
    type: str
    message: str
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """State of a question that can be taken up again.

    * `effort`: how much was asked for, by config key (`factory/question_pipeline/effort.py`).
    * `kept`: solutions' rows from an earlier record; they stay as they were there, but for new labels.
    * `roles`: entries of the earlier record's cost by role, to which `Cost.roles` is added.
    """

    effort: Mapping[str, int]
    kept: Mapping[Solution, Mapping[str, Any]] = field(default_factory=dict)
    roles: Sequence[Entry] = ()


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
    resumption: Resumption | None = None,
) -> dict[str, Any]:
    """Return the row of a question: the question, its solutions with their labels, its tree, its cost.

    Args:
      tree: search tree of the question, with the solutions that were reached.
      labels: step labels by solution; solutions without an entry keep unlabelled steps.
      cost: calls and tokens spent on the question.
      provenance: what made the solutions.
      failure: reason, when the question could not be finished.
      unit_id: unit of work that the question belongs to.
      seconds: time spent on the question.
      created_at: time stamp of the row, in UTC.
      resumption: what a later run needs to go on with the question; a row without it cannot be resumed.

    Returns:
      A row of `SCHEMA`, as `to_batch` takes it.
    """
    kept = resumption.kept if resumption else {}
    question = tree.question
    sampling = {name: value for name, value in asdict(provenance.sampling).items() if name != "until"}
    return {
        "question_id": question.id,
        "source": question.source,
        "question": question.text,
        "gold_answer": question.gold,
        "answer_kind": question.answer_kind,
        "licence": question.licence,
        "metadata": list(question.metadata.items()),
        "solutions": [
            _kept(tree, kept[solution], solution, labels.get(solution), provenance)
            if solution in kept
            else _solution(tree, solution, labels.get(solution), provenance, sampling)
            for solution in tree.solutions
        ],
        "tree": [_node(node) for node in tree.measured()],
        "cost": _cost(cost, seconds, entries_of(cost.roles, provenance.maker, resumption.roles if resumption else ())),
        "status": "failed" if failure else "ok",
        "failure": asdict(failure) if failure else None,
        "effort": None if resumption is None else list(resumption.effort.items()),
        "run_id": provenance.run_id,
        "unit_id": unit_id,
        "seed": provenance.seed,
        "schema_version": SCHEMA_VERSION,
        "created_at": created_at,
    }


def dearer(row: Mapping[str, Any], cost: Cost, made_by: Provenance, seconds: float) -> dict[str, Any]:
    """Return an earlier row of a question whose cost is now that of work that failed, too.

    Args:
      row: the row.
      cost: calls and tokens, those of the row included; by role, those since then.
      made_by: models of the work.
      seconds: time spent on the question, that of the row included.
    """
    spent = _cost(cost, seconds, entries_of(cost.roles, made_by.maker, earlier_entries(row)))
    # A row from before roles were counted says nothing of them.
    return {**row, "cost": {name: was if was is None else spent[name] for name, was in row["cost"].items()}}


def _cost(cost: Cost, seconds: float, roles: Sequence[Entry]) -> dict[str, Any]:
    counts = {name: getattr(cost, name) for name in _COUNTED}
    return {**counts, "seconds": seconds, "roles": roles, "money": sum(entry["money"] for entry in roles)}


def _solution(
    tree: Tree, solution: Solution, labels: SolutionLabels | None, made_by: Provenance, sampling: dict[str, Any]
) -> dict[str, Any]:
    path = solution.leaf.path()
    # What a labeller's probe sampled may be another model's.
    sampled_by = made_by.maker(tree.completer if solution.method == PROBE else POLICY)
    # Text, where its steps end, verdict; then how it came about; then what made it.
    row = {
        "solution_id": solution_id(tree, solution),
        **thought_fields(solution.text, solution.finish_reason, begun=solution.begun),
        "step_ends": list(accumulate(len(node.step.text) for node in path if node.step)),
        "step_tokens": [node.tokens for node in path],
        "final_answer": solution.verdict.answer,
        "verdict": str(solution.verdict.outcome),
        "verdict_reason": solution.verdict.reason or None,
        "verdict_parts": [asdict(part) for part in solution.verdict.parts] or None,
        "method": solution.method,
        "start_depth": solution.start_depth,
        "counted_at": solution.counted_at,
        "occurrences": solution.occurrences,
        "hinted": made_by.hinted and solution.method != GIVEN,
        "round": made_by.round,
        "engine": sampled_by.engine,
        "model": sampled_by.model,
        "model_revision": sampled_by.revision,
        "prompt_id": made_by.prompt_id,
        "sampling": sampling,
        "prompt_tokens": solution.prompt_tokens,
        "completion_tokens": solution.n_tokens,
        "finish_reason": solution.finish_reason,
        "checker": made_by.checker,
        "checker_policy": made_by.checker_policy,
        **solution_fields(tree, solution),
        "probes": solution.probes,
        **said_of(solution, made_by.maker),
    }
    row |= _labels(solution, labels, made_by, tree.completer)
    return row | dict.fromkeys(_MAKING) if solution.method == GIVEN else row


def _kept(
    tree: Tree, row: Mapping[str, Any], solution: Solution, labels: SolutionLabels | None, made_by: Provenance
) -> dict[str, Any]:
    """Return a solution's earlier row with what may have changed since: how often it came, method, choice and labels.

    The same text may have been sampled again; the method is then that of the search that sampled it.
    """
    relabelled = _labels(solution, labels, made_by, tree.completer) if labels else {}
    now = {"occurrences": solution.occurrences, "probes": solution.probes, "method": solution.method}
    now |= solution_fields(tree, solution, row)
    if not solution.independent:
        # A labeller's rollout whose text a search has arrived at since counts nowhere on its own account.
        now |= {"start_depth": solution.start_depth, "counted_at": solution.counted_at}
    return {**row, **now, **said_of(solution, made_by.maker, row), **relabelled}


def _labels(solution: Solution, labels: SolutionLabels | None, made_by: Provenance, completer: str) -> dict[str, Any]:
    path = solution.leaf.path()
    steps = labels.steps if labels else [_UNLABELLED] * len(path)
    return {
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
        **{name: getattr(labels, name) if labels else None for name in ("first_error", "contradicted", "flawed")},
        "labeller": made_by.labeller if labels else None,
        "completer": completer if labels and completer != POLICY else None,
        "label_calls": labels.policy_calls if labels else None,
        "label_wishes": labels.wishes if labels else None,
    }


# Fields of `Cost` that a record keeps as they are.
_COUNTED = tuple(part.name for part in fields(Cost) if part.name != "roles")
# Fields about the sampling of a solution: null for a given one.
_MAKING = ("engine", "model", "model_revision", "prompt_id", "sampling", "prompt_tokens", "completion_tokens")
_UNLABELLED = StepLabel(n_trials=0, n_successes=0, mc_value=None, label=None, confidence=0.0)


def _step_texts(path: Sequence[Node]) -> Iterator[str]:
    """Yield the steps' texts without the white space at their ends.

    One token may hold a line break and the next line's indentation. The indentation moves to the step it belongs to,
    as it means something in a program.
    """
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
        "text": node.step.text if node.step else "",
        "value": node.mc_value,
        "trials": node.trials,
        "successes": node.successes,
        "requested": node.requested,
        "searched": node.searched,
        "asked": node.direct_trials,
        "asked_successes": node.direct_successes,
        "came": node.passthrough_trials,
        "came_successes": node.passthrough_successes,
        "terminal": ending is not None,
        "answer": ending.verdict.answer if ending else None,
        "verdict": str(ending.verdict.outcome) if ending else None,
        **node_fields(node),
    }


def to_batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Return rows as one Arrow batch of `SCHEMA`."""
    return pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=SCHEMA)
