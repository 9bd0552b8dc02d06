"""Verdict on the answer of a solution, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.browsing.quoting import quoted
from factory.types import LENGTH, Outcome

# Reasons of checkers that only say how answers were compared.
_VALUES = "exact values compared"
_COMPARED = ("same text", "texts compared", _VALUES)


def verdict_in_words(solution: Mapping[str, Any], gold: str) -> str:
    """Return a sentence on the answer of a solution: what it says, what was expected, and the checker's reason.

    Args:
      solution: a solution of a record.
      gold: the reference answer of its question; "" where there is none.
    """
    answer, verdict = solution.get("final_answer"), solution.get("verdict")
    says = "It states no answer" if answer is None else f"It answers {quoted(answer)}"
    expected = f"the gold answer is {quoted(gold)}" if gold else "there is no gold answer"
    reason = _remark(solution.get("verdict_reason"), verdict)
    if solution.get("finish_reason") == LENGTH:
        return f"{says} and was cut off at the limit of tokens, so its verdict does not count.{reason}"
    if verdict is None:
        return f"{says}; nobody has judged it."
    if verdict == Outcome.CORRECT:
        return f"{says}, which is right: {expected}.{reason}"
    if verdict == Outcome.INCORRECT:
        return f"{says}, which is wrong: {expected}.{reason}"
    if answer is None:
        return f"{says} ({verdict}); {expected}. Such a solution is never counted as wrong.{reason}"
    called = {"unparsable": "cannot be read", "timeout": "took too long to check"}.get(verdict, "could not be checked")
    return f"{says}, which {called} ({verdict}); {expected}. Such an answer is never counted as wrong.{reason}"


def _remark(reason: str | None, verdict: str | None) -> str:
    """Return the checker's reason as a sentence; nothing where it only says how it has compared."""
    if not reason or reason in _COMPARED:
        return " They are equal as exact values." if reason == _VALUES and verdict == Outcome.CORRECT else ""
    return f" The checker says: {quoted(reason)}."
