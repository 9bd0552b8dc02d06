"""Checker that never returns for a text that says so, and settles everything else at once."""

from __future__ import annotations

import time
from dataclasses import dataclass

from factory.types import Outcome, Question, Verdict


@dataclass
class Config:
    """Nothing to set."""


def settle(question: Question, text: str, config: Config) -> Verdict | None:
    """Settle by whether the gold answer is in the text, except for "hang the checker"."""
    if "hang the checker" in text:
        return None
    return Verdict(outcome=Outcome.CORRECT if question.gold in text else Outcome.INCORRECT, answer=question.gold)


def check(question: Question, text: str, config: Config) -> Verdict:
    """Hang forever."""
    while True:
        time.sleep(1)
