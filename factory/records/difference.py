"""Comparison of two rows of one question, as they are read back from shards: are they the same, where do they differ?

* Columns that depend on the clock, the machine or the layout are not compared: when a row was made, in how many
  seconds, how many tokens an engine had in its cache, in which run and unit, in which version of the schema.
* The order of solutions and the numbers of tree nodes are not compared either: they depend on which rollout came back
  first. A solution is identified by its id, a node by the texts on the path to it.
* A column that is missing counts as null.
* Of the cost by role only other roles than the policy's are compared, and no money: records of earlier versions do not
  say what the policy's was, and a price is not the question's.
* What searches fill (`factory/records/search_fields.py`) is compared as rows that lack it meant it.
* Two rows have the same `row_digest` ⇔ `differences` of the two is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from factory.records.search_fields import AS_BEFORE
from factory.records.validation import Row
from factory.rollouts.nodes import GIVEN
from factory.types import POLICY, content_id

# Columns that depend on the clock, the machine or the layout, of a row and of its `cost`.
NOT_COMPARED = frozenset({"created_at", "run_id", "unit_id", "schema_version"})
NOT_COMPARED_COST = frozenset({"seconds", "cached_tokens", "money"})
_COUNTS = ("n_trials", "n_successes", "mc_value", "confidence")
_SIGNS: Mapping[Any, str] = {1: "+", -1: "-"}
_KEYED = ("solutions", "tree", "cost")
_SHOWN = 60  # characters shown of a value
_NAMED = 3  # ids shown of many solutions


def item_id(row: Row) -> int:
    """Return 64 bits that identify an item of a source: its question together with its given solutions.

    A source may hold the same question several times, each time with other solutions to be labelled.
    """
    given = sorted(item["solution_id"] for item in row["solutions"] if item["method"] == GIVEN)
    return int.from_bytes(blake2b("\x1f".join([row["question_id"], *given]).encode(), digest_size=8).digest(), "big")


def row_digest(row: Row) -> bytes:
    """Return 16 bytes that are equal for rows that are the same."""
    text = json.dumps(_canonical(row), sort_keys=True, default=str, ensure_ascii=False)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def differences(a: Row, b: Row) -> list[str]:
    """List the differences of two rows of one question, each as one line "what: in A → in B".

    The list is empty for rows that are the same.
    """
    ours, theirs = _canonical(a), _canonical(b)
    return [
        *_fields(ours, theirs, ignore=_KEYED),
        *_solutions(ours["solutions"], theirs["solutions"]),
        *_tree(ours["tree"], theirs["tree"]),
        *_fields(ours["cost"], theirs["cost"], "cost."),
    ]


def _canonical(row: Row) -> dict[str, Any]:
    """Return the compared part of a row, its solutions and nodes in an order that does not depend on the run."""
    kept = {key: _without_nulls(value) for key, value in row.items() if key not in (*NOT_COMPARED, *_KEYED)}
    cost = _without_nulls(row.get("cost") or {})
    roles = [_compared(entry) for entry in cost.pop("roles", ()) if entry["role"] != POLICY]
    return {
        **{key: value for key, value in kept.items() if value is not None},
        "cost": _compared(cost) | ({"roles": roles} if roles else {}),
        "solutions": _sorted([_told(_without_nulls(item)) for item in row.get("solutions") or ()]),
        "tree": _sorted(list(_placed(row.get("tree") or ()))),
    }


def _compared(cost: Row) -> dict[str, Any]:
    return {key: value for key, value in cost.items() if key not in NOT_COMPARED_COST}


def _placed(tree: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield the nodes with their place, a hash of the texts on the path to them, instead of their numbers."""
    places: dict[int | None, str] = {}
    for node in tree:
        place = content_id(places.get(node["parent"], ""), node["text"] or "")
        places[node["node"]] = place
        kept = _as_now(_without_nulls(node))
        yield {"place": place, **{key: value for key, value in kept.items() if key not in ("node", "parent")}}


def _as_now(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node with OmegaPRM's selections, which were its visits before schema 5, where they are now."""
    before = {} if "selections" in node else {"selections": node.get("visits", 0), "visits": 0}
    return {key: value for key, value in {**node, **before}.items() if value or key not in ("selections", "visits")}


def _told(solution: dict[str, Any]) -> dict[str, Any]:
    """Return a solution without what rows before schemas 5 and 6 meant without saying it."""
    return {key: value for key, value in solution.items() if key not in AS_BEFORE or value != AS_BEFORE[key]}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_nulls(item) for item in value]
    return value


def _sorted(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: (item.get("solution_id") or item.get("place") or "", _text(item)))


def _text(item: object) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _solutions(ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[str]:
    a, b = _keyed(ours, "solution_id"), _keyed(theirs, "solution_id")
    # Solutions that only one side has.
    for where, mine, other in (("A", a, b), ("B", b, a)):
        ids = [name for name, repeat in mine if (name, repeat) not in other]
        if ids:
            more = ["…"] if len(ids) > _NAMED else []
            yield f"solutions: {len(ids)} only in {where}: {', '.join([*ids[:_NAMED], *more])}"
    # Solutions that both have, and that differ.
    for key in a:
        if key in b and a[key] != b[key]:
            yield from _solution(f"solution {key[0]} ", a[key], b[key])


def _solution(name: str, a: Row, b: Row) -> Iterator[str]:
    yield from _fields(a, b, name, ignore=("steps",))
    steps_a, steps_b = a.get("steps") or [], b.get("steps") or []
    if [step.get("text") for step in steps_a] != [step.get("text") for step in steps_b]:
        yield f"{name}steps: {len(steps_a)} → {len(steps_b)}, other texts"
        # Labels and counts belong to the texts: with other texts they have nothing to be compared with.
        return
    labels_a, labels_b = _labels(steps_a), _labels(steps_b)
    if labels_a != labels_b:
        yield f"{name}labels: {labels_a} → {labels_b}"
    if [_measured(step) for step in steps_a] != [_measured(step) for step in steps_b]:
        yield f"{name}counts: {_counts(steps_a)} → {_counts(steps_b)}"


def _measured(step: Row) -> list[Any]:
    return [step.get(name) for name in _COUNTS]


def _labels(steps: Sequence[Row]) -> str:
    return "".join(_SIGNS.get(step.get("label"), "?") for step in steps)


def _counts(steps: Sequence[Row]) -> str:
    return " ".join(f"{step.get('n_successes', '–')}/{step.get('n_trials', '–')}" for step in steps)


def _tree(ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[str]:
    a, b = _keyed(ours, "place"), _keyed(theirs, "place")
    changed = sum(a[key] != b[key] for key in a if key in b)
    gone, new = len(a.keys() - b.keys()), len(b.keys() - a.keys())
    if gone or new or changed:
        yield f"tree: {gone} nodes only in A, {new} only in B, {changed} with other counts"


def _keyed(items: Sequence[Row], key: str) -> dict[tuple[str, int], Row]:
    """Index items by (value of `key`, repeat): items with the same value are numbered in their order, from 0."""
    index: dict[tuple[str, int], Row] = {}
    for item in items:
        name = str(item.get(key))
        repeat = 0
        while (name, repeat) in index:
            repeat += 1
        index[name, repeat] = item
    return index


def _fields(a: Row, b: Row, prefix: str = "", *, ignore: Sequence[str] = ()) -> Iterator[str]:
    for key in [*a, *(key for key in b if key not in a)]:
        if key not in ignore and a.get(key) != b.get(key):
            yield f"{prefix}{key}: {_shown(a.get(key))} → {_shown(b.get(key))}"


def _shown(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
