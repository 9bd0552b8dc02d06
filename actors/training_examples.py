"""Which examples a training is left with: those that are too long or teach nothing are counted, by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from actors.training_tokens import Example
from factory.errors import TrainingFailed
from factory.training import SKIPPED

TOO_LONG = "too_long"


def collected(
    found: Iterable[Example | str], limit: int, data: str, report: Callable[[dict[str, float]], None]
) -> list[Example]:
    """The examples of at most `limit` tokens; a text among those `found` is the reason why one was left out.

    Raises `TrainingFailed` when none is left.
    """
    kept: list[Example] = []
    skipped: Counter[str] = Counter()
    for example in found:
        if isinstance(example, str):
            skipped[example] += 1
        elif len(example.ids) > limit:
            skipped[TOO_LONG] += 1
        else:
            kept.append(example)
    report({"examples": len(kept)} | {SKIPPED + reason: count for reason, count in skipped.items()})
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items()) or "there are none"
        raise TrainingFailed(
            f"{data} holds no example to train on ({reasons}); expected at least one of at most {limit} tokens; "
            "sample more, or raise trainer.max_length"
        )
    return kept
