"""Preference pairs: a right against a wrong solution of the same question, as direct preference optimisation reads them
(Rafailov et al., arXiv 2305.18290), in the columns of TRL's DPOTrainer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lcm
from random import Random
from typing import Any

import pyarrow as pa

from factory.self_training.candidates import Candidate
from factory.text.wording import normalised, unpadded
from factory.types import Outcome, Prompt

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two sampled solutions of one question: `chosen` was judged correct, `rejected` incorrect."""

    chosen: Candidate
    rejected: Candidate


def pairs(found: Sequence[Candidate], per_question: int, rng: Random) -> list[Pair]:
    """At most `per_question` different pairs of one question's candidates.

    Only finished solutions that were judged take part, and none that was told the answer. Each is used as few times as
    can be. Which are drawn hangs on the candidates, not on their order. Raises `ValueError` for `per_question` below 1.
    """
    if per_question < 1:
        raise ValueError(f"per_question is {per_question}: expected at least 1")
    sampled = [candidate for candidate in found if candidate.finished and not candidate.hinted]
    right = _drawn((one for one in sampled if one.verdict == Outcome.CORRECT), rng)
    wrong = _drawn((one for one in sampled if one.verdict == Outcome.INCORRECT), rng)
    if not right or not wrong:
        return []
    # Both lists go round side by side; when they meet as they began, one of them moves on by one.
    round_trip = lcm(len(right), len(wrong))
    return [
        Pair(chosen=right[number % len(right)], rejected=wrong[(number + number // round_trip) % len(wrong)])
        for number in range(min(per_question, len(right) * len(wrong)))
    ]


def schema(style: str) -> pa.Schema:
    """The columns of `pair_row` for prompts of that style: strings for raw, messages for chat."""
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
    """A pair under the `prompt` that the trained model will be asked with, in the layout of that prompt's style."""
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
    text = unpadded(candidate.text)
    return text if is_text else [_message("assistant", text)]


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _drawn(candidates: Iterable[Candidate], rng: Random) -> list[Candidate]:
    """Those with different texts, in an order drawn from `rng`."""
    # Right and wrong ones come apart, so that folding never makes one of the other.
    distinct: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.key):
        distinct.setdefault(normalised(candidate.text), candidate)
    return rng.sample(list(distinct.values()), len(distinct))
