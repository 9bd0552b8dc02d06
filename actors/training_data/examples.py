"""Selection of the examples that a training is left with; those that are too long or teach nothing are counted.

Invariant: an example is used whole or not at all; it is never cut.
"""

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
"""Prompt, steps, and what is to be predicted behind each step; None where nothing is known."""


def collect_examples(
    candidates: Iterable[Example | str], limit: int, data: str, report: Callable[[dict[str, float]], None]
) -> list[Example]:
    """Return the examples of at most `limit` tokens, and report how many were left out, by reason.

    Args:
      candidates: examples; a text among them is the reason why one was left out before.
      limit: tokens of the longest example that is kept.
      data: data folder, for the message.
      report: gets the counts so far after every `TOLD_EVERY` candidates and at the end.

    Raises:
      TrainingFailed: none is left.
    """
    kept: list[Example] = []
    skipped: Counter[str] = Counter()

    def tell() -> None:
        """Report the counts so far."""
        report({"examples": len(kept), **{SKIPPED + reason: count for reason, count in skipped.items()}})

    for number, example in enumerate(candidates, start=1):
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


def first_examples(candidates: Iterable[Example | str], limit: int, most: int) -> list[Example]:
    """Return the first examples of at most `limit` tokens.

    Args:
      candidates: examples, and reasons in place of those that were left out.
      limit: tokens of the longest example that is taken.
      most: number of examples that are enough.
    """
    fitting = (example for example in candidates if not isinstance(example, str) and len(example.ids) <= limit)
    return list(islice(fitting, most))


def judged_examples(solutions: Iterable[Judged], tokenizer: Any, separator: str) -> Iterator[Example | str]:
    """Yield each solution as the reward model reads it, with its targets at the places of its steps.

    A solution without any known target yields the reason "unlabelled" instead.

    Args:
      solutions: prompts, steps and targets.
      tokenizer: of transformers.
      separator: text behind the prompt and behind every step.
    """
    # Texts are tokenised in batches, in step with their targets.
    ours, theirs = tee(solutions)
    texts = all_laid_out(tokenizer, ((prompt, steps) for prompt, steps, _ in ours), separator)
    for text, (_, _, targets) in zip(texts, theirs, strict=True):
        labels = array("f", [IGNORED]) * len(text.ids)
        for place, target in zip(text.places, targets, strict=True):
            if target is not None:
                labels[place] = target
        known = any(target is not None for target in targets)
        yield Example(ids=array("i", text.ids), labels=labels) if known else "unlabelled"
