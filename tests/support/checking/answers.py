"""Answers held against a gold one by `math_answer`, in short, and tables of such pairs."""

from __future__ import annotations

from collections.abc import Mapping

from factory.checkers.math_answer import Config, check
from factory.types import Question


def outcome(gold: str, answer: str) -> str:
    """Return what the checker says of a solution that ends with `answer` in a box."""
    return str(check(Question(text="", gold=gold), rf"So \boxed{{{answer}}}.", Config()).outcome)


def pairs(table: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return all pairs of a gold answer and an answer to it."""
    return [(gold, answer) for gold, answers in table.items() for answer in answers]
