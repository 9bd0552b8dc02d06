"""Rules that hold for every row, whoever labelled it: `factory validate` checks them question by question.

The rules follow from what the labellers do (`factory/labelling/step_labels.py`,
`factory/supervision/checked_steps.py`). Rules that depend on a labeller's settings are not here.

* Required columns are there; `status` is "failed" ⇔ there is a `failure`.
* A solution's id is the hash of its question and text.
* Successes ≤ trials, and each value is successes / trials.
* A solution that was cut off, or judged neither correct nor incorrect, has no labels.
* `first_error` fits the labels; the last step of a wrong solution is not labelled 1.
* A tree node stands behind its parent; no cost is negative; scores of steps are shares, rewards need visits.
* A method answers with at most one solution; one that is no independent sample counts at no node.

An imported row (`method` "imported") has labels without counts, and a person may have labelled a step right behind a
wrong one: rules about counts and about the order of right and wrong steps are not applied to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from factory.labelling.step_labels import first_error_of
from factory.records.role_costs import AMOUNTS, COUNTS_ROLES, ROLE_FIELDS, WHO
from factory.records.schema import COST, SCHEMA_VERSION
from factory.records.search_rules import search_faults
from factory.records.thought_fields import whole_text
from factory.rollouts.nodes import PROBE
from factory.types import LENGTH, Outcome, content_id

Row = Mapping[str, Any]
"""Row of a question, a solution or a tree node, as `pyarrow`'s `to_pylist` gives it."""

IMPORTED = "imported"
_ROW = ("question_id", "question", "solutions", "tree", "cost", "status", "unit_id", "schema_version")
_SOLUTION = ("solution_id", "text", "steps", "method", "occurrences")
_OUTCOMES = frozenset(map(str, Outcome))
_JUDGED = (Outcome.CORRECT, Outcome.INCORRECT)
_PARTS = (("label_calls", "policy_calls"), ("label_tokens", "completion_tokens"))
# Two confidences that leave exactly no room for each other pass by this much: they are float32 and were rounded.
_NEAR = 1e-3


def row_faults(row: Row) -> Iterator[str]:
    """Yield the faults of a row of `factory.records.schema.SCHEMA`, one sentence each: what was got, what expected."""
    missing = [name for name in _ROW if row[name] is None]
    if missing:
        # Without them nothing else can be said of the row.
        yield f"{', '.join(missing)} null, expected a value"
        return
    # The row itself.
    version = row["schema_version"]
    if not is_known(version):
        yield f"schema_version {version!r}, expected 1 to {SCHEMA_VERSION}"
    if row["status"] not in ("ok", "failed"):
        yield f"status {row['status']!r}, expected ok or failed"
    elif (row["status"] == "failed") != (row["failure"] is not None):
        yield f"status {row['status']} {'with' if row['failure'] else 'without'} a failure, expected both or none"
    yield from _cost_faults(row["cost"], is_known(version) and int(version) >= COUNTS_ROLES)
    yield from _tree_faults(row["tree"])
    yield from search_faults(row)
    # Its solutions.
    for number, solution in enumerate(row["solutions"]):
        if solution is None or any(solution[name] is None for name in _SOLUTION):
            yield f"solution number {number}: {', '.join(_SOLUTION)} not all there, expected values"
            continue
        expected = content_id(row["question_id"], whole_text(solution).rstrip())
        if solution["solution_id"] != expected:
            yield f"solution {solution['solution_id']}: the id of another text, expected {expected}"
        for fault in solution_faults(solution):
            yield f"solution {solution['solution_id']}: {fault}"


def is_known(version: object) -> bool:
    """Return True when records of this schema version can be read: 1 up to today's."""
    return isinstance(version, str) and version.isascii() and version.isdigit() and 1 <= int(version) <= _NEWEST


_NEWEST = int(SCHEMA_VERSION)


def solution_faults(solution: Row) -> Iterator[str]:
    """Yield the faults of one solution, those of its id and its required fields apart."""
    steps, verdict, imported = solution["steps"], solution["verdict"], solution["method"] == IMPORTED
    if verdict not in _OUTCOMES and not (verdict is None and imported):
        yield f"verdict {verdict!r}, expected one of {', '.join(sorted(_OUTCOMES))}"
        return
    if solution["occurrences"] < 1:
        yield f"occurrences {solution['occurrences']}, expected at least 1"
    probes = solution.get("probes")
    if probes is not None and (probes < 0 or (probes and solution["method"] == PROBE)):
        yield f"probes {probes} beside the occurrences, expected 0 or more, and 0 for a labeller's own rollout"
    for number, step in enumerate(steps):
        if step is None or step["text"] is None:
            yield f"step {number} null, expected a text with its counts"
            return
        for fault in _step_faults(step, imported):
            yield f"step {number}: {fault}"
    for opinion in solution.get("opinions") or ():
        if opinion is None or not opinion["source"] or not -1 <= opinion["first_error"] < len(steps):
            yield f"opinion {opinion}, expected a source and a step from 0 to {len(steps) - 1}, or -1 for no error"
    for critique in solution.get("critiques") or ():
        said = critique.get("first_error")
        if said is not None and not -1 <= said < len(steps):
            yield f"critique naming step {said}, expected 0 to {len(steps) - 1}, or -1 for no error"
    yield from _layout_faults(solution)
    yield from _label_faults(solution, [step["label"] for step in steps], imported)


def _step_faults(step: Row, imported: bool) -> Iterator[str]:
    label, confidence, value = step["label"], step["confidence"], step["mc_value"]
    if label not in (1, -1, None):
        yield f"label {label}, expected 1, -1 or null"
    if not _is_share(confidence) and not (confidence is None and imported):
        yield f"confidence {confidence}, expected 0 to 1"
    if imported:
        if not (value is None or _is_share(value)):
            yield f"mc_value {value}, expected 0 to 1"
        return
    yield from _count_faults(step["n_trials"], step["n_successes"], value, "mc_value")


def _count_faults(trials: int | None, successes: int | None, value: float | None, name: str) -> Iterator[str]:
    if trials is None or successes is None:
        yield f"{successes} successes in {trials} trials, expected numbers"
    elif not 0 <= successes <= trials:
        yield f"{successes} successes in {trials} trials, expected no more successes than trials"
    elif (value is None) != (not trials) or (value is not None and not _near(value, successes / trials)):
        yield f"{name} {value}, expected {successes} successes / {trials} trials"


def _layout_faults(solution: Row) -> Iterator[str]:
    """Yield the faults of `step_ends` and `step_tokens`, which records have since schema 3."""
    ends, n_steps = solution["step_ends"], len(solution["steps"])
    if ends is None:
        return
    if len(ends) != n_steps or any(behind < end for end, behind in pairwise([0, *ends])):
        yield f"step_ends {_brief(ends)}, expected {n_steps} growing numbers"
    elif ends and ends[-1] != (length := len(whole_text(solution))):
        yield f"the last step ends at {ends[-1]}, expected the end of the text at {length}"
    tokens = solution["step_tokens"]
    if tokens is not None and len(tokens) != n_steps:
        yield f"step_tokens of {len(tokens)} steps, expected {n_steps}"


def _label_faults(solution: Row, labels: Sequence[int | None], imported: bool) -> Iterator[str]:
    verdict, first = solution["verdict"], solution["first_error"]
    # A label says something only of a solution that is finished and was judged right or wrong.
    cut_off = solution["finish_reason"] == LENGTH
    if cut_off or (verdict is not None and verdict not in _JUDGED):
        if any(labels) or first is not None:
            yield f"labels on a solution {'cut off' if cut_off else 'judged ' + verdict}, expected none"
        return
    # A wrong answer means that there is an error somewhere.
    if first is not None:
        yield from _first_error_faults(first, labels, exact=imported)
    if verdict == Outcome.INCORRECT and labels and labels[-1] == 1:
        yield "the last step of a wrong solution is labelled 1, expected -1 or null"
    if verdict == Outcome.INCORRECT and first == -1:
        yield "first_error -1 of a wrong solution, expected a step or null"
    if imported:
        return
    # A right answer may have been reached by luck, or with an error that did no harm: rollouts from inside the solution
    # can show the former, only what others say of it the latter.
    seen = any(step["n_trials"] for step in solution["steps"][:-1]) or solution.get("opinions")
    if verdict == Outcome.CORRECT and -1 in labels and not seen:
        yield "a step of a right solution is labelled -1 without any rollouts or opinions, expected 1 or null"
    yield from _flaw_faults(solution)
    yield from _order_faults(solution["steps"])


def _flaw_faults(solution: Row) -> Iterator[str]:
    """Yield a fault where `flawed`, which audits of right answers fill in, does not fit verdict and first error."""
    flawed, first = solution.get("flawed"), solution["first_error"]
    if flawed is None:
        return
    if solution["verdict"] != Outcome.CORRECT:
        yield f"flawed {flawed} of a solution judged {solution['verdict']}, expected null"
    elif (first == -1) == flawed or not (first is not None or flawed):
        yield f"flawed {flawed} with first_error {first}, expected a step or null for true and -1 for false"


def _first_error_faults(first: int, labels: Sequence[int | None], *, exact: bool) -> Iterator[str]:
    if exact and first != first_error_of(labels):
        yield f"first_error {first}, expected {first_error_of(labels)} by the labels"
    elif not -1 <= first < len(labels):
        yield f"first_error {first}, expected -1 or one of {len(labels)} steps"
    elif first == -1 and (-1 in labels or 1 not in labels):
        yield "first_error -1, expected steps labelled 1 and none -1"
    elif first >= 0 and (labels[first] != -1 or -1 in labels[:first]):
        yield f"first_error {first}, expected the first step labelled -1"


def _order_faults(steps: Sequence[Row]) -> Iterator[str]:
    """Yield a fault for a step labelled right behind one labelled wrong.

    The probability that an error was made by a step grows from step to step. So a right step behind a wrong one is
    possible only when the two confidences sum to at most 1, as hard estimates with confidence 0 do.
    """
    wrong: tuple[int, float] | None = None
    for number, step in enumerate(steps):
        sure = step["confidence"] or 0.0
        if step["label"] == -1 and (wrong is None or sure > wrong[1]):
            wrong = (number, sure)
        elif step["label"] == 1 and wrong is not None and wrong[1] + sure > 1 + _NEAR:
            yield f"step {number} is labelled 1 behind step {wrong[0]} labelled -1, expected -1 or null"
            return


def _tree_faults(tree: Sequence[Row | None]) -> Iterator[str]:
    seen: set[int] = set()
    for node in tree:
        if node is None or node["node"] is None or node["text"] is None:
            yield "a tree node is null, expected a number and a text"
            return
        # Numbers are unique, and a parent comes before its children.
        number, parent = node["node"], node["parent"]
        if number in seen:
            yield f"tree node {number} twice, expected once"
        if (parent is None) == bool(seen) or (parent is not None and parent not in seen):
            yield f"tree node {number} has parent {parent}, expected a node before it, and none for the first"
            return
        seen.add(number)
        # Nodes of imported trees have values without counts.
        if node["trials"] is None:
            continue
        for fault in _count_faults(node["trials"], node["successes"], node["value"], "value"):
            yield f"tree node {number}: {fault}"
        for part in ("", "_successes"):
            asked, came, whole = node[f"asked{part}"], node[f"came{part}"], node["successes" if part else "trials"]
            if asked is not None and came is not None and (min(asked, came) < 0 or asked + came > whole):
                yield f"tree node {number}: asked{part} {asked} + came{part} {came}, expected at most {whole}"


def _cost_faults(cost: Row, counts_roles: bool) -> Iterator[str]:
    names = [field.name for field in COST if field.name not in ROLE_FIELDS]
    for name in (*names, "money") if counts_roles else names:
        if not _is_amount(cost[name]):
            yield f"cost.{name} {cost[name]}, expected 0 or more"
            return
    for part, whole in _PARTS:
        if cost[part] > cost[whole]:
            yield f"cost.{part} {cost[part]}, expected at most {whole}, {cost[whole]}"
    if counts_roles:
        yield from _role_faults(cost)


def _role_faults(cost: Row) -> Iterator[str]:
    """Yield the faults of the cost by role, which records have since schema 4."""
    entries = cost["roles"]
    if entries is None or not all(entry and all(_is_amount(entry[name]) for name in AMOUNTS) for entry in entries):
        yield "cost.roles with nulls or negative amounts, expected entries with 0 or more of each"
        return
    who = [tuple(entry[name] for name in WHO) for entry in entries]
    if len(set(who)) != len(who) or not all(entry["role"] for entry in entries):
        yield "cost.roles without a role or with one and its model twice, expected each once"
    calls, asked = sum(entry["calls"] for entry in entries), cost["policy_calls"] + cost["judge_calls"]
    if calls < asked:
        yield f"cost.roles of {calls} calls, expected at least those of the policy and the judge, {asked}"
    money = sum(entry["money"] for entry in entries)
    if not math.isclose(money, cost["money"], rel_tol=1e-9, abs_tol=1e-12):
        yield f"cost.money {cost['money']}, expected {money} by its roles"


def _is_amount(value: float | None) -> bool:
    return value is not None and 0 <= value < math.inf


def _is_share(value: float | None) -> bool:
    return value is not None and 0 <= value <= 1


def _near(value: float, expected: float) -> bool:
    return abs(value - expected) < 1e-6


def _brief(values: Sequence[object]) -> str:
    return f"[{', '.join(map(str, values[:6]))}{', …' if len(values) > 6 else ''}]"
