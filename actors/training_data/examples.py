"""Which examples a training is left with: those that are too long or teach nothing are counted, by reason."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, tee
from typing import Any

from actors.training_data.reward_layout import all_laid_out
from actors.training_data.tokens import IGNORED, Example
from factory.errors import TrainingFailed
from factory.self_training.training import SKIPPED

TOO_LONG = "too_long"
TOLD_EVERY = 10_000
Judged = tuple[str, Sequence[str], Sequence[float | None]]
"""A prompt, its steps, and what is to be predicted behind each; None where nothing is known."""


def collected(
    found: Iterable[Example | str], limit: int, data: str, report: Callable[[dict[str, float]], None]
) -> list[Example]:
    """The examples of at most `limit` tokens; a text among those `found` is the reason why one was left out.

    Reports what it has after every `TOLD_EVERY`. Raises `TrainingFailed` when none is left.
    """
    kept: list[Example] = []
    skipped: Counter[str] = Counter()

    def tell() -> None:
        report({"examples": len(kept), **{SKIPPED + reason: count for reason, count in skipped.items()}})

    for number, example in enumerate(found, start=1):
        if isinstance(example, str):
            skipped[example] += 1
        elif len(example.ids) > limit:
            skipped[TOO_LONG] += 1
        else:
            kept.append(example)
        if number % TOLD_EVERY == 0:
            tell()
    tell()
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items()) or "there are none"
        raise TrainingFailed(
            f"{data} holds no example to train on ({reasons}); expected at least one of at most {limit} tokens; "
            "sample more, or raise trainer.max_length"
        )
    return kept


def first_of(found: Iterable[Example | str], limit: int, most: int) -> list[Example]:
    """The first examples of at most `limit` tokens, at `most` so many."""
    fitting = (example for example in found if not isinstance(example, str) and len(example.ids) <= limit)
    return list(islice(fitting, most))


def judged_examples(found: Iterable[Judged], tokenizer: Any, separator: str) -> Iterator[Example | str]:
    """Each as the reward model reads it, with its targets at the places of its steps."""
    ours, theirs = tee(found)
    texts = all_laid_out(tokenizer, ((prompt, steps) for prompt, steps, _ in ours), separator)
    for text, (_, _, targets) in zip(texts, theirs, strict=True):
        labels = array("f", [IGNORED]) * len(text.ids)
        for place, target in zip(text.places, targets, strict=True):
            if target is not None:
                labels[place] = target
        known = any(target is not None for target in targets)
        yield Example(ids=array("i", text.ids), labels=labels) if known else "unlabelled"
