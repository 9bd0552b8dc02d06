"""Fields of a solution that keep what a model thought aloud apart from its answer, and the whole text back from them.

`thought_opening` + `reasoning` + `thought_closing` + `text` is what the model has written behind its prompt, character
for character: `solution_id`, `step_ends` and the texts of the tree are about that. `thought_opening` is "" where the
prompt had the mark; `thought_closing` is null, and `text` empty, where the model was still thinking at its end. Of a
model that does not think aloud `text` is all there is, and the others are null, as in rows of schema 1 to 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.answers.extraction.spoken import turn_parts
from factory.reasoning.loops import is_looping
from factory.reasoning.thoughts import joined
from factory.types import CUT_SHORT


def thought_fields(whole: str, finish_reason: str, *, begun: bool) -> dict[str, Any]:
    """Return the fields of a solution, `text` among them: what checkers read stands at the beginning of that.

    Args:
      whole: all that the model has written.
      finish_reason: that of the solution; only one that was cut off can be looping.
      begun: True where the prompt ends inside a thought.
    """
    parts = turn_parts(whole, begun=begun)
    return {
        "text": whole if parts is None else parts.answer,
        "reasoning": None if parts is None else parts.reasoning,
        "thought_opening": None if parts is None else parts.opening,
        "thought_closing": None if parts is None else parts.closing,
        "looping": finish_reason in CUT_SHORT and is_looping(whole),
    }


def parted(solution: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a solution's row with its thoughts apart, as rows before schema 7 and imported ones have them in `text`.

    It is the same object where they are apart already, or there are none.
    """
    parts = turn_parts(solution["text"]) if solution.get("reasoning") is None else None
    if parts is None:
        return solution
    return {
        **solution,
        "text": parts.answer,
        "reasoning": parts.reasoning,
        "thought_opening": parts.opening,
        "thought_closing": parts.closing,
    }


def whole_text(solution: Mapping[str, Any]) -> str:
    """Return all that the model has written, thoughts and marks included, from a solution's row."""
    text: str = solution["text"]
    reasoning = solution.get("reasoning")
    if reasoning is None:
        return text
    return joined(solution["thought_opening"] or "", reasoning, solution["thought_closing"], text)
