"""Parts shared by the flat views of `factory/formats/`: usable solutions and labels, prompts, origin columns.

* A solution that was cut off, timed out, failed or could not be read is neither right nor wrong. One that was cut off
  behind an answer that counts is one of them, but no text to learn to write (`is_whole`).
* Only steps up to the first error have labels with a meaning (`known_steps`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from factory.answers.extraction.boxes import BOX
from factory.rollouts.nodes import GIVEN, PROBE
from factory.text.wording import unpadded
from factory.types import ANSWERED, CUT_SHORT, LENGTH, POLICY, Outcome

SolutionRow = Mapping[str, Any]

# Last columns of every row about one solution: where it comes from, for trainers who want to pick.
ORIGIN = [
    ("question_id", pa.string()),
    ("solution_id", pa.string()),
    ("engine", pa.string()),
    ("model", pa.string()),
    ("model_revision", pa.string()),
    ("method", pa.string()),
    ("verdict", pa.string()),
    ("hinted", pa.bool_()),
    ("round", pa.int32()),
    ("role", pa.string()),
    ("independent", pa.bool_()),
    ("selected", pa.bool_()),
    ("score", pa.float64()),
]
_JUDGED = (str(Outcome.CORRECT), str(Outcome.INCORRECT))


def origin(record: Mapping[str, Any], solution: SolutionRow) -> dict[str, Any]:
    """Return the columns `ORIGIN` of a solution; null where the record does not know, as with an earlier schema."""
    return {name: solution.get(name) for name, _ in ORIGIN} | {"question_id": record["question_id"]}


def is_judged(solution: SolutionRow) -> bool:
    """Return True when a solution is finished and was judged correct or incorrect: only then its verdict is a label."""
    return solution["verdict"] in _JUDGED and not _is_cut_off(solution)


def is_right(solution: SolutionRow) -> bool:
    """Return True when a solution is finished and was judged correct."""
    return is_judged(solution) and solution["verdict"] == Outcome.CORRECT


def is_whole(solution: SolutionRow) -> bool:
    """Return True when a solution was not cut off: only such a text may be trained on as one to write."""
    return solution["finish_reason"] not in CUT_SHORT


def is_to_imitate(solution: SolutionRow) -> bool:
    """Return True when a solution was judged correct, was not cut off, and was written as the policy or given.

    One whose answer is right although an audit has located a wrong step (`is_flawed`) is none to imitate.
    """
    return is_right(solution) and is_whole(solution) and _is_of_policy(solution) and not is_flawed(solution)


def is_flawed(solution: SolutionRow) -> bool:
    """Return True when an audit has located a wrong step in a solution with the right answer."""
    # Rows before schema 7 know of no audit.
    return bool(solution.get("flawed"))


def is_own(solution: SolutionRow) -> bool:
    """Return True when the policy wrote it, guided or not: not given, answer not shown, no rollout from a prefix."""
    return solution["method"] not in (GIVEN, PROBE) and not solution["hinted"] and _is_of_policy(solution)


def is_sampled(solution: SolutionRow) -> bool:
    """Return True when the policy wrote all of it by itself, and no search has guided or revised it."""
    return is_own(solution) and solution.get("independent") is not False


def has_usable_labels(solution: SolutionRow) -> bool:
    """Return True when the labels on a solution's steps may be used: it was judged, or nobody judged it as a whole.

    The latter are data sets in which people labelled the steps alone.
    """
    return solution["verdict"] in (None, *_JUDGED) and not _is_cut_off(solution)


def steps_before_cut(solution: SolutionRow) -> list[dict[str, Any]]:
    """Return the steps of a solution, but for a last one that is only a piece, cut off behind the step that answers."""
    steps: list[dict[str, Any]] = solution["steps"]
    cut = solution["finish_reason"] == ANSWERED and steps and not BOX.search(steps[-1]["text"])
    return steps[:-1] if cut else steps


def has_known_steps(solution: SolutionRow) -> bool:
    """Return True when a solution has at least one of `known_steps`."""
    steps = steps_before_cut(solution)
    return has_usable_labels(solution) and bool(steps) and steps[0]["label"] is not None


def known_steps(solution: SolutionRow) -> list[dict[str, Any]]:
    """Return the steps up to and including the first error, or up to, not including, the first unlabelled one.

    Steps behind an error have no label with a meaning of its own (Lightman et al., arXiv 2305.20050, sec. 2.6; Zhang et
    al., arXiv 2501.07301, sec. 2.1, leave them out as well).
    """
    known: list[dict[str, Any]] = []
    if not has_usable_labels(solution):
        return known
    for step in steps_before_cut(solution):
        if step["label"] is None:
            break
        known.append(step)
        if step["label"] == -1:
            break
    return known


def prompt_text(record: Mapping[str, Any]) -> str:
    """Return the question as the prompt that `completion_text` continues."""
    return str(record["question"]).strip()


def completion_text(text: str) -> str:
    """Return a solution as the text that follows a prompt directly.

    TRL puts the two strings together with nothing in between. White space comes first, so that no token spans both.
    """
    return f"\n\n{unpadded(text)}"


def _is_of_policy(solution: SolutionRow) -> bool:
    # Another role may have been told to be wrong. Rows before schema 5 know of none, a given solution may have none.
    return solution.get("role") in (None, POLICY)


def _is_cut_off(solution: SolutionRow) -> bool:
    return bool(solution["finish_reason"] == LENGTH)
