"""Example of a run's work: one labelled solution of a row, small enough to be sent and shown while the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Characters of a text, and steps, that are kept.
_TEXT, _STEPS = 200, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleStep:
    """Step of an example: its text, its label (1, -1, None), and the rollouts behind the label."""

    text: str
    label: int | None
    n_successes: int
    n_trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Solution with labelled steps, and what was asked. Texts are as others wrote them, only shorter.

    Attributes:
      question: text of the question.
      gold_answer: its answer.
      final_answer: what the solution says; None where it says nothing.
      verdict: what the checker said of that.
      first_error: index of the first wrong step, -1 where none is, None where it is not known.
      steps: the first steps of the solution.
      n_steps: how many it has.
    """

    question: str
    gold_answer: str
    final_answer: str | None
    verdict: str
    first_error: int | None
    steps: tuple[ExampleStep, ...]
    n_steps: int


def example_of(row: Mapping[str, Any]) -> Example | None:
    """Return the solution of `row` that shows most: right steps and then a wrong one, else any that has labels.

    None where no step of the row is labelled.
    """
    solution = max(row["solutions"], key=_telling, default=None)
    if solution is None or not _telling(solution)[0]:
        return None
    return Example(
        question=_short(row["question"]),
        gold_answer=_short(row["gold_answer"]),
        final_answer=None if solution["final_answer"] is None else _short(solution["final_answer"]),
        verdict=solution["verdict"],
        first_error=solution["first_error"],
        steps=tuple(
            ExampleStep(
                text=_short(step["text"]),
                label=step["label"],
                n_successes=step["n_successes"] or 0,
                n_trials=step["n_trials"] or 0,
            )
            for step in solution["steps"][:_STEPS]
        ),
        n_steps=len(solution["steps"]),
    )


def _telling(solution: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return how much a solution shows: kinds of labels, whether an error within it is known, labelled steps."""
    labels = [step["label"] for step in solution["steps"][:_STEPS] if step["label"] is not None]
    first_error = solution["first_error"]
    within = first_error is not None and 0 < first_error < min(len(solution["steps"]) - 1, _STEPS)
    return len(set(labels)), int(within), len(labels)


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
