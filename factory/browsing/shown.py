"""Record as a page shows it: plain values of bounded size, with what each step is called and why.

A record may hold megabytes of text and thousands of nodes. What is shown of it is cut, and says what was left out; the
whole of it is a file to be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from factory.browsing import why
from factory.browsing.prefixes import Prefixes
from factory.browsing.verdict import verdict_in_words
from factory.types import LENGTH, LEVEL_KEYS

# Shown at most: characters of one text and of all, solutions, steps of one, critiques of one, nodes.
TEXT, TEXTS, SOLUTIONS, STEPS, CRITIQUES, NODES = 20_000, 4_000_000, 400, 1_000, 40, 4_000
# Longest text that is never cut: names, verdicts and ids, which a page goes by.
_NAME = 40
_OF_SOLUTION = (
    *("solution_id", "final_answer", "verdict", "verdict_reason", "first_error", "contradicted", "flawed", "labeller"),
    *("completer", "method", "role", "round", "occurrences", "probes", "hinted", "selected", "score", "revises"),
    *("independent", "engine", "model", "model_revision", "prompt_id", "prompt_tokens", "completion_tokens"),
    *("finish_reason", "checker", "label_calls", "looping"),
)
_OF_STEP = ("label", "confidence", "n_trials", "n_successes", "mc_value")
_OF_NODE = (
    *("node", "parent", "action", "visits", "value", "trials", "successes", "terminal", "answer", "verdict", "score"),
    *("reward", "finish", "selections"),
)
_LEFT = "left_out"


class _Texts:
    """Texts of one record, of bounded length each and in all, whoever wrote them: any name may be a megabyte long."""

    def __init__(self) -> None:
        self._left = TEXTS

    def cut(self, text: str) -> str:
        """Return a text, or its beginning with how much is missing."""
        if len(text) <= _NAME:
            return text
        room = max(0, min(TEXT, self._left))
        self._left -= min(len(text), room)
        return text if len(text) <= room else f"{text[:room]} … ({len(text) - room:,} characters more)"


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole record as values of JSON: maps as objects, times as ISO 8601, numbers that are none as null."""
    return {name: _plain(value) for name, value in {**record, **_maps(record)}.items()}


def shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as values of JSON that a page can show.

    Args:
      record: a record of any schema.
    """
    prefixes = Prefixes()
    # The tree first: nodes are numbered as prefixes, and its root says how often the bare question was solved.
    nodes = (record.get("tree") or [])[:NODES]
    numbers = prefixes.of_nodes(nodes)
    root = nodes[0] if nodes and nodes[0]["parent"] is None else None
    solutions = record.get("solutions") or []
    facts = {name: record.get(name) for name in ("question_id", "source", "answer_kind", "status", "schema_version")}
    maps = _maps(record)
    facts |= {"question": record.get("question"), "gold_answer": record.get("gold_answer"), **maps}
    facts["level"] = next((maps["metadata"][key] for key in LEVEL_KEYS if key in maps["metadata"]), None)
    made: dict[str, Any] = _plain(
        {
            **facts,
            "cost": record.get("cost"),
            "failure": record.get("failure"),
            "created_at": record.get("created_at"),
            "seed": record.get("seed"),
            "solutions": [
                _solution(one, prefixes, root, str(record.get("gold_answer") or "")) for one in solutions[:SOLUTIONS]
            ],
            "tree": [
                {**{name: node.get(name) for name in _OF_NODE}, "text": node["text"], "prefix": number}
                for node, number in zip(nodes, numbers, strict=True)
            ],
            _LEFT: {
                "solutions": max(0, len(solutions) - SOLUTIONS),
                "nodes": max(0, len(record.get("tree") or []) - NODES),
            },
        },
        _Texts().cut,
    )
    return made


def _solution(
    solution: Mapping[str, Any], prefixes: Prefixes, root: Mapping[str, Any] | None, gold: str
) -> dict[str, Any]:
    """Return a solution with its steps, what is said of each, and why."""
    steps = (solution.get("steps") or [])[:STEPS]
    critiques = solution.get("critiques") or []
    return {
        **{name: solution.get(name) for name in _OF_SOLUTION},
        "truncated": solution.get("finish_reason") == LENGTH,
        "final_answer": solution.get("final_answer"),
        "reasoning": solution.get("reasoning"),
        # Its text is that of its steps, unless it has none.
        "text": None if steps else solution.get("text"),
        "steps": [
            {
                **{name: step.get(name) for name in _OF_STEP},
                "text": step["text"],
                "prefix": prefix,
                "evidence": why.evidence(steps, index, root),
                "equations": why.wrong_equations(step),
            }
            for index, (step, prefix) in enumerate(zip(steps, prefixes.of_steps(steps), strict=True))
        ],
        "answer_in_words": verdict_in_words(solution, gold),
        "why": why.reasons(solution, root),
        "means": why.meaning(solution),
        "opinions": why.opinions_of(solution),
        "critiques": [
            {
                "role": one["role"],
                "model": one.get("model"),
                "right": one.get("right"),
                "step": one.get("first_error"),
                "text": one.get("text"),
            }
            for one in critiques[:CRITIQUES]
        ],
        "parts": [
            {"outcome": one["outcome"], "note": one.get("note")}
            for one in (solution.get("verdict_parts") or [])[:STEPS]
        ],
        "critique": solution.get("critique"),
        _LEFT: {
            "steps": max(0, len(solution.get("steps") or []) - STEPS),
            "critiques": max(0, len(critiques) - CRITIQUES),
        },
    }


def _maps(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the columns that are maps, as Arrow gives them or as objects."""
    return {name: dict(record.get(name) or ()) for name in ("metadata", "effort")}


def _plain(value: Any, text: Callable[[str], str] = str) -> Any:
    """Return a value as JSON can say it, with each of its texts, names among them, as `text` returns it."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(str(key)): _plain(item, text) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, text) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
