"""What the flat views of `factory/formats/` share: who may teach what, how a prompt meets its completion, origins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from factory.rollouts.nodes import GIVEN, PROBE
from factory.text.wording import unpadded
from factory.types import Outcome

SolutionRow = Mapping[str, Any]

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
# The last columns of every row about one solution: what it is, and by what a trainer may want to pick.
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
]
_JUDGED = (str(Outcome.CORRECT), str(Outcome.INCORRECT))


def origin(record: Mapping[str, Any], solution: SolutionRow) -> dict[str, Any]:
    """The columns `ORIGIN`; null where nobody knows, as in records of an earlier schema."""
    return {name: solution.get(name) for name, _ in ORIGIN} | {"question_id": record["question_id"]}


def is_judged(solution: SolutionRow) -> bool:
    """Whether it is finished and was judged: the verdict is then a label. What was cut off, timed out, failed or could
    not be read is neither right nor wrong."""
    return solution["verdict"] in _JUDGED and not _is_cut_off(solution)


def is_right(solution: SolutionRow) -> bool:
    """Finished, and judged correct."""
    return is_judged(solution) and solution["verdict"] == Outcome.CORRECT


def is_sampled(solution: SolutionRow) -> bool:
    """Whether the model wrote all of it by itself: not given, not told the answer, no rollout from a prefix."""
    return solution["method"] not in (GIVEN, PROBE) and not solution["hinted"]


def has_usable_labels(solution: SolutionRow) -> bool:
    """Whether labels on its steps may be used: it is judged, or nobody judged the whole, as in data sets where people
    have labelled the steps alone."""
    return solution["verdict"] in (None, *_JUDGED) and not _is_cut_off(solution)


def has_known_steps(solution: SolutionRow) -> bool:
    """Whether there are any `known_steps`."""
    return has_usable_labels(solution) and bool(solution["steps"]) and solution["steps"][0]["label"] is not None


def known_steps(solution: SolutionRow) -> list[dict[str, Any]]:
    """The steps up to the first error, that one included, or up to the first unlabelled one, that one left out.

    What follows an error has no meaning of its own (Lightman et al., arXiv 2305.20050, sec. 2.6; Zhang et al., arXiv
    2501.07301, sec. 2.1, leave it out as well).
    """
    known: list[dict[str, Any]] = []
    if not has_usable_labels(solution):
        return known
    for step in solution["steps"]:
        if step["label"] is None:
            break
        known.append(step)
        if step["label"] == -1:
            break
    return known


def prompt_text(record: Mapping[str, Any]) -> str:
    """The question as the prompt of a text that `completion_text` goes on with."""
    return str(record["question"]).strip()


def completion_text(text: str) -> str:
    """A solution as what follows a prompt when the two are put together with nothing in between, as TRL does with
    strings: white space first, so that no token spans the two."""
    return f"\n\n{unpadded(text)}"


def _is_cut_off(solution: SolutionRow) -> bool:
    return bool(solution["finish_reason"] == "length")
