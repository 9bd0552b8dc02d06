"""Preference pairs: a right and a wrong solution of the same question, in the columns of TRL's DPOTrainer.

They are training data of direct preference optimisation (Rafailov et al., arXiv 2305.18290).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lcm
from random import Random
from typing import Any

import pyarrow as pa

from factory.self_training.candidates import Candidate
from factory.text.chat_messages import MESSAGES
from factory.text.wording import normalised, unpadded
from factory.types import Outcome, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Pair of sampled solutions of one question: `chosen` was judged correct, `rejected` incorrect."""

    chosen: Candidate
    rejected: Candidate


def pairs(candidates: Sequence[Candidate], per_question: int, rng: Random) -> list[Pair]:
    """Draw different pairs of one question's candidates, using each candidate as few times as possible.

    Only finished solutions with a verdict take part, and none whose author was told the answer. The draw depends on
    which candidates there are, not on their order.

    Args:
      candidates: solutions of one question.
      per_question: most pairs; at least 1.
      rng: draws them.

    Returns:
      Up to `per_question` pairs; none where right or wrong solutions are missing.

    Raises:
      ValueError: `per_question` is below 1.
    """
    if per_question < 1:
        raise ValueError(f"per_question is {per_question}: expected at least 1")
    sampled = [candidate for candidate in candidates if candidate.finished and not candidate.hinted]
    right = _drawn((one for one in sampled if one.verdict == Outcome.CORRECT), rng)
    wrong = _drawn((one for one in sampled if one.verdict == Outcome.INCORRECT), rng)
    if not right or not wrong:
        return []
    # Walk through both lists in parallel, each again from its start when it ends. After `round_trip` steps the same
    # pairs would come again, so the wrong ones shift by one.
    round_trip = lcm(len(right), len(wrong))
    return [
        Pair(chosen=right[number % len(right)], rejected=wrong[(number + number // round_trip) % len(wrong)])
        for number in range(min(per_question, len(right) * len(wrong)))
    ]


def schema(style: str) -> pa.Schema:
    """Return the columns of `pair_row` for prompts of that style: strings for "raw", messages for "chat"."""
    text = MESSAGES if style == "chat" else pa.string()
    return pa.schema(
        [
            ("prompt", text),
            ("chosen", text),
            ("rejected", text),
            ("question_id", pa.string()),
            ("chosen_id", pa.string()),
            ("rejected_id", pa.string()),
        ]
    )


def pair_row(pair: Pair, prompt: Prompt) -> dict[str, Any]:
    """Return the row of a pair, under the prompt that the trained model will get, in the layout of its style."""
    is_text = isinstance(prompt, str)
    return {
        "prompt": prompt if isinstance(prompt, str) else [_message(*message) for message in prompt],
        "chosen": _said(pair.chosen, is_text),
        "rejected": _said(pair.rejected, is_text),
        "question_id": pair.chosen.question_id,
        "chosen_id": pair.chosen.solution_id,
        "rejected_id": pair.rejected.solution_id,
    }


def _said(candidate: Candidate, is_text: bool) -> str | list[dict[str, str]]:
    """Return a solution as the completion of a raw or of a chat prompt."""
    text = unpadded(candidate.text)
    return text if is_text else [_message("assistant", text)]


def _message(role: str, content: str) -> dict[str, str]:
    """Return one chat message in the layout of TRL."""
    return {"role": role, "content": content}


def _drawn(candidates: Iterable[Candidate], rng: Random) -> list[Candidate]:
    """Return the candidates with different texts, in an order drawn from `rng`."""
    # Called once for the right and once for the wrong candidates, so a right one is never merged with a wrong one.
    distinct: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.key):
        distinct.setdefault(normalised(candidate.text), candidate)
    return rng.sample(list(distinct.values()), len(distinct))
